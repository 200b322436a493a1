package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// confirmNobody lets the review of this month pass its due day in a municipality that suspends five days later; the next keepCalendar suspends.
func (w *town) confirmNobody() {
	w.tb.Helper()
	w.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now())`, w.here, w.person("Kommunalia"))
	w.Clock.Advance(20 * days)
}

// keepGrant keeps the row of a grant in a review.
func (w *town) keepGrant(t *testing.T, token string, review, grant uuid.UUID) reply {
	t.Helper()
	return w.decideRow(t, token, review, w.grantRow(t, token, review, grant).ID, "keep", w.grantRow(t, token, review, grant).Decision, "")
}

// proved is a tablet after it has renewed its access at this moment.
func (w *town) proved(t *testing.T, tab sharedTablet) sharedTablet {
	t.Helper()
	w.Clock.Advance(time.Second) // a proof of the same moment is a copy
	tab.token = w.renew(t, tab, w.Clock.Now()).want(t, http.StatusCreated, "").text(t, "token")
	return tab
}

func rollCall(tab sharedTablet) call {
	return call{path: "/v1/staff/tablet/roll-call", token: tab.token}
}

// states are the states of the tablets of the kindergarten as the head reads them, and whether a group's shared user rests.
func (w *town) states(t *testing.T, boss string, group uuid.UUID) (tablets map[uuid.UUID]string, rests bool) {
	t.Helper()
	var list struct {
		Items []struct {
			GroupID   uuid.UUID
			Suspended bool
			Tablets   []struct {
				ID    uuid.UUID
				State string
			}
		}
	}
	must(t, json.Unmarshal(w.office(http.MethodGet, kindergarten, "/shared-users", boss, nil).want(t, http.StatusOK, "").body, &list))
	tablets = map[uuid.UUID]string{}
	for _, u := range list.Items {
		for _, tab := range u.Tablets {
			tablets[tab.ID] = tab.State
		}
		rests = rests || u.GroupID == group && u.Suspended
	}
	return tablets, rests
}

// V10, V7, V12: a tablet that nobody confirmed in its review shows nothing and is told what a locked one is told, whoever works on it; the head reads
// which rest; to keep its row opens it, to keep another's does not.
func TestTabletsThatNobodyConfirmedRest(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	first, two := w.tablet(group), w.tablet(group)
	w.setPIN(t, "Emelinda", goodPIN)
	id := w.openMonth(t)
	w.confirmNobody()
	boss := w.boss("Heddavina")
	w.keepGrant(t, boss, id, group).want(t, http.StatusOK, "")
	first, two = w.proved(t, first), w.proved(t, two)
	work := w.unlock(t, first, "Emelinda", goodPIN).want(t, http.StatusCreated, "").text(t, "token")
	roster := call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/children", token: work}
	w.do(roster).want(t, http.StatusOK, "")
	w.do(rollCall(first)).want(t, http.StatusOK, "")
	w.keepGrant(t, boss, id, two.id).want(t, http.StatusOK, "")

	w.keepCalendar(t)
	w.do(rollCall(first)).want(t, http.StatusUnauthorized, "sign_in_required")
	w.do(roster).want(t, http.StatusUnauthorized, "sign_in_required")
	w.Clock.Advance(time.Second)
	unknown := two
	unknown.id = newID()
	if rests, none := w.renew(t, first, w.Clock.Now()), w.renew(t, unknown, w.Clock.Now()); rests.wire() != none.wire() {
		t.Errorf("a tablet that rests is told %s, one that never was %s", rests.body, none.body)
	}
	w.do(rollCall(two)).want(t, http.StatusOK, "")
	if states, rests := w.states(t, boss, group); states[first.id] != "suspended" || states[two.id] == "suspended" || rests {
		t.Errorf("the head reads %v, shared user %t", states, rests)
	}
	if r := w.grantRow(t, boss, id, first.id); r.Outcome != "suspended" || r.Over {
		t.Errorf("its row: %+v", r)
	}
	row := w.grantRow(t, boss, id, first.id).ID
	w.decideRow(t, w.boss("Rektorina"), id, row, "keep", "", "").want(t, http.StatusNotFound, "not_found")
	w.decideRow(t, boss, id, row, "change", "", "Till nya avdelningen.").want(t, http.StatusOK, "")
	if states, _ := w.states(t, boss, group); states[first.id] != "suspended" {
		t.Error("a tablet that needs a change works again")
	}
	w.keepGrant(t, boss, id, first.id).want(t, http.StatusOK, "")
	first = w.proved(t, first)
	w.do(rollCall(first)).want(t, http.StatusOK, "")
	w.keepCalendar(t) // once for each review
	w.do(rollCall(first)).want(t, http.StatusOK, "")
}

// V10, V7: with a shared user that nobody confirmed all its tablets rest, also those that were kept; to keep its row opens it, and so does the head who
// enrols a tablet. What still rests in a month's time is found by the next review and is not kept in bulk.
func TestSharedUserThatNobodyConfirmedRests(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	group := w.groupOf("Alfhildis")
	tab := w.tablet(group)
	id := w.openMonth(t)
	w.confirmNobody()
	boss := w.boss("Heddavina")
	w.keepGrant(t, boss, id, tab.id).want(t, http.StatusOK, "")
	tab = w.proved(t, tab)
	w.do(rollCall(tab)).want(t, http.StatusOK, "")
	w.keepCalendar(t)
	w.do(rollCall(tab)).want(t, http.StatusUnauthorized, "sign_in_required")
	if states, rests := w.states(t, boss, group); states[tab.id] != "suspended" || !rests {
		t.Errorf("the head reads %v, shared user %t", states, rests)
	}
	w.keepGrant(t, boss, id, group).want(t, http.StatusOK, "")
	w.do(rollCall(w.proved(t, tab))).want(t, http.StatusOK, "")

	w.exec("update auth.shared_users set suspended_at = now() where group_id = $1", group)
	w.exec("update auth.tablets set suspended_at = now() where id = $1", tab.id)
	w.Clock.Advance(31 * days)
	w.keepCalendar(t)
	boss = w.boss("Heddavina")
	next := one[uuid.UUID](w, "select id from app.reviews where institution_id = $1 and id <> $2", w.institution(kindergarten), id)
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + next.String() + "/keeps", token: boss}).want(t, http.StatusOK, "")
	for _, grant := range []uuid.UUID{group, tab.id} {
		if r := w.grantRow(t, boss, next, grant); !slices.Contains(r.Findings, "suspended") || r.Decision != "" {
			t.Errorf("what an earlier review suspended: %+v", r)
		}
	}
	w.tablet(group)
	if states, rests := w.states(t, boss, group); rests || states[tab.id] != "suspended" {
		t.Errorf("a tablet was enrolled, and the head reads %v, shared user %t", states, rests)
	}
	w.keepGrant(t, boss, next, tab.id).want(t, http.StatusOK, "")
	if states, _ := w.states(t, boss, group); states[tab.id] == "suspended" {
		t.Error("a later review kept the tablet, and it rests")
	}
}

// V10, B8: a clearance that nobody confirmed opens no name until somebody else than its holder keeps the row; one that a place has kept goes on.
func TestClearancesThatNobodyConfirmedRest(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	child := w.person("Pernillus")
	rests, kept, own := w.clear("Leonorina", child), w.clear("Emelinda", child), w.clear("Heddavina", child)
	id := w.openMonth(t)
	w.confirmNobody()
	boss := w.boss("Heddavina")
	w.keepGrant(t, boss, id, kept).want(t, http.StatusOK, "")
	for _, given := range []string{"Leonorina", "Emelinda", "Heddavina"} {
		w.do(lookAt(child, w.boss(given))).want(t, http.StatusOK, "")
	}
	// Their roles are confirmed: only what is about clearances is left.
	w.exec(`update app.review_rows set decision = 'keep', decided_by = $2, decided_at = now(), outcome = 'done'
		where review_id = $1 and kind = 'staff' and person_id <> $2 and decision is null`, id, w.person("Kommunalia"))
	w.keepCalendar(t)
	w.do(lookAt(child, w.boss("Leonorina"))).want(t, http.StatusNotFound, "not_found")
	w.do(lookAt(child, w.boss("Heddavina"))).want(t, http.StatusNotFound, "not_found")
	w.do(lookAt(child, w.boss("Emelinda"))).want(t, http.StatusOK, "")
	w.keepGrant(t, boss, id, own).want(t, http.StatusConflict, "review_row_not_yours")
	w.keepGrant(t, boss, id, rests).want(t, http.StatusOK, "")
	w.do(lookAt(child, w.boss("Leonorina"))).want(t, http.StatusOK, "")
	w.do(lookAt(child, w.boss("Heddavina"))).want(t, http.StatusNotFound, "not_found")
	w.keepGrant(t, w.boss("Oddvarina"), id, own).want(t, http.StatusOK, "")
	w.do(lookAt(child, w.boss("Heddavina"))).want(t, http.StatusOK, "")
}

// V10, U7, U8: partners from outside and professionals whom nobody confirmed see nothing; they do again when somebody keeps the row.
func TestPeopleFromOutsideThatNobodyConfirmedRest(t *testing.T) {
	t.Parallel()
	w := newTown(t, lasting)
	child := w.person("Alfhildis")
	people := map[string]uuid.UUID{"Utifrån": w.partnership("Utifrån", child), "Fackvera": w.professionalAt(kindergarten, w.person("Heddavina"), child)}
	seen := func(given string) int {
		return one[int](w, "select count(*) from app.partner_access a where a.person_id = $1", w.person(given))
	}
	id := w.openMonth(t)
	w.confirmNobody()
	boss := w.boss("Heddavina")
	w.keepGrant(t, w.boss("Oddvarina"), id, one[uuid.UUID](w, "select id from app.staff_roles where person_id = $1", w.person("Emelinda"))).want(t, http.StatusOK, "") // the sponsor goes on
	for given := range people {
		if seen(given) != 1 {
			t.Fatalf("%s sees nothing before", given)
		}
	}
	w.keepCalendar(t)
	for given, role := range people {
		if r := w.grantRow(t, boss, id, role); r.Outcome != "suspended" || seen(given) != 0 {
			t.Errorf("%s: %+v, sees %d", given, r, seen(given))
		}
		w.keepGrant(t, boss, id, role).want(t, http.StatusOK, "")
		if seen(given) != 1 {
			t.Errorf("%s was kept and sees nothing", given)
		}
	}
}
