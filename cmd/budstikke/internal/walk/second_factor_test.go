package walk_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox/openid"
)

// stale makes every session one whose proof is an hour old.
func (w *town) stale() {
	w.exec("update auth.sessions set authenticated_at = authenticated_at - interval '1 hour'")
}

// provedBy asks for a proof of a session and lets somebody give it at the provider; it returns what the app hands in.
func (w *town) provedBy(token string, who openid.Person) map[string]any {
	w.tb.Helper()
	start := w.do(call{method: http.MethodPost, path: "/v1/signin/session/provider-proofs", token: token,
		body: map[string]any{"method": "sandbox", "client": "app"}}).want(w.tb, http.StatusCreated, "")
	asked, err := url.Parse(start.text(w.tb, "url"))
	must(w.tb, err)
	if q := asked.Query(); q.Get("prompt") != "login" || q.Get("max_age") == "" || q.Get("acr_values") == "" {
		w.tb.Errorf("the provider is asked %s", asked.RawQuery)
	}
	body := w.back(start.text(w.tb, "holder"), start.text(w.tb, "url"), who)
	delete(body, "locale")
	return body
}

// RFC 9470, U5: staff who sign in at their own provider prove there that they are still themselves; nobody proves anybody else's session.
func TestStepUpWithAProvider(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec("update app.persons set username = 'hedda' where id = $1", w.person("Heddavina"))
	w.exec("update app.persons set username = 'leon' where id = $1", w.person("Leonorina"))
	token, _ := w.finish(w.journey("staff", byName("h", "hedda")), "").want(t, http.StatusOK, "").session(t)
	guardian := w.session("Annelore", scope.Guardian, 0)
	w.stale()
	others := func(token string) reply {
		return w.do(call{method: http.MethodDelete, path: "/v1/signin/other-sessions", token: token})
	}
	prove := func(token string, body map[string]any) reply {
		return w.do(call{method: http.MethodPost, path: "/v1/signin/session/provider-proofs/return", token: token, body: body})
	}
	others(token).want(t, http.StatusUnauthorized, "step_up_required")

	wrong := prove(token, w.provedBy(token, byName("l", "leon"))).want(t, http.StatusUnauthorized, "sign_in_failed")
	for name, who := range map[string]openid.Person{"nobody": byName("n", "nobody"), "another subject of the name": byName("l2", "leon"), "no name": {Subject: "h"}} {
		if got := prove(token, w.provedBy(token, who)).want(t, http.StatusUnauthorized, "sign_in_failed"); got.wire() != wrong.wire() {
			t.Errorf("%s is answered\n%s\nand somebody else\n%s", name, got.wire(), wrong.wire())
		}
	}
	if n := one[int](w, "select count(*) from auth.identities"); n != 1 {
		t.Errorf("a proof that failed tied a subject to somebody: %d identities", n)
	}
	if n := one[int](w, "select count(*) from audit.entries where operation = 'ProveByProvider' and outcome = 'failed' and person_id = $1", w.person("Heddavina")); n != 1 {
		t.Errorf("%d entries tell of the proofs that failed in this hour, want the first", n)
	}

	right := w.provedBy(token, byName("h", "hedda"))
	prove(guardian, right).want(t, http.StatusNotFound, "not_found")   // another session
	w.finish(right, "").want(t, http.StatusNotFound, "not_found")      // a proof is no sign-in
	journey := w.journey("staff", byName("h", "hedda"))                // and a sign-in no proof
	delete(journey, "locale")                                          //
	prove(token, journey).want(t, http.StatusNotFound, "not_found")    //
	others(token).want(t, http.StatusUnauthorized, "step_up_required") // nothing of it counted
	prove(token, right).want(t, http.StatusNoContent, "")
	others(token).want(t, http.StatusNoContent, "")
	prove(token, right).want(t, http.StatusNotFound, "not_found")

	w.stale()
	prove(guardian, w.provedBy(guardian, byNumber("b", w.numbers["Gretchenia"].Digits()))).want(t, http.StatusUnauthorized, "sign_in_failed")
	prove(guardian, w.provedBy(guardian, byNumber("a", w.numbers["Annelore"].Digits()))).want(t, http.StatusNoContent, "")
	others(guardian).want(t, http.StatusNoContent, "")
}

// U5, U7: the owner asks a second factor of everybody, after a fresh proof; it holds from the next sign-in on.
func TestTheOwnerAsksASecondFactorOfEverybody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, top := w.session("Heddavina", scope.Staff, 0), w.session("Kommunalia", scope.Staff, 0)
	rule := func(token string, all bool) reply {
		return w.do(call{method: http.MethodPut, path: "/v1/office/second-factor-rule", token: token, body: map[string]any{"ofEverybody": all}})
	}
	w.stale()
	rule(top, true).want(t, http.StatusUnauthorized, "step_up_required")
	rule(boss, true).want(t, http.StatusNotFound, "not_found")
	w.exec("update auth.sessions set authenticated_at = authenticated_at + interval '1 hour'")
	if one[bool](w, "select second_factor_for_all from app.municipalities where municipality_id = $1", w.here) {
		t.Fatal("a refusal set the rule")
	}
	r := w.ofOneGroup(boss)
	w.do(w.staffSignIn(r, newPassword, "")).want(t, http.StatusCreated, "")
	rule(top, true).want(t, http.StatusOK, "")
	if kind := w.do(w.staffSignIn(r, newPassword, "")).want(t, http.StatusCreated, "").text(t, "kind"); kind != "second_factor" {
		t.Errorf("the next sign-in gives a session of the kind %s", kind)
	}
	if n := one[int](w, "select count(*) from audit.entries where operation = 'SetSecondFactorRule' and outcome = 'done' and actor_id = $1", w.person("Kommunalia")); n != 1 {
		t.Errorf("%d entries in the audit trail, want 1", n)
	}
	if n := one[int](w, "select count(*) from app.municipalities where second_factor_for_all"); n != 1 {
		t.Errorf("it holds in %d municipalities, want one", n)
	}
}

// ofOneGroup is somebody who works with one group only and has a password: nobody asks a second factor of them. It returns their user name.
func (w *town) ofOneGroup(boss string) string {
	w.tb.Helper()
	person := w.hire(kindergarten, "employee")
	w.exec("update app.staff_roles set group_id = (select id from app.groups where institution_id = staff_roles.institution_id order by id limit 1) where person_id = $1", person)
	w.do(w.activation(w.here, w.letter(boss, person, ""))).want(w.tb, http.StatusCreated, "")
	return usernameOf(person)
}

// toldOfSignIn counts the notices about how somebody signs in.
func (w *town) toldOfSignIn(person uuid.UUID) int {
	return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where e.kind = 'sign_in_changed' and d.person_id = $1 and d.channel = 'in_app'`, person)
}

// U5, U8: an authenticator app goes when nobody asks for one, after a fresh proof; its owner is told of that, of a new app and of a used recovery code.
func TestAuthenticatorIsRemoved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss := w.session("Heddavina", scope.Staff, 0)
	username := w.ofOneGroup(boss)
	person, err := uuid.Parse(username[len("user-") : len("user-")+36])
	must(t, err)
	token := w.do(w.staffSignIn(username, newPassword, "")).want(t, http.StatusCreated, "").text(t, "token")
	remove := func(token, password string) reply {
		return w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator/removal", token: token, body: map[string]any{"password": password}})
	}
	remove(token, newPassword).want(t, http.StatusNotFound, "not_found") // there is none
	secret := w.beginApp(token, newPassword)
	w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator/confirmation", token: token, body: map[string]any{"code": w.appCode(secret, -1)}}).
		want(t, http.StatusCreated, "")
	if n := w.toldOfSignIn(person); n != 1 {
		t.Errorf("a new app is told of %d times, want once", n)
	}
	remove(token, newPassword).want(t, http.StatusUnauthorized, "step_up_required") // it was signed in before there was an app
	strong := w.do(w.staffSignIn(username, newPassword, w.appCode(secret, 0))).want(t, http.StatusCreated, "").text(t, "token")
	remove(strong, "något annat lösenord").want(t, http.StatusUnprocessableEntity, "password_wrong")
	w.exec("update app.municipalities set second_factor_for_all = true where municipality_id = $1", w.here)
	remove(strong, newPassword).want(t, http.StatusConflict, "second_factor_needed")
	w.exec("update app.municipalities set second_factor_for_all = false where municipality_id = $1", w.here)
	w.stale()
	remove(strong, newPassword).want(t, http.StatusUnauthorized, "step_up_required")
	w.exec("update auth.sessions set authenticated_at = authenticated_at + interval '1 hour'")
	remove(strong, newPassword).want(t, http.StatusNoContent, "")
	if n := w.toldOfSignIn(person); n != 2 {
		t.Errorf("told %d times, want of the new app and of the removed one", n)
	}
	if n := one[int](w, "select count(*) from auth.recovery_codes c join auth.accounts a on a.id = c.account_id where a.person_id = $1", person); n != 0 {
		t.Errorf("%d recovery codes are left", n)
	}
	w.do(call{path: "/v1/signin/sessions", token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(call{path: "/v1/signin/sessions", token: strong}).want(t, http.StatusOK, "")
	remove(strong, newPassword).want(t, http.StatusNotFound, "not_found")
	w.Clock.Advance(store.Window + time.Second) // the wrong password above is forgotten
	w.do(w.staffSignIn(username, newPassword, "")).want(t, http.StatusCreated, "")
}

func TestAUsedRecoveryCodeIsToldOf(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.getReady(w.session("Heddavina", scope.Staff, 0), w.hire(kindergarten, "substitute"))
	before := w.toldOfSignIn(r.person)
	w.do(w.staffSignIn(r.username, newPassword, "aaaa-aaaa-aaaa")).want(t, http.StatusUnauthorized, "sign_in_failed")
	if n := w.toldOfSignIn(r.person); n != before {
		t.Error("a wrong code is told of")
	}
	w.do(w.staffSignIn(r.username, newPassword, r.codes[0])).want(t, http.StatusCreated, "")
	if n := w.toldOfSignIn(r.person); n != before+1 {
		t.Errorf("a used recovery code is told of %d times, want once", n-before)
	}
	w.do(w.staffSignIn(r.username, newPassword, w.appCode(r.secret, 0))).want(t, http.StatusCreated, "")
	if n := w.toldOfSignIn(r.person); n != before+1 {
		t.Error("a code of the app is told of")
	}
}
