package walk_test

import (
	"encoding/base32"
	"fmt"
	"maps"
	"net/http"

	"github.com/google/uuid"

	"budstikke.example/auth/totp"
	"budstikke.example/migrations/scope"
)

func init() {
	maps.Copy(table, map[string]row{
		"ActivateAccount": {open: true, status: 201, body: func(w *walk, x ids, _ who) any {
			code := nothing().token
			if w.is[head].token != "" {
				code = w.letter(w.is[head].token, w.hire(kindergarten, "substitute"), "")
			}
			return map[string]any{"municipalityId": x.Municipality, "code": code, "password": newPassword}
		}},
		"StartAuthenticator": {allowed: []who{head}, status: 201, body: fixed(map[string]any{"password": headPassword})},
		"ConfirmAuthenticator": {allowed: []who{head}, status: 201, body: func(w *walk, _ ids, caller who) any {
			if caller != head {
				return map[string]any{"code": "000000"}
			}
			w.secret = w.beginApp(w.is[head].token, headPassword)
			return map[string]any{"code": w.appCode(w.secret, -1)} // so that the code of now is left for signing in
		}},

		"RenewRecoveryCodes": {allowed: []who{head}, status: 201, body: fixed(map[string]any{"password": headPassword})},
		"ChangePassword":     {allowed: []who{head}, status: 204, body: fixed(map[string]any{"password": headPassword, "newPassword": headPassword})},

		"ListStaffAccounts": {allowed: heads, status: 200},
		"InviteStaff": {allowed: heads, status: 201, arrange: (*walk).newcomer, body: func(_ *walk, x ids, _ who) any {
			return map[string]any{"username": usernameOf(x.Staff)}
		}},
		"EndStaffAccount":    {allowed: heads, status: 204, arrange: (*walk).newcomer},
		"EndGuardianAccount": {allowed: heads, status: 204, arrange: (*walk).leaving, body: fixed(map[string]any{"reason": deactivationReason})},
	})
}

const newPassword = "sjutton gröna kantareller"

func usernameOf(person uuid.UUID) string { return "user-" + person.String() + "@example.com" }

// newcomer is somebody who works at the institution since today.
func (w *walk) newcomer(who) ids {
	x := w.real
	x.Staff = w.hire(kindergarten, "substitute")
	return x
}

// leaving is a guardian of another family with an account and access, who asks for the end of both.
func (w *walk) leaving(who) ids {
	w.session("Stenulvar", scope.Guardian, 0)
	return w.spare("active")
}

// hire gives an institution somebody with a role there.
func (w *town) hire(place, role string) uuid.UUID {
	w.tb.Helper()
	person, institution := newID(), w.institution(place)
	w.exec(`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select municipality_id, $1, 'Nykomling', 'Testsson', now() from app.institutions where id = $2`, person, institution)
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select municipality_id, $1, $2, id, $4, now() from app.institutions where id = $3`, newID(), person, institution, role)
	return person
}

// letter invites somebody and returns the code of their letter; username is made from their id when it is empty.
func (w *town) letter(token string, person uuid.UUID, username string) string {
	w.tb.Helper()
	if username == "" {
		username = usernameOf(person)
	}
	institution := one[uuid.UUID](w, "select institution_id from app.staff_roles where person_id = $1 limit 1", person)
	return w.do(call{method: http.MethodPost, path: fmt.Sprintf("/v1/office/institutions/%s/staff-accounts/%s/letter", institution, person), token: token,
		body: map[string]any{"username": username}}).want(w.tb, http.StatusCreated, "").text(w.tb, "code")
}

// beginApp begins with a new authenticator app and returns its secret.
func (w *town) beginApp(token, password string) []byte {
	w.tb.Helper()
	got := w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator", token: token,
		body: map[string]any{"password": password}}).want(w.tb, http.StatusCreated, "")
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(got.text(w.tb, "secret"))
	must(w.tb, err)
	return secret
}

// appCode is what an authenticator app shows now, or some steps away.
func (w *town) appCode(secret []byte, steps int64) string {
	w.tb.Helper()
	code, err := totp.Code(secret, totp.Step(w.Clock.Now())+steps)
	must(w.tb, err)
	return code
}
