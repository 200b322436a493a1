package walk_test

import (
	"maps"
	"net/http"
	"net/url"

	"budstikke.example/notify/sandbox/openid"
)

func init() {
	maps.Copy(table, map[string]row{
		"ListSignInMethods": {open: true, status: 200},
		"StartSignIn": {open: true, status: 201, again: anew, body: func(_ *walk, x ids, _ who) any {
			return map[string]any{"municipalityId": x.Municipality, "method": "sandbox", "audience": "guardian", "client": "app"}
		}},
		"FollowEntryLink": {open: true, status: 201, again: spent, body: func(w *walk, x ids, _ who) any {
			return map[string]any{"municipalityId": x.Municipality, "client": "browser", "link": w.link(nil)}
		}},
		"FinishSignIn": {open: true, status: 200, body: func(w *walk, _ ids, _ who) any {
			return w.journey("guardian", openid.Person{Subject: "walk", Claims: map[string]any{"pid": w.numbers["Annelore"].Digits()}})
		}},
	})
}

// journey sends somebody to the sandbox's identity provider and back; it returns what the app hands in then.
func (w *town) journey(audience string, who openid.Person) map[string]any {
	w.tb.Helper()
	start := w.do(call{method: http.MethodPost, path: "/v1/signin/oidc", body: map[string]any{
		"municipalityId": w.here, "method": "sandbox", "audience": audience, "client": "app",
	}}).want(w.tb, http.StatusCreated, "")
	return w.back(start.text(w.tb, "holder"), start.text(w.tb, "url"), who)
}

// back lets somebody sign in at the sandbox's identity provider and come back.
func (w *town) back(holder, address string, who openid.Person) map[string]any {
	w.tb.Helper()
	landed, err := w.sandbox.OpenID().SignIn(address, who)
	must(w.tb, err)
	u, err := url.Parse(landed)
	must(w.tb, err)
	q := u.Query()
	return map[string]any{"holder": holder, "state": q.Get("state"), "code": q.Get("code"), "issuer": q.Get("iss"), "locale": "sv"}
}

// finish hands a journey in.
func (w *town) finish(body map[string]any, key string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/signin/oidc/return", key: key, body: body})
}
