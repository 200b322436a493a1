package walk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"budstikke.example/auth/sessions"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox"
)

func (w *town) refresh(t *testing.T, refresh, secret string) reply {
	t.Helper()
	return w.doIn(t, call{method: http.MethodPost, path: "/v1/signin/session/refresh", body: map[string]any{"refreshToken": refresh, "deviceSecret": secret}})
}

// P11: a session goes on by its refresh tokens and nothing else, and every refusal reads the same.
func TestRefresh(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	for given, kind := range map[string]scope.Caller{"Annelore": scope.Guardian, "Heddavina": scope.Staff} {
		probe := "/v1/guardian/me"
		if kind == scope.Staff {
			probe = "/v1/staff/institutions"
		}
		first := w.family(given, kind)
		got := w.refresh(t, first.refresh, deviceSecret).want(t, http.StatusOK, "")
		if lost := w.refresh(t, first.refresh, deviceSecret).want(t, http.StatusOK, ""); lost.wire() != got.wire() {
			t.Errorf("%s: asked again the answer is\n%s\nand not\n%s", given, lost.wire(), got.wire())
		}
		next := got.text(t, "refreshToken")
		w.do(call{path: probe, token: got.text(t, "token")}).want(t, http.StatusOK, "")

		stranger := w.refresh(t, "bsr_nothing", deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
		thief := w.refresh(t, next, strings.Repeat("x", 43))
		none := w.refresh(t, next, "x")
		w.do(call{path: probe, token: got.text(t, "token")}).want(t, http.StatusOK, "")
		later := w.refresh(t, next, deviceSecret).want(t, http.StatusOK, "")
		reused := w.refresh(t, first.refresh, deviceSecret)
		over := w.refresh(t, later.text(t, "refreshToken"), deviceSecret)
		for name, refusal := range map[string]reply{"another device": thief, "no device": none, "reused": reused, "ended": over} {
			if refusal.wire() != stranger.wire() {
				t.Errorf("%s: %s is refused by\n%s\nand not\n%s", given, name, refusal.wire(), stranger.wire())
			}
		}
		w.do(call{path: probe, token: later.text(t, "token")}).want(t, http.StatusUnauthorized, "sign_in_required")
	}
	if !strings.Contains(w.log.String(), "session_family_reused") || !strings.Contains(w.log.String(), "session_on_another_device") {
		t.Error("the log says nothing of what looks like theft")
	}
}

// Everybody sees and ends their own sessions; another's does not exist.
func TestOwnSessions(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	phone, tablet := w.family("Annelore", scope.Guardian), w.family("Annelore", scope.Guardian)
	others := w.family("Bodvaris", scope.Guardian)
	list := func() string {
		return string(w.do(call{path: "/v1/signin/sessions", token: phone.access}).want(t, http.StatusOK, "").body)
	}
	if all := list(); !strings.Contains(all, phone.session) || !strings.Contains(all, tablet.session) || strings.Contains(all, others.session) ||
		strings.Count(all, `"thisOne":true`) != 1 || !strings.Contains(all, "Zzyxwphone") {
		t.Errorf("the sessions are %s", all)
	}
	end := func(token, session string) reply {
		return w.do(call{method: http.MethodDelete, path: "/v1/signin/sessions/" + session, token: token})
	}
	missing := end(phone.access, newID().String()).want(t, http.StatusNotFound, "not_found")
	if other := end(phone.access, others.session); other.wire() != missing.wire() {
		t.Errorf("somebody else's session answers %s", other.wire())
	}
	if staff := end(is[head].token, phone.session); staff.wire() != missing.wire() {
		t.Errorf("a guardian's session answers a head %s", staff.wire())
	}
	end(phone.access, tablet.session).want(t, http.StatusNoContent, "")
	if again := end(phone.access, tablet.session); again.wire() != missing.wire() {
		t.Errorf("an ended session answers %s", again.wire())
	}
	w.do(call{path: "/v1/guardian/me", token: tablet.access}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.refresh(t, tablet.refresh, deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
	w.do(call{method: http.MethodDelete, path: "/v1/signin/other-sessions", token: phone.access}).want(t, http.StatusNoContent, "")
	if left := list(); strings.Count(left, `"id"`) != 1 || !strings.Contains(left, phone.session) {
		t.Errorf("what is left is %s", left)
	}
	w.do(call{path: "/v1/guardian/me", token: others.access}).want(t, http.StatusOK, "")
	w.do(call{method: http.MethodDelete, path: "/v1/signin/session", token: phone.access}).want(t, http.StatusNoContent, "")
	w.refresh(t, phone.refresh, deviceSecret).want(t, http.StatusUnauthorized, "refresh_refused")
}

// RFC 9470: what asks for a fresh proof says so, and is given after one of the same person's.
func TestStepUp(t *testing.T) {
	t.Parallel()
	w := arrived(t)
	guardian, staff := w.family("Annelore", scope.Guardian), w.family("Heddavina", scope.Staff)
	w.Clock.Advance(15*time.Minute + time.Second)
	asGuardian := w.refresh(t, guardian.refresh, deviceSecret).want(t, http.StatusOK, "").text(t, "token")
	asStaff := w.refresh(t, staff.refresh, deviceSecret).want(t, http.StatusOK, "").text(t, "token")
	others := func(token string) reply {
		return w.do(call{method: http.MethodDelete, path: "/v1/signin/other-sessions", token: token})
	}
	for _, token := range []string{asGuardian, asStaff} {
		refused := others(token).want(t, http.StatusUnauthorized, "step_up_required")
		challenge := refused.header.Get("WWW-Authenticate")
		for _, part := range []string{`Bearer error="insufficient_user_authentication"`, `acr_values="substantial"`, `max_age="900"`} {
			if !strings.Contains(challenge, part) {
				t.Errorf("the challenge is %s, without %s", challenge, part)
			}
		}
	}

	prove := func(token, signer string) reply {
		start := w.do(call{method: http.MethodPost, path: "/v1/signin/bankid", body: map[string]any{"municipalityId": w.here}}).want(t, http.StatusCreated, "")
		order, err := w.sandbox.OrderByQR(start.text(t, "qr"))
		must(t, err)
		must(t, w.sandbox.CompleteOrder(order.OrderRef, sandbox.Person{PersonalNumber: w.numbers[signer].Digits(), GivenName: "A", Surname: "B"}))
		return w.do(call{method: http.MethodPost, path: "/v1/signin/session/bankid-proof", token: token,
			body: map[string]any{"holder": start.text(t, "holder"), "locale": "sv"}})
	}
	prove(asGuardian, "Bodvaris").want(t, http.StatusUnauthorized, "sign_in_failed")
	others(asGuardian).want(t, http.StatusUnauthorized, "step_up_required")
	if got := prove(asGuardian, "Annelore").want(t, http.StatusOK, ""); got.text(t, "status") != "proved" {
		t.Errorf("the proof answered %s", got.body)
	}
	others(asGuardian).want(t, http.StatusNoContent, "")

	password := func(token string) reply {
		body, _ := w.login(w.here).(map[string]any)
		delete(body, "municipalityId")
		return w.do(call{method: http.MethodPost, path: "/v1/signin/session/password-proof", token: token, body: body})
	}
	password(w.family("Leonorina", scope.Staff).access).want(t, http.StatusUnauthorized, "sign_in_failed") // somebody else's
	others(asStaff).want(t, http.StatusUnauthorized, "step_up_required")
	password(asStaff).want(t, http.StatusNoContent, "")
	others(asStaff).want(t, http.StatusNoContent, "")
	password(asStaff).want(t, http.StatusUnauthorized, "sign_in_failed") // the code was used
	w.Clock.Advance(sessions.Access)
	others(asStaff).want(t, http.StatusUnauthorized, "sign_in_required")
}
