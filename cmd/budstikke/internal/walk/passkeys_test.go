package walk_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/passkey"
	"budstikke.example/migrations/scope"
)

func (w *town) passkeySignIn(holder string, credential map[string]any) call {
	return call{method: http.MethodPost, path: "/v1/signin/passkeys/sessions", body: map[string]any{"holder": holder, "credential": credential}}
}

// comesIn signs in with a key alone.
func (w *town) comesIn(k *key) reply {
	w.tb.Helper()
	holder, challenge := w.attempt(w.here, "sign_in")
	return w.do(w.passkeySignIn(holder, k.sign(w.tb, challenge)))
}

// addPasskey adds a key of somebody who is signed in, whose password is asked for or not.
func (w *town) addPasskey(token, password, name string, k *key) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/signin/passkeys", token: token,
		body: map[string]any{"name": name, "credential": k.answer(w.tb, w.do(w.startPasskey(token, password)))}})
}

func (w *town) beside(username string, k *key, purpose string) call {
	w.tb.Helper()
	holder, challenge := w.attempt(w.here, purpose)
	c := w.staffSignIn(username, newPassword, "")
	c.body.(map[string]any)["passkey"] = map[string]any{"holder": holder, "credential": k.sign(w.tb, challenge)}
	return c
}

type listed struct {
	ID          uuid.UUID
	Name        string
	LastUsedAt  *time.Time
	SuspectedAt *time.Time
}

func (w *town) passkeys(token string) []listed {
	w.tb.Helper()
	var list struct{ Items []listed }
	must(w.tb, json.Unmarshal(w.do(call{path: "/v1/signin/passkeys", token: token}).want(w.tb, http.StatusOK, "").body, &list))
	return list.Items
}

// withPasskey is somebody of the staff whose second factor is a passkey.
func (w *town) withPasskey(k *key) ready {
	w.tb.Helper()
	r := ready{person: w.hire(kindergarten, "employee")}
	r.username = usernameOf(r.person)
	limited := w.do(w.activation(w.here, w.letter(w.session("Heddavina", scope.Staff, 0), r.person, ""))).want(w.tb, http.StatusCreated, "").text(w.tb, "token")
	got := w.addPasskey(limited, newPassword, "Telefon", k).want(w.tb, http.StatusCreated, "")
	r.token, _ = got.session(w.tb)
	var document struct{ RecoveryCodes []string }
	must(w.tb, json.Unmarshal(got.body, &document))
	r.codes = document.RecoveryCodes
	return r
}

// From the letter to the work of the day with a passkey: it is the second factor that the work asks for, and then enough by itself (U5).
func TestPasskeyLeadsToWork(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	person := w.hire(kindergarten, "employee")
	username := usernameOf(person)
	limited := w.do(w.activation(w.here, w.letter(w.session("Heddavina", scope.Staff, 0), person, ""))).want(t, http.StatusCreated, "").text(t, "token")
	w.do(w.startPasskey(limited, "")).want(t, http.StatusUnprocessableEntity, "password_wrong")
	w.do(w.startPasskey(limited, "ett fel lösenord")).want(t, http.StatusUnprocessableEntity, "password_wrong")
	k := newKey()
	done := w.addPasskey(limited, newPassword, "  Min\u200b telefon ", k).want(t, http.StatusCreated, "")
	token, kind := done.session(t)
	var added struct{ RecoveryCodes []string }
	must(t, json.Unmarshal(done.body, &added))
	if kind != "staff" || len(added.RecoveryCodes) != 10 {
		t.Fatalf("after the passkey: %s", done.body)
	}
	w.do(call{path: "/v1/staff/institutions", token: limited}).want(t, http.StatusUnauthorized, "sign_in_required")
	if list := w.passkeys(token); len(list) != 1 || list[0].Name != "Min telefon" || list[0].LastUsedAt != nil {
		t.Errorf("the list is %+v", list)
	}
	// The password alone leads nowhere any more; with the passkey, or a recovery code, it does.
	w.do(w.staffSignIn(username, newPassword, "")).want(t, http.StatusUnauthorized, "sign_in_failed")
	w.do(w.staffSignIn(username, newPassword, "123456")).want(t, http.StatusUnauthorized, "sign_in_failed")
	for name, got := range map[string]reply{
		"beside the password": w.do(w.beside(username, k, "second_factor")), "a recovery code": w.do(w.staffSignIn(username, newPassword, added.RecoveryCodes[3])),
		"alone": w.comesIn(k),
	} {
		if got.want(t, http.StatusCreated, "").text(t, "kind") != "staff" {
			t.Errorf("%s: %s", name, got.body)
		}
		w.do(call{path: "/v1/staff/institutions", token: got.text(t, "token")}).want(t, http.StatusOK, "")
		w.do(w.startPasskey(got.text(t, "token"), "")).want(t, http.StatusCreated, "") // it was a strong sign-in
	}
	// Without verifying its owner a passkey is one factor: enough beside a password, and not alone.
	k.auth.Options.UserNotVerified = true
	w.do(w.beside(username, k, "second_factor")).want(t, http.StatusCreated, "")
	if got := w.comesIn(k); got.code != "sign_in_failed" {
		t.Errorf("a passkey that anybody could use signs in: %s", got.body)
	}
}

// A guardian who proved who they are may come in with a passkey the next time.
func TestGuardianSignsInWithAPasskey(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k := newKey()
	w.addPasskey(w.session("Annelore", scope.Guardian, 0), "", "Telefon", k).want(t, http.StatusCreated, "")
	got := w.comesIn(k).want(t, http.StatusCreated, "")
	if got.text(t, "kind") != "guardian" {
		t.Errorf("the session is %s", got.body)
	}
	w.do(call{path: "/v1/guardian/me", token: got.text(t, "token")}).want(t, http.StatusOK, "")
	w.do(call{path: "/v1/staff/institutions", token: got.text(t, "token")}).want(t, http.StatusNotFound, "not_found")
	// The account ends, and the passkey with it; opened again it is not the account's any more (H4).
	w.do(call{method: http.MethodDelete, path: "/v1/signin/account", token: got.text(t, "token")}).want(t, http.StatusNoContent, "")
	w.comesIn(k).want(t, http.StatusUnauthorized, "sign_in_failed")
	w.session("Annelore", scope.Guardian, 0)
	w.comesIn(k).want(t, http.StatusUnauthorized, "sign_in_failed")
}

// Whatever is not right, a passkey that lets nobody in is answered the same to the byte, and so is one beside a password.
func TestPasskeysThatLetNobodyInAreAlike(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k, foreign, gone, copied := newKey(), newKey(), newKey(), newKey()
	r := w.withPasskey(k)
	w.keep("Utrikine", scope.Staff, foreign)
	left := w.withPasskey(gone)
	w.withPasskey(copied)
	w.do(call{method: http.MethodDelete, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/staff-accounts/" + left.person.String(),
		token: w.session("Heddavina", scope.Staff, 0)}).want(t, http.StatusNoContent, "")
	copied.key.Counter = 9
	w.comesIn(copied).want(t, http.StatusCreated, "")

	holder, challenge := w.attempt(w.here, "sign_in")
	used := w.passkeySignIn(holder, k.sign(t, challenge))
	w.do(used).want(t, http.StatusCreated, "")
	used.key = ""
	elsewhere, stranger := *k, *k
	elsewhere.site.Origin = "https://budvik.example.evil.example"
	stranger.auth.Options.UserHandle = []byte("0123456789abcdef")
	attempt := func(k *key, purpose string, change func(holder, challenge string) (string, string)) call {
		holder, challenge := w.attempt(w.here, purpose)
		if change != nil {
			holder, challenge = change(holder, challenge)
		}
		return w.passkeySignIn(holder, k.sign(t, challenge))
	}
	old := attempt(k, "sign_in", nil)
	w.Clock.Advance(passkey.Timeout)
	calls := map[string]call{
		"used": used, "too old": old, "a key that nobody has": attempt(newKey(), "sign_in", nil), "of another municipality": attempt(foreign, "sign_in", nil),
		"of an account that ended": attempt(gone, "sign_in", nil), "signed at another site": attempt(&elsewhere, "sign_in", nil),
		"for another account": attempt(&stranger, "sign_in", nil), "for beside a password": attempt(k, "second_factor", nil),
		"another device's": attempt(k, "sign_in", func(_, challenge string) (string, string) {
			other, _ := w.attempt(w.here, "sign_in")
			return other, challenge
		}),
		"a challenge that nobody gave":  attempt(k, "sign_in", func(holder, _ string) (string, string) { return holder, passkey.NewChallenge() }),
		"begun in another municipality": attempt(k, "sign_in", func(string, string) (string, string) { return w.attempt(w.there, "sign_in") }),
		"of a municipality that is none": attempt(k, "sign_in", func(_, challenge string) (string, string) {
			return "bsh_AZHg8AAAcACAAAAAAAAAAQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", challenge
		}),
		"a malformed holder": attempt(k, "sign_in", func(_, challenge string) (string, string) { return "bsh_hello", challenge }),
	}
	copied.key.Counter = 3
	calls["a count that went back"] = attempt(copied, "sign_in", nil)
	var first reply
	for name, c := range calls {
		got := w.do(c)
		if got.want(t, http.StatusUnauthorized, "sign_in_failed"); first.status == 0 {
			first = got
		}
		if got.wire() != first.wire() {
			t.Errorf("%s is answered otherwise:\n%s", name, got.wire())
		}
	}
	w.comesIn(k).want(t, http.StatusCreated, "")

	second := newKey()
	w.withPasskey(second)
	wrong := w.beside(r.username, k, "second_factor")
	wrong.body.(map[string]any)["password"] = "ett helt annat lösenord"
	both := w.beside(r.username, k, "second_factor")
	both.body.(map[string]any)["code"] = "123456"
	first = reply{}
	for name, c := range map[string]call{
		"somebody else's": w.beside(r.username, second, "second_factor"), "nobody's": w.beside(r.username, newKey(), "second_factor"), "a wrong password": wrong,
		"begun for signing in alone": w.beside(r.username, k, "sign_in"), "a user name that nobody has": w.beside("nobody@example.com", k, "second_factor"), "with a code": both,
	} {
		got := w.do(c)
		if got.want(t, http.StatusUnauthorized, "sign_in_failed"); first.status == 0 {
			first = got
		}
		if got.wire() != first.wire() {
			t.Errorf("beside a password, %s is answered otherwise:\n%s", name, got.wire())
		}
	}
}

// Of many who use the same challenge at the same time, one comes in; what the same request asks again it is answered again (B6).
func TestChallengeIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k := newKey()
	w.keep("Heddavina", scope.Staff, k)
	holder, challenge := w.attempt(w.here, "sign_in")
	credential := k.sign(t, challenge)
	in := 0
	for _, r := range w.atOnce(t, 6, func(int) call { return w.passkeySignIn(holder, credential) }) {
		if r.status == http.StatusCreated {
			in++
		} else if r.code != "sign_in_failed" {
			t.Errorf("answered %d %s", r.status, r.code)
		}
	}
	if in != 1 {
		t.Errorf("%d came in by one challenge, want 1", in)
	}
	holder, challenge = w.attempt(w.here, "sign_in")
	c := w.passkeySignIn(holder, k.sign(t, challenge))
	c.key = uuid.NewString()
	if first, again := w.do(c).want(t, http.StatusCreated, ""), w.do(c); again.wire() != first.wire() || !again.replayed() {
		t.Errorf("asked again: %d %s", again.status, again.body)
	}
	if n := one[int](w, "select count(*) from auth.passkey_challenges"); n != 0 {
		t.Errorf("%d challenges are left of those that were used", n)
	}
}

// A count that goes back means that there are two of a passkey: refused, kept in the trail (B5), told to its owner, and an alarm (P10).
func TestCopiedPasskeyIsAnAlarm(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k := newKey()
	r := w.withPasskey(k)
	k.key.Counter = 20
	w.comesIn(k).want(t, http.StatusCreated, "")
	entries := func() int {
		return one[int](w, "select count(*) from audit.entries where operation = 'FinishPasskeySignIn' and outcome = 'failed'")
	}
	before := entries()
	copied := *k
	copied.key.Counter = 7
	w.comesIn(&copied).want(t, http.StatusUnauthorized, "sign_in_failed")
	if entries() != before+1 {
		t.Error("the trail says nothing of it")
	}
	if n := one[int](w, "select count(*) from auth.alarms where kind = 'passkey_copy_suspected'"); n != 1 {
		t.Errorf("%d alarms", n)
	}
	if !strings.Contains(w.log.String(), "passkey_copy_suspected") {
		t.Error("the log says nothing of it")
	}
	if list := w.passkeys(r.token); len(list) != 1 || list[0].SuspectedAt == nil {
		t.Errorf("its owner is not told: %+v", list)
	}
	beside := w.beside(r.username, &copied, "second_factor")
	w.do(beside).want(t, http.StatusUnauthorized, "sign_in_failed")
	w.comesIn(k).want(t, http.StatusCreated, "")
}

// The proof that the riskier things ask for is renewed by a passkey of one's own, in the session that asked (RFC 9470).
func TestPasskeyProvesAnew(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k, other := newKey(), newKey()
	r := w.withPasskey(k)
	w.withPasskey(other)
	w.Clock.Advance(time.Minute)
	w.exec("update auth.sessions set authenticated_at = $1 where person_id = $2", w.Clock.Now().Add(-time.Hour), r.person)
	challenge := func(token string) string {
		got := w.do(call{method: http.MethodPost, path: "/v1/signin/session/passkey-challenges", token: token}).want(t, http.StatusCreated, "")
		return got.text(t, "challenge")
	}
	prove := func(token string, credential map[string]any) reply {
		return w.do(call{method: http.MethodPost, path: "/v1/signin/session/passkey-proof", token: token, body: map[string]any{"credential": credential}})
	}
	w.do(w.startPasskey(r.token, "")).want(t, http.StatusUnauthorized, "step_up_required")
	w.do(w.startPasskey(r.token, newPassword)).want(t, http.StatusUnauthorized, "step_up_required")
	id := w.passkeys(r.token)[0].ID
	remove := call{method: http.MethodDelete, path: "/v1/signin/passkeys/" + id.String(), token: r.token}
	w.do(remove).want(t, http.StatusUnauthorized, "step_up_required")

	boss := w.session("Heddavina", scope.Staff, 0)
	_, signIn := w.attempt(w.here, "sign_in")
	first := prove(r.token, other.sign(t, challenge(r.token))).want(t, http.StatusUnauthorized, "sign_in_failed")
	for name, credential := range map[string]map[string]any{
		"nobody's": newKey().sign(t, challenge(r.token)), "another session's challenge": k.sign(t, challenge(boss)), "a sign-in's challenge": k.sign(t, signIn),
		"no challenge": k.sign(t, passkey.NewChallenge()),
	} {
		if got := prove(r.token, credential); got.wire() != first.wire() {
			t.Errorf("%s is answered otherwise:\n%s", name, got.wire())
		}
	}
	w.do(w.startPasskey(r.token, "")).want(t, http.StatusUnauthorized, "step_up_required")
	right := k.sign(t, challenge(r.token))
	prove(r.token, right).want(t, http.StatusNoContent, "")
	if got := prove(r.token, right); got.wire() != first.wire() {
		t.Errorf("used again: %s", got.wire())
	}
	w.do(w.startPasskey(r.token, "")).want(t, http.StatusCreated, "")
}

// Whoever must have a second factor keeps the last one, also when two are removed at once; who needs none may do without.
func TestLastSecondFactorStays(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	k := newKey()
	r := w.withPasskey(k)
	remove := func(token string, id uuid.UUID) call {
		return call{method: http.MethodDelete, path: fmt.Sprintf("/v1/signin/passkeys/%s", id), token: token}
	}
	w.do(remove(r.token, w.passkeys(r.token)[0].ID)).want(t, http.StatusConflict, "last_second_factor")
	w.addPasskey(r.token, "", "Nyckel", newKey()).want(t, http.StatusCreated, "")
	list := w.passkeys(r.token)
	gone := 0
	for _, got := range w.atOnce(t, 2, func(i int) call { return remove(r.token, list[i].ID) }) {
		if got.status == http.StatusNoContent {
			gone++
		} else if got.code != "last_second_factor" {
			t.Errorf("answered %d %s", got.status, got.code)
		}
	}
	if list = w.passkeys(r.token); gone != 1 || len(list) != 1 {
		t.Fatalf("%d were removed and %d are left", gone, len(list))
	}
	// An authenticator app is a second factor too.
	secret := w.beginApp(r.token, newPassword)
	w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator/confirmation", token: r.token, body: map[string]any{"code": w.appCode(secret, -1)}}).
		want(t, http.StatusCreated, "")
	stranger := w.do(remove(w.session("Heddavina", scope.Staff, 0), list[0].ID)).want(t, http.StatusNotFound, "not_found")
	if never := w.do(remove(r.token, newID())); never.wire() != stranger.wire() {
		t.Errorf("somebody else's passkey and none are told apart:\n%s\n%s", stranger.wire(), never.wire())
	}
	w.do(remove(r.token, list[0].ID)).want(t, http.StatusNoContent, "")
	w.comesIn(k).want(t, http.StatusUnauthorized, "sign_in_failed")
	// Each that was added or removed was told: two passkeys came and two went, and an app came.
	if n := one[int](w, "select count(*) from notify.events where kind = 'sign_in_changed' and subject_id = (select id from auth.accounts where person_id = $1)", r.person); n != 5 {
		t.Errorf("its owner was told %d times, want 5", n)
	}
	// A guardian signs in with BankID anyway.
	guardian := w.session("Annelore", scope.Guardian, 0)
	w.addPasskey(guardian, "", "Telefon", newKey()).want(t, http.StatusCreated, "")
	w.do(remove(guardian, w.passkeys(guardian)[0].ID)).want(t, http.StatusNoContent, "")
}

// A passkey is added by the session that asked for it, once, and no other account has it.
func TestAddingAPasskey(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, guardian := w.session("Heddavina", scope.Staff, 0), w.session("Annelore", scope.Guardian, 0)
	add := func(token string, credential map[string]any) reply {
		return w.do(call{method: http.MethodPost, path: "/v1/signin/passkeys", token: token, body: map[string]any{"name": "Ny", "credential": credential}})
	}
	k := newKey()
	asked := w.do(w.startPasskey(boss, ""))
	made := k.answer(t, asked)
	first := add(guardian, made).want(t, http.StatusUnprocessableEntity, "passkey_refused")
	add(boss, made).want(t, http.StatusCreated, "")
	theirs := *k
	unverified := newKey()
	unverified.auth.Options.UserNotVerified = true
	late := newKey().answer(t, w.do(w.startPasskey(boss, "")))
	w.Clock.Advance(passkey.Timeout)
	for name, got := range map[string]reply{
		"again": add(boss, made), "known already": add(boss, k.answer(t, w.do(w.startPasskey(boss, "")))),
		"somebody else's": add(guardian, theirs.answer(t, w.do(w.startPasskey(guardian, "")))), "too late": add(boss, late),
		"without verifying its owner": add(boss, unverified.answer(t, w.do(w.startPasskey(boss, "")))),
	} {
		if got.wire() != first.wire() {
			t.Errorf("%s is answered otherwise:\n%s", name, got.wire())
		}
	}
	other := w.session("Heddavina", scope.Staff, 0)
	if got := add(other, newKey().answer(t, w.do(w.startPasskey(boss, "")))); got.wire() != first.wire() {
		t.Errorf("another session of the same person: %s", got.wire())
	}
	for range 19 {
		w.keep("Heddavina", scope.Staff, newKey())
	}
	w.do(w.startPasskey(boss, "")).want(t, http.StatusConflict, "too_many_passkeys")
	if n := len(w.passkeys(guardian)); n != 0 {
		t.Errorf("the guardian has %d passkeys", n)
	}
}
