package walk_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/auth/letter"
	"budstikke.example/migrations/scope"
)

func (w *town) assist(token, place string, guardianship uuid.UUID, username string) call {
	return call{method: http.MethodPost, path: "/v1/staff/institutions/" + w.institution(place).String() + "/assisted-cases", token: token,
		body: map[string]any{"guardianshipId": guardianship, "shown": "residence_permit", "username": username}}
}

func (w *town) second(token, place string, id uuid.UUID, decision string) call {
	return call{method: http.MethodPost, token: token,
		path: "/v1/office/institutions/" + w.institution(place).String() + "/assisted-cases/" + id.String() + "/decision",
		body: map[string]any{"decision": decision, "reason": deactivationReason}}
}

// handOver opens a case by one and confirms it by another, and returns the code of the letter.
func (w *town) handOver(guardianship uuid.UUID, username string) string {
	w.tb.Helper()
	opened := w.do(w.assist(w.session("Emelinda", scope.Staff, 0), kindergarten, guardianship, username)).want(w.tb, http.StatusCreated, "")
	done := w.do(w.second(w.session("Heddavina", scope.Staff, 0), kindergarten, opened.id(w.tb), "confirmed")).want(w.tb, http.StatusOK, "")
	var got struct{ Letter struct{ Code string } }
	must(w.tb, json.Unmarshal(done.body, &got))
	if got.Letter.Code == "" {
		w.tb.Fatalf("no letter: %s", done.body)
	}
	return got.Letter.Code
}

// H7, V1: a guardian with a protected identity is seen by one, confirmed by another, and comes in with a letter, a password and a second factor;
// the account opens no child.
func TestTwoOpenAnAccountWithTheGuardianPresent(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	guardianship := one[uuid.UUID](w, "select id from app.guardianships where guardian_id = $1", w.person("Gretchenia"))
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", w.person("Gretchenia"))
	if status := w.bankID(w.numbers["Gretchenia"].Digits()).text(t, "status"); status != "contact_institution" {
		t.Fatalf("a protected guardian by themselves: %s", status)
	}
	code := w.handOver(guardianship, "gast@example.com")
	if w.accounts("Gretchenia") != 0 {
		t.Error("the letter opened the account before anybody typed its code")
	}
	first := w.do(w.activation(w.here, code)).want(t, http.StatusCreated, "")
	limited := first.text(t, "token")
	if kind := first.text(t, "kind"); kind != "second_factor" {
		t.Fatalf("a guardian with one password: %s (H7)", kind)
	}
	w.do(call{path: "/v1/guardian/children", token: limited}).want(t, http.StatusNotFound, "not_found")
	secret := w.beginApp(limited, newPassword)
	done := w.do(call{method: http.MethodPost, path: "/v1/signin/authenticator/confirmation", token: limited, body: map[string]any{"code": w.appCode(secret, -1)}}).
		want(t, http.StatusCreated, "")
	token, kind := done.session(t)
	if kind != "guardian" || w.accounts("Gretchenia") != 1 {
		t.Fatalf("after the second factor: %s", done.body)
	}
	var children struct{ Items []any }
	must(t, json.Unmarshal(w.do(call{path: "/v1/guardian/children", token: token}).want(t, http.StatusOK, "").body, &children))
	if len(children.Items) != 0 {
		t.Error("an account opened a child (V1)")
	}
	again := w.do(w.activation(w.here, code)).want(t, http.StatusUnauthorized, "activation_failed")
	if unknown := w.do(w.activation(w.here, letter.New().Print())); again.wire() != unknown.wire() {
		t.Errorf("a used code is answered\n%s\nand one that nobody was given\n%s", again.wire(), unknown.wire())
	}
	if n := one[int](w, "select count(*) from audit.entries where operation in ('OpenAssistedCase', 'DecideAssistedCase')"); n != 2 {
		t.Errorf("%d entries in the trail, want one for each of the two", n)
	}
}

// H7: it takes two members of the staff, neither of them the guardian; what stood against it in between stops it.
func TestAnAssistedAccountTakesTwo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, owner, worker := w.session("Heddavina", scope.Staff, 0), w.session("Oddvarina", scope.Staff, 0), w.session("Emelinda", scope.Staff, 0)
	guardianship := w.guardianship("Annelore", "Alfhildis")
	open := func(token string) uuid.UUID {
		t.Helper()
		w.exec("update app.assisted_cases set opened_at = opened_at - interval '8 days'")
		return w.do(w.assist(token, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "").id(t)
	}
	id := open(boss)
	w.do(w.second(boss, kindergarten, id, "confirmed")).want(t, http.StatusConflict, "assisted_needs_another_person")
	w.do(w.second(worker, kindergarten, id, "confirmed")).want(t, http.StatusNotFound, "not_found")
	w.do(w.second(w.session("Rektorina", scope.Staff, 0), school, id, "confirmed")).want(t, http.StatusNotFound, "not_found")
	w.do(w.second(owner, kindergarten, newID(), "confirmed")).want(t, http.StatusNotFound, "not_found")
	silent := w.second(owner, kindergarten, id, "refused")
	silent.body = map[string]any{"decision": "refused", "reason": " "}
	w.do(silent).want(t, http.StatusUnprocessableEntity, "reason_missing")
	w.do(w.second(owner, kindergarten, id, "refused")).want(t, http.StatusOK, "")
	w.do(w.second(owner, kindergarten, id, "confirmed")).want(t, http.StatusConflict, "assisted_case_closed")

	id = open(worker)
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		select municipality_id, $2, child_id, guardian_id, 'no_access', now() - interval '1 day', '\x01', 1, child_id, now() from app.guardianships where id = $1`, guardianship, newID())
	w.do(w.second(boss, kindergarten, id, "confirmed")).want(t, http.StatusConflict, "assisted_not_possible")
	w.do(w.assist(worker, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusConflict, "assisted_not_possible")
	w.exec("delete from app.restrictions")
	w.exec("update app.guardianships set legal = false where id = $1", guardianship)
	w.do(w.assist(worker, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusConflict, "assisted_not_possible")
	w.exec("update app.guardianships set legal = true where id = $1", guardianship)

	// Confirmed by two at once, there is one letter.
	id = open(worker)
	var wait sync.WaitGroup
	for _, token := range []string{boss, owner} {
		wait.Go(func() { w.do(w.second(token, kindergarten, id, "confirmed")) })
	}
	wait.Wait()
	if n := one[int](w, "select count(*) from auth.letters where person_id = $1", w.person("Annelore")); n != 1 {
		t.Errorf("confirmed by two at once: %d letters", n)
	}

	id = open(worker)
	w.Clock.Advance(app.AssistedLasts)
	w.do(w.second(w.session("Heddavina", scope.Staff, 0), kindergarten, id, "confirmed")).want(t, http.StatusConflict, "assisted_case_closed")
}

// A guardianship of another place is not found, a member of the staff is nobody's guest, and nobody is begun for without end.
func TestWhoIsAssisted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	worker := w.session("Emelinda", scope.Staff, 0)
	guardianship := w.guardianship("Annelore", "Alfhildis")
	for _, c := range []call{
		w.assist(worker, kindergarten, w.guardianship("Hildegunnar", "Hjalmarine"), "gast@example.com"), w.assist(worker, kindergarten, newID(), "gast@example.com"),
		w.assist(worker, school, guardianship, "gast@example.com"), w.assist(worker, kindergarten, w.guardianship("Monsinora", "Mosebackus"), "gast@example.com"),
		w.assist(w.session("Utrikine", scope.Staff, 0), kindergarten, guardianship, "gast@example.com"),
	} {
		w.do(c).want(t, http.StatusNotFound, "not_found")
	}
	w.do(w.assist(worker, kindergarten, guardianship, "  a ")).want(t, http.StatusBadRequest, "request_invalid")
	own := newID()
	w.exec(`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select municipality_id, $1, child_id, $2, true, basis, created_at from app.guardianships where id = $3`, own, w.person("Emelinda"), guardianship)
	for _, token := range []string{worker, w.session("Heddavina", scope.Staff, 0)} {
		w.do(w.assist(token, kindergarten, own, "gast@example.com")).want(t, http.StatusConflict, "assisted_not_possible")
	}
	w.do(w.assist(worker, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusConflict, "assisted_not_possible") // of their own family now
	colleague := w.session("Heddavina", scope.Staff, 0)
	for range 5 {
		w.do(w.assist(colleague, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "")
	}
	w.do(w.assist(colleague, kindergarten, guardianship, "gast@example.com")).want(t, http.StatusConflict, "assisted_too_often")
	if n := one[int](w, "select count(*) from app.assisted_cases where state = 'waiting'"); n != 1 {
		t.Errorf("%d open cases of one guardian", n)
	}
}

// A letter counts for three days and only until the next one; the end of the account takes it back (H4, H7).
func TestLettersOfGuardians(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	guardianship := w.guardianship("Annelore", "Alfhildis")
	earlier := w.handOver(guardianship, "gast@example.com")
	later := w.handOver(guardianship, "gast@example.com")
	w.do(w.activation(w.here, earlier)).want(t, http.StatusUnauthorized, "activation_failed")
	w.do(w.activation(w.there, later)).want(t, http.StatusUnauthorized, "activation_failed")
	w.session("Annelore", scope.Guardian, 0)
	waits := w.do(w.assist(w.session("Emelinda", scope.Staff, 0), kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "").id(t)
	w.do(call{method: http.MethodPost, path: "/v1/office/guardianships/" + guardianship.String() + "/account-end", token: w.session("Heddavina", scope.Staff, 0),
		body: map[string]any{"reason": deactivationReason}}).want(t, http.StatusNoContent, "")
	if n := w.accounts("Annelore"); n != 0 {
		t.Fatalf("%d accounts after the end", n)
	}
	w.do(w.activation(w.here, later)).want(t, http.StatusUnauthorized, "activation_failed")
	w.do(w.second(w.session("Heddavina", scope.Staff, 0), kindergarten, waits, "confirmed")).want(t, http.StatusConflict, "assisted_case_closed")

	old := w.handOver(guardianship, "gast@example.com")
	w.Clock.Advance(letter.HandedOver - time.Second)
	if !one[bool](w, "select expires_at > $1 from auth.letters where used_at is null and withdrawn_at is null", w.Clock.Now()) {
		t.Error("a letter of a guardian expires early")
	}
	w.Clock.Advance(time.Second)
	w.do(w.activation(w.here, old)).want(t, http.StatusUnauthorized, "activation_failed")
}

// H7, H11, B8, V11: a letter opens what it was written for, asked again when its code is typed; whoever would not get one any more is answered as with a
// code that nobody was given. What has come right again by then opens.
func TestLettersAreAskedAgain(t *testing.T) {
	t.Parallel()
	const block = `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_access', now() - interval '1 minute', '\x01', 1, child_id, now()
		from app.guardianships where guardian_id = $1`
	w := newTown(t)
	code := w.handOver(w.guardianship("Gretchenia", "Gudrunette"), "gast@example.com")
	unknown := w.do(w.activation(w.here, letter.New().Print())).want(t, http.StatusUnauthorized, "activation_failed").wire()
	for what, q := range map[string][2]string{
		"the custody is gone":      {"update app.guardianships set legal = false where guardian_id = $1", "update app.guardianships set legal = true where guardian_id = $1"},
		"a block was set":          {block, "delete from app.restrictions where person_id = $1"},
		"the child has left":       {"update app.enrolments e set ended_at = now() - interval '1 second' from app.guardianships g where g.child_id = e.child_id and g.guardian_id = $1", "update app.enrolments e set ended_at = null from app.guardianships g where g.child_id = e.child_id and g.guardian_id = $1"},
		"the guardianship is over": {"update app.guardianships set ended_at = now() where guardian_id = $1", "update app.guardianships set ended_at = null where guardian_id = $1"},
	} {
		w.exec(q[0], w.person("Gretchenia"))
		if got := w.do(w.activation(w.here, code)); got.wire() != unknown || w.accounts("Gretchenia") != 0 {
			t.Errorf("%s: %d %s", what, got.status, got.body)
		}
		w.exec(q[1], w.person("Gretchenia"))
	}
	w.do(w.activation(w.here, code)).want(t, http.StatusCreated, "")

	invited := w.letter(w.boss("Heddavina"), w.person("Emelinda"), "emelinda@example.com")
	w.exec("update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1", w.person("Emelinda"))
	if got := w.do(w.activation(w.here, invited)); got.wire() != unknown {
		t.Errorf("a letter of whoever has left: %d %s", got.status, got.body)
	}
	w.exec("update app.staff_roles set ended_at = null where person_id = $1", w.person("Emelinda"))
	w.do(w.activation(w.here, invited)).want(t, http.StatusCreated, "")
}
