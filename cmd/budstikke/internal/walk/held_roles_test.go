package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
)

// longer lets a register want more of a role than it has; the role ends in ten days.
func (w *town) longer(given string) (role, change uuid.UUID) {
	w.tb.Helper()
	role = one[uuid.UUID](w, "select id from app.staff_roles where person_id = $1 and institution_id = $2", w.person(given), w.institution(kindergarten))
	w.exec("update app.staff_roles set ended_at = now() + interval '10 days', register_end = now() + interval '10 days' where id = $1", role)
	change = newID()
	w.exec(`insert into app.held_changes (municipality_id, id, kind, row_id, person_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
		values ($1, $2, 'staff_role_longer', $3, $4, array[$5::uuid], 'lists', 'lists.csv', 'ended', 'open', $6, $6, false)`,
		w.here, change, role, w.person(given), w.institution(kindergarten), w.Clock.Now())
	return role, change
}

func (w *town) decideHeld(token string, change uuid.UUID, etag, decision string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/held-changes/" + change.String() + "/decision",
		token: token, ifMatch: etag, body: map[string]any{"decision": decision, "reason": "Registret."}})
}

// B8, V11: whoever has left meanwhile, or leaves on a day that people set, does not come back by what an import held before.
func TestWhatIsHeldOfWhoHasLeftIsWithdrawn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	role, change := w.longer("Emelinda")
	w.decideHeld(is[head].token, change, `"1"`, "maybe").want(t, http.StatusBadRequest, "request_invalid")
	w.office(http.MethodPost, kindergarten, "/staff-roles/"+role.String()+"/end", is[head].token, map[string]any{}).want(t, http.StatusOK, "")
	for _, etag := range []string{`"1"`, `"2"`} {
		if got := w.decideHeld(is[owner].token, change, etag, "accept"); got.status != http.StatusPreconditionFailed && got.code != "held_change_decided" {
			t.Errorf("accepted for somebody who has left: %d %s", got.status, got.body)
		}
	}
	if n := one[int](w, "select count(*) from app.staff_roles where id = $1 and ended_at <= now()", role); n != 1 {
		t.Error("who has left is back")
	}
	if state := one[string](w, "select state from app.held_changes where id = $1", change); state != "withdrawn" {
		t.Errorf("what waited is %s", state)
	}
}

// V2, V9: that a head stays longer is for the owner to accept, who is told of it; another head may refuse it, and the database agrees.
func TestOwnerAcceptsThatAHeadStays(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	role, change := w.longer("Heddavina")
	w.exec("update app.staff_roles set role = 'head', group_id = null where person_id = $1", w.person("Leonorina"))
	other := w.session("Leonorina", is[head].kind, 0)
	w.keepCalendar(t)
	told := func(given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'held_changes_waiting' and d.channel = 'in_app' and d.person_id = $1`, w.person(given))
	}
	if told("Leonorina") != 0 || told("Heddavina") != 0 || told("Oddvarina") != 1 {
		t.Errorf("told: the other head %d times, herself %d, the owner %d", told("Leonorina"), told("Heddavina"), told("Oddvarina"))
	}
	w.decideHeld(other, change, `"1"`, "accept").want(t, http.StatusConflict, "held_change_not_yours")
	if n := one[int](w, "select count(*) from app.staff_roles where id = $1 and ended_at > now()", role); n != 1 {
		t.Error("another head let her stay")
	}
	w.decideHeld(is[owner].token, change, `"1"`, "accept").want(t, http.StatusOK, "")
	if n := one[int](w, "select count(*) from app.staff_roles where id = $1 and ended_at is null", role); n != 1 {
		t.Error("the owner's acceptance did nothing")
	}
	_, second := w.longer("Heddavina")
	w.decideHeld(other, second, `"1"`, "refuse").want(t, http.StatusOK, "")
}
