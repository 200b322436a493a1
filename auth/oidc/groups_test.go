package oidc_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"budstikke.example/auth/oidc"
	"budstikke.example/notify/sandbox/openid"
)

// inGroups asks for group "staff", at the endpoint that is given.
func inGroups(endpoint string) func(*oidc.Profile) {
	return func(p *oidc.Profile) {
		p.Groups = &oidc.Groups{Claim: "groups", Any: []string{"staff"}, Endpoint: endpoint}
	}
}

// overflow is what Entra writes in place of a list that is too long for a token.
func overflow(l *lab) func(*openid.Token) {
	return func(k *openid.Token) {
		k.Claims["_claim_names"] = map[string]string{"groups": "src1"}
		k.Claims["_claim_sources"] = map[string]any{"src1": map[string]string{"endpoint": l.Issuer + "/groups"}}
	}
}

func with(name string, value any) openid.Person {
	claims := maps.Clone(kari.Claims)
	claims[name] = value
	return openid.Person{Subject: kari.Subject, Claims: claims}
}

func many(n int, last string) []string {
	groups := make([]string, n)
	for i := range groups {
		groups[i] = fmt.Sprintf("group-%d", i)
	}
	return append(groups, last)
}

// Groups keep people out and give nothing (U1).
func TestGroupsInTheToken(t *testing.T) {
	t.Parallel()
	l := start(t, inGroups(""))
	for name, who := range map[string]openid.Person{
		"in one": with("groups", "staff"), "in several": with("groups", []string{"a", "staff"}), "in thousands": with("groups", many(5_000, "staff")),
	} {
		if _, err := l.signIn(t, oidc.Staff, who); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, who := range map[string]openid.Person{
		"in none": kari, "in another": with("groups", []string{"other"}), "in one with other letters": with("groups", "Staff"),
		"in an empty list": with("groups", []string{}), "in an object": with("groups", map[string]bool{"staff": true}),
	} {
		_, err := l.signIn(t, oidc.Staff, who)
		refused(t, name, err, oidc.NotAllowed)
	}
}

// A token that leaves the groups out is never taken for one without groups: they are read at our own endpoint, or nobody comes in.
func TestGroupsThatDoNotFitTheToken(t *testing.T) {
	t.Parallel()
	for name, mark := range map[string]func(l *lab) func(*openid.Token){
		"pointing elsewhere": overflow, "hasgroups": func(*lab) func(*openid.Token) { return func(k *openid.Token) { k.Claims["hasgroups"] = true } },
		"hasgroups, beside a list": func(*lab) func(*openid.Token) {
			return func(k *openid.Token) { k.Claims["hasgroups"], k.Claims["groups"] = "true", []string{"staff"} }
		},
	} {
		l := start(t, inGroups(""))
		l.Twist = mark(l)
		_, err := l.signIn(t, oidc.Staff, kari)
		refused(t, name+", nowhere to read", err, oidc.NotAllowed)

		l.rp = l.open(t, inGroups(l.Issuer+"/groups"))
		l.Groups = many(350, "staff")
		if _, err := l.signIn(t, oidc.Staff, kari); err != nil {
			t.Errorf("%s, on the fourth page: %v", name, err)
		}
		l.Groups = many(350, "other")
		_, err = l.signIn(t, oidc.Staff, kari)
		refused(t, name+", in no group", err, oidc.NotAllowed)
		l.Groups = many(2_500, "staff")
		_, err = l.signIn(t, oidc.Staff, kari)
		refused(t, name+", more than are read", err, oidc.NotAllowed)
	}
}

// The access token goes to the configured place only, wherever the answers point.
func TestGroupsElsewhereAreNotRead(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the access token was shown elsewhere") }))
	t.Cleanup(elsewhere.Close)
	for name, answer := range map[string]struct {
		body string
		want oidc.Reason
	}{
		"the next page":                   {`{"value":[{"id":"a"}],"@odata.nextLink":"` + elsewhere.URL + `/next"}`, oidc.NotBelieved},
		"the next page by another scheme": {`{"value":[{"id":"staff"}],"@odata.nextLink":"https://HERE/next"}`, oidc.NotBelieved},
		"the next page under a name":      {`{"value":[{"id":"staff"}],"@odata.nextLink":"http://us@HERE/next"}`, oidc.NotBelieved},
		"no list":                         {`{"groups":["staff"]}`, oidc.Unavailable},
		"a group of none":                 {`{"value":[{"name":"staff"}]}`, oidc.Unavailable},
		"no JSON":                         {`staff`, oidc.Unavailable},
		"an empty list":                   {`[]`, oidc.NotAllowed},
	} {
		endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, strings.ReplaceAll(answer.body, "HERE", r.Host))
		}))
		t.Cleanup(endpoint.Close)
		l := start(t, inGroups(endpoint.URL))
		l.Twist = func(k *openid.Token) {
			k.Claims["_claim_names"] = map[string]string{"groups": "src1"}
			k.Claims["_claim_sources"] = map[string]any{"src1": map[string]string{"endpoint": elsewhere.URL}}
		}
		_, err := l.signIn(t, oidc.Staff, kari)
		refused(t, name, err, answer.want)
	}
	moved := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(moved.Close)
	l := start(t, inGroups(moved.URL))
	_, err := l.signIn(t, oidc.Staff, kari)
	refused(t, "redirected", err, oidc.Unavailable)

	list := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`[{"id":"fc:org","type":"x"},{"id":"staff"}]`))
	}))
	t.Cleanup(list.Close)
	l = start(t, func(p *oidc.Profile) { p.Groups = &oidc.Groups{Any: []string{"staff"}, Endpoint: list.URL} })
	if _, err := l.signIn(t, oidc.Staff, kari); err != nil {
		t.Errorf("one list, as Feide's: %v", err)
	}
}

// Who is of the wrong kind at the provider does not come in, whatever the register says (Unilogin's aktoer_gruppe).
func TestRequiredClaims(t *testing.T) {
	t.Parallel()
	l := start(t, nil)
	for name, who := range map[string]openid.Person{
		"a pupil": with("aktoer_gruppe", "Elev"), "a contact person": with("aktoer_gruppe", "Kontaktperson"), "nobody says": {Subject: "x", Claims: map[string]any{"uniid": "1"}},
		"without a user name": {Subject: "x", Claims: map[string]any{"aktoer_gruppe": "Medarbejder"}},
	} {
		_, err := l.signIn(t, oidc.Staff, who)
		refused(t, name, err, oidc.NotAllowed)
	}
}

// What is told at userinfo completes the ID token, contradicts nothing in it, and is about the same person.
func TestUserInfo(t *testing.T) {
	t.Parallel()
	l := start(t, func(p *oidc.Profile) { p.UserInfo = true })
	l.UserInfo = map[string]any{"pid": "10915596784", "protected": true, "name": ""}
	who, err := l.signIn(t, oidc.Guardian, openid.Person{Subject: "mitid"})
	must(t, err)
	if who.NationalID.Reveal() != "10915596784" || !who.Protected {
		t.Errorf("somebody with a protected name is %+v, protected %v", who, who.Protected)
	}
	l.UserInfo["pid"], l.UserInfo["acr"] = "16822548834", "idporten-loa-high"
	who, err = l.signIn(t, oidc.Guardian, kari)
	must(t, err)
	if who.Protected || who.NationalID.Reveal() != "10915596784" {
		t.Error("userinfo takes the place of what is signed")
	}
	l.Twist = func(k *openid.Token) { k.Claims["acr"] = "one-factor" }
	_, err = l.signIn(t, oidc.Guardian, kari)
	refused(t, "a level that only userinfo has", err, oidc.TooWeak)
	l.UserInfo["auth_time"] = l.now.Load()
	for claim, reason := range map[string]oidc.Reason{"acr": oidc.TooWeak, "auth_time": oidc.TooLongAgo} {
		l.Twist = func(k *openid.Token) { delete(k.Claims, claim) }
		_, err = l.signIn(t, oidc.Guardian, kari)
		refused(t, "an ID token without "+claim+", which userinfo has", err, reason)
	}
	l.Twist = nil
	l.UserInfo["sub"] = "somebody else"
	_, err = l.signIn(t, oidc.Guardian, kari)
	if err == nil {
		t.Error("userinfo of somebody else is taken")
	}
}

// H7, B8: only a plain no says that nobody keeps a name and an address back; a provider that says nothing of it, where the profile asks, lets nobody
// in, and the log says which claim it was.
func TestOnlyAPlainNoIsUnprotected(t *testing.T) {
	t.Parallel()
	l := start(t, func(p *oidc.Profile) { p.Staff.Protected = "protected" })
	for _, a := range []oidc.Audience{oidc.Guardian, oidc.Staff} {
		for _, no := range []any{false, "false", "False", 0, "0"} {
			if who, err := l.signIn(t, a, with("protected", no)); err != nil || who.Protected {
				t.Errorf("%s, %T %v: protected %v, %v", a, no, no, who.Protected, err)
			}
		}
		for _, yes := range []any{true, "true", "TRUE", 1, "1", "yes", "no", " false", []any{true}, []any{"true"}, []any{false}, []any{}, map[string]any{}, 0.5} {
			if who, err := l.signIn(t, a, with("protected", yes)); err != nil || !who.Protected {
				t.Errorf("%s, %T %v: protected %v, %v", a, yes, yes, who.Protected, err)
			}
		}
		missing := maps.Clone(kari.Claims)
		delete(missing, "protected")
		for name, who := range map[string]openid.Person{"missing": {Subject: "kari", Claims: missing}, "null": with("protected", nil), "empty": with("protected", "")} {
			_, err := l.signIn(t, a, who)
			refused(t, name, err, oidc.NotAllowed)
			if err != nil && !strings.Contains(err.Error(), "claim protected") {
				t.Errorf("%s: the log says %q", name, err)
			}
		}
	}
}
