package walk_test

import (
	"net/http"
	"testing"
	"time"

	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
)

// A new password takes the old one, a strong one, and a second factor shown a short while ago; the other sessions end (P10, RFC 9470).
func TestChangingThePassword(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.getReady(w.session("Heddavina", scope.Staff, 0), w.hire(kindergarten, "employee"))
	const next = "elva blåa hinkar med sand"
	change := func(token, old, new string) reply {
		return w.do(call{method: http.MethodPut, path: "/v1/signin/password", token: token, body: map[string]any{"password": old, "newPassword": new}})
	}
	signIn := func(password string) reply {
		w.Clock.Advance(totp.Period * time.Second)
		return w.do(w.staffSignIn(r.username, password, w.appCode(r.secret, 0)))
	}
	elsewhere := signIn(newPassword).want(t, http.StatusCreated, "").text(t, "token")
	change(r.token, "ett fel lösenord", next).want(t, http.StatusUnprocessableEntity, "password_wrong")
	change(r.token, newPassword, "Nykomling-Testsson").want(t, http.StatusUnprocessableEntity, "password_weak")
	change(r.token, newPassword, "Lösenord12345").want(t, http.StatusUnprocessableEntity, "password_weak")
	change(r.token, newPassword, "kort").want(t, http.StatusBadRequest, "request_invalid")
	w.do(call{path: "/v1/staff/institutions", token: elsewhere}).want(t, http.StatusOK, "")
	change(r.token, newPassword, next).want(t, http.StatusNoContent, "")
	w.do(call{path: "/v1/staff/institutions", token: elsewhere}).want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(call{path: "/v1/staff/institutions", token: r.token}).want(t, http.StatusOK, "")
	signIn(newPassword).want(t, http.StatusUnauthorized, "sign_in_failed")
	signIn(next).want(t, http.StatusCreated, "")
}

// Whoever has a second factor shows it again before they change how they sign in: an open session and the password are not enough.
func TestChangingHowOneSignsInNeedsAFreshProof(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.getReady(w.session("Heddavina", scope.Staff, 0), w.hire(kindergarten, "employee"))
	w.exec("update auth.sessions set authenticated_at = $1 where person_id = $2 and ended_at is null", w.Clock.Now().Add(-time.Hour), r.person)
	own := map[string]any{"password": newPassword}
	for _, c := range []call{
		{method: http.MethodPost, path: "/v1/signin/authenticator", body: own},
		{method: http.MethodPost, path: "/v1/signin/recovery-codes", body: own},
		{method: http.MethodPut, path: "/v1/signin/password", body: map[string]any{"password": newPassword, "newPassword": "elva blåa hinkar med sand"}},
	} {
		c.token = r.token
		w.do(c).want(t, http.StatusUnauthorized, "step_up_required")
	}
	w.exec("update auth.sessions set authenticated_at = $1 where person_id = $2 and ended_at is null", w.Clock.Now(), r.person)
	w.do(call{method: http.MethodPost, path: "/v1/signin/recovery-codes", token: r.token, body: own}).want(t, http.StatusCreated, "")
	w.do(w.staffSignIn(r.username, newPassword, r.codes[3])).want(t, http.StatusUnauthorized, "sign_in_failed")
}
