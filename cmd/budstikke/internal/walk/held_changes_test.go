package walk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// waits makes a change wait at a place for whoever answers there.
func (w *town) waits(place, kind, person, child string, two bool) uuid.UUID {
	w.tb.Helper()
	id := newID()
	var about *uuid.UUID
	if child != "" {
		c := w.person(child)
		about = &c
	}
	row := w.person(person)
	if kind == "guardianship_returns" {
		row = newID()
	}
	w.exec(`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
		values ($1, $2, $3, $4, $5, $6, array[$7::uuid], 'lists', 'lists.csv', 'ended', 'none', $8, $8, $9)`,
		w.here, id, kind, row, w.person(person), about, w.institution(place), w.Clock.Now(), two)
	return id
}

// B8: who decides learns once that something waits, however many changes an import held and however many processes ask; the owner learns of what
// has waited for a week. Not whom it is about, not who is kept from the child, and never by SMS (V20).
func TestWhoDecidesLearnsThatAChangeWaits(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	for _, given := range []string{"Heddavina", "Oddvarina"} {
		for _, e := range [][2]string{{"email", "smtp"}, {"sms", "twilio"}} {
			address := map[string]string{"email": mailOf(given), "sms": "+46701740651"}[e[0]]
			w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
				values ($1, $2, $3, $4, $5, $6, 'sv', 'active', now(), now(), now())`, w.here, newID(), w.person(given), e[0], e[1], address)
		}
	}
	told := func(given string) (n int) {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where d.person_id = $1 and e.kind = 'held_changes_waiting' and d.channel = 'in_app'`, w.person(given))
	}
	expect := func(what string, head, owner int) {
		t.Helper()
		var all sync.WaitGroup
		for range 3 { // as several processes would
			all.Go(func() { must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx))) })
		}
		all.Wait()
		if told("Heddavina") != head || told("Oddvarina") != owner || told("Rektorina")+told("Leonorina")+told("Dagfinnor") != 0 {
			t.Errorf("%s: the head was told %d times, want %d; the owner %d, want %d; others %d", what, told("Heddavina"), head, told("Oddvarina"), owner,
				told("Rektorina")+told("Leonorina")+told("Dagfinnor"))
		}
	}
	expect("before anything waits", 0, 0)
	first := w.waits(kindergarten, "guardianship_returns", "Dagfinnor", "Alfhildis", false)
	w.waits(kindergarten, "guardianship_returns", "Evelindis", "Alfhildis", false)
	expect("two changes of one import", 1, 0)
	expect("again", 1, 0)
	w.exec("update app.held_changes set state = 'withdrawn' where id <> $1", first)
	w.Clock.Advance(6 * 24 * time.Hour)
	expect("within the week", 1, 0)
	w.Clock.Advance(25 * time.Hour)
	expect("after a week", 1, 1)
	expect("and once only", 1, 1)

	w.waits(kindergarten, "staff_role_longer", "Heddavina", "", false)
	expect("about the head: the owner", 1, 2)
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, $2, $3, $4, 'no_access', now(), '\x01', 1, $4, now())`, w.here, newID(), w.person("Alfhildis"), w.person("Heddavina"))
	w.waits(kindergarten, "guardianship_returns", "Bodvaris", "Alfhildis", false)
	expect("about a child that is kept from the head: the owner", 1, 3)
	if n := one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
		where e.kind = 'held_changes_waiting' and d.channel = 'sms'`); n != 0 {
		t.Errorf("%d SMS (V20)", n)
	}
}

// B8: a reviewed batch is decided in one way, each change as a whole or not at all; what takes two people takes two, and the same batch again
// changes nothing.
func TestHeldChangesAreDecidedInABatch(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	type outcome struct {
		HeldChangeID  uuid.UUID
		Outcome, Etag string
	}
	decide := func(token, key, decision string, etag string, changes ...uuid.UUID) (reply, []outcome) {
		t.Helper()
		items := []any{}
		for _, id := range changes {
			items = append(items, map[string]any{"heldChangeId": id, "etag": etag})
		}
		got := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/held-changes/decisions",
			token: token, key: key, body: map[string]any{"decision": decision, "reason": "Registret ligger efter.", "items": items}})
		var document struct{ Items []outcome }
		if got.status == http.StatusOK {
			must(t, json.Unmarshal(got.body, &document))
		}
		return got, document.Items
	}
	words := func(list []outcome) string {
		var all []string
		for _, o := range list {
			all = append(all, o.Outcome)
		}
		return strings.Join(all, " ")
	}
	plain := w.waits(kindergarten, "staff_role_longer", "Leonorina", "", false)
	double := w.waits(kindergarten, "protection_lowered", "Dagfinnor", "", true)
	mine := w.waits(kindergarten, "staff_role_longer", "Heddavina", "", false)
	taken := w.waits(kindergarten, "identity_taken", "Bodvaris", "", false)
	far := w.waits(school, "guardianship_returns", "Hildegunnar", "Hjalmarine", false)
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", w.person("Dagfinnor"))

	got, list := decide(is[head].token, "", "refuse", `"7"`, plain)
	if words(list) != "version_outdated" {
		t.Errorf("what was not reviewed as it is: %s", got.body)
	}
	key := newID().String()
	got, list = decide(is[head].token, key, "accept", `"1"`, plain, double, mine, taken, far, newID(), plain)
	if words(list) != "accepted proposed held_change_not_yours held_change_not_acceptable not_found not_found version_outdated" {
		t.Errorf("the batch of the head: %d %s", got.status, got.body)
	}
	if again, _ := decide(is[head].token, key, "accept", `"1"`, plain, double, mine, taken, far, newID(), plain); again.code != "idempotency_key_reused" {
		t.Errorf("the key with another batch: %d %s", again.status, again.body)
	}
	if level := one[string](w, "select protected_identity from app.persons where id = $1", w.person("Dagfinnor")); level != "strict" {
		t.Errorf("one person lowered a protection to %s", level)
	}
	if _, list = decide(is[head].token, "", "accept", `"2"`, double); words(list) != "held_change_needs_another_person" {
		t.Errorf("the same person twice: %s", words(list))
	}
	key = newID().String()
	first, list := decide(is[owner].token, key, "accept", `"2"`, double, plain)
	if words(list) != "accepted held_change_decided" {
		t.Errorf("the batch of the owner: %s", first.body)
	}
	if second, _ := decide(is[owner].token, key, "accept", `"2"`, double, plain); string(second.body) != string(first.body) || !second.replayed() {
		t.Errorf("the same again: %d %s", second.status, second.body)
	}
	if level := one[string](w, "select protected_identity from app.persons where id = $1", w.person("Dagfinnor")); level != "none" {
		t.Errorf("two people did not lower the protection: %s", level)
	}
	if state := one[string](w, "select state from app.held_changes where id = $1", far); state != "waiting" {
		t.Errorf("the change of another institution is %s", state)
	}

	// Without a reason nothing is decided, whoever asks for others' changes finds nothing, and the batch is bounded.
	one := w.waits(kindergarten, "guardianship_returns", "Evelindis", "Alfhildis", false)
	body := func(reason string, n int) map[string]any {
		items := make([]any, n)
		for i := range items {
			items[i] = map[string]any{"heldChangeId": one, "etag": `"1"`}
		}
		return map[string]any{"decision": "refuse", "reason": reason, "items": items}
	}
	w.office(http.MethodPost, kindergarten, "/held-changes/decisions", is[head].token, body(" \u200b", 1)).want(t, http.StatusUnprocessableEntity, "reason_missing")
	w.office(http.MethodPost, kindergarten, "/held-changes/decisions", is[head].token, body("Ja.", 0)).want(t, http.StatusBadRequest, "request_invalid")
	w.office(http.MethodPost, kindergarten, "/held-changes/decisions", is[head].token, body("Ja.", 201)).want(t, http.StatusBadRequest, "request_invalid")
	w.office(http.MethodPost, school, "/held-changes/decisions", is[head].token, body("Ja.", 1)).want(t, http.StatusNotFound, "not_found")
	w.office(http.MethodPost, kindergarten, "/held-changes/decisions", is[leader].token, body("Ja.", 1)).want(t, http.StatusNotFound, "not_found")
	if _, list = decide(is[head].token, "", "refuse", `"1"`, one); words(list) != "refused" {
		t.Errorf("after all that: %s", words(list))
	}
}

// Two heads who decide the same batch at once, in other orders, get one decision for each change and no error (B8).
func TestABatchIsDecidedOnceByTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	var changes, reversed []any
	for range 20 {
		item := map[string]any{"heldChangeId": w.waits(kindergarten, "guardianship_returns", "Evelindis", "Alfhildis", false), "etag": `"1"`}
		changes, reversed = append(changes, item), append([]any{item}, reversed...)
	}
	var all sync.WaitGroup
	answers := make([]reply, 4)
	for i := range answers {
		token, items := is[head].token, changes
		if i%2 == 1 {
			token, items = is[owner].token, reversed
		}
		all.Go(func() {
			answers[i] = w.office(http.MethodPost, kindergarten, "/held-changes/decisions", token,
				map[string]any{"decision": "refuse", "reason": "Registret ligger efter.", "items": items})
		})
	}
	all.Wait()
	refused := 0
	for _, got := range answers {
		refused += strings.Count(string(got.want(t, http.StatusOK, "").body), `"refused"`)
	}
	if refused != 20 {
		t.Errorf("%d changes were refused by four at once, want 20", refused)
	}
}
