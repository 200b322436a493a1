package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

const days = 24 * time.Hour

// suspendUnconfirmed lets the review become overdue in a municipality that suspends five days later what nobody confirmed.
func (w *town) suspendUnconfirmed(t *testing.T) {
	t.Helper()
	w.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now())`, w.here, w.person("Kommunalia"))
	w.Clock.Advance(20 * days)
	w.keepCalendar(t)
}

// V10, V6: whoever keeps what the calendar suspended opens it again, with the end that it had, in their own name; in bulk nothing is opened; what
// needs a change stays suspended; what somebody decided since stands.
func TestKeepingWhatWasSuspendedOpensIt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	until := w.Clock.Now().Add(90 * days).Truncate(time.Second)
	w.exec("update app.guardianship_access set until = $2 where guardianship_id = $1", w.guardianship("Ceciliana", "Caspianus"), until)
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select municipality_id, gen_random_uuid(), id, 'email', 'smtp', id || '@example.com', 'sv', 'active', now(), now(), now() from app.persons where given_name = 'Annelore'`)
	id := w.openMonth(t)
	w.exec("update app.review_rows set findings = '{}' where review_id = $1", id)
	w.suspendUnconfirmed(t)
	boss, owns := w.boss("Heddavina"), w.boss("Oddvarina")
	has := func(given string) bool {
		return one[bool](w, `select exists (select from app.guardian_access where guardian_id = $1) or exists (select from app.staff_access where person_id = $1)`, w.person(given))
	}
	outcome := func(given string) string {
		return one[string](w, "select coalesce(max(outcome), '') from app.review_rows where review_id = $1 and person_id = $2", id, w.person(given))
	}
	for _, given := range []string{"Ceciliana", "Bodvaris", "Emelinda", "Leonorina"} {
		if has(given) || outcome(given) != "suspended" {
			t.Fatalf("%s was not suspended: %q", given, outcome(given))
		}
	}
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: owns}).want(t, http.StatusOK, "")
	for _, given := range []string{"Ceciliana", "Bodvaris", "Emelinda", "Leonorina"} {
		if has(given) || outcome(given) != "suspended" {
			t.Errorf("%s was opened in bulk: %q", given, outcome(given))
		}
	}
	keep := func(given, was string) reply {
		t.Helper()
		return w.decideRow(t, boss, id, w.rowOf(t, boss, id, given), "keep", was, "")
	}
	replies := w.atOnce(t, 2, func(int) call {
		return call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/decisions", token: boss, body: map[string]any{"decisions": []any{
			map[string]any{"rowId": w.rowOf(t, boss, id, "Ceciliana"), "decision": "keep"}}}}
	})
	if statuses := []int{replies[0].status, replies[1].status}; !slices.Contains(statuses, http.StatusOK) || !slices.Contains(statuses, http.StatusConflict) {
		t.Errorf("kept by two at once: %v", statuses)
	}
	keep("Emelinda", "").want(t, http.StatusOK, "")
	for _, given := range []string{"Ceciliana", "Emelinda"} {
		if !has(given) || outcome(given) != "done" {
			t.Errorf("%s was kept and has no access: %q", given, outcome(given))
		}
	}
	if got := one[time.Time](w, "select until from app.guardianship_access where guardianship_id = $1", w.guardianship("Ceciliana", "Caspianus")); !got.Equal(until) {
		t.Errorf("opened again until %s, it was until %s", got, until)
	}
	if n := one[int](w, "select count(*) from app.guardianship_decisions where guardianship_id = $1 and status = 'active' and decided_by = $2 and decided_at > now() - interval '1 hour'",
		w.guardianship("Ceciliana", "Caspianus"), w.person("Heddavina")); n == 0 {
		t.Error("nobody decided that it is open again")
	}
	w.doIn(t, call{path: "/v1/guardian/children", token: w.session("Ceciliana", scope.Guardian, 0)}).want(t, http.StatusOK, "")

	w.decideRow(t, boss, id, w.rowOf(t, boss, id, "Leonorina"), "change", "", "Annan grupp.").want(t, http.StatusOK, "")
	if has("Leonorina") || outcome("Leonorina") != "suspended" {
		t.Errorf("who needs a change was opened: %q", outcome("Leonorina"))
	}
	keep("Leonorina", "change").want(t, http.StatusOK, "")
	if !has("Leonorina") {
		t.Error("the change was seen to, and the access is not open")
	}
	// Somebody takes the access away outside the review, as a decision of their own: to keep the row is not to undo that.
	path := "/v1/office/guardianships/" + w.guardianship("Bodvaris", "Alfhildis").String()
	w.exec("update app.guardianship_decisions set decided_at = decided_at - interval '1 second' where guardianship_id = $1 and status = 'suspended'", w.guardianship("Bodvaris", "Alfhildis"))
	w.exec(`insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
		values ($1, $2, $3, $4, 'suspended', 'Tvist.', $5, $6)`, w.here, newID(), w.guardianship("Bodvaris", "Alfhildis"), w.institution(kindergarten), w.person("Oddvarina"), w.Clock.Now().Add(time.Second))
	keep("Bodvaris", "").want(t, http.StatusOK, "")
	if has("Bodvaris") {
		t.Errorf("%s was suspended by a person and opened by a review", path)
	}
}

// V10: a finding that comes up after the rows were listed keeps its row out of what is kept in bulk, and is shown; what nothing was found about is kept.
func TestLateFindingIsNotKeptInBulk(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.reachableAll()
	id := w.openMonth(t)
	boss := is[head].token
	clear := map[string]bool{}
	for _, r := range w.reviewRows(t, boss, id, "?show=undecided&limit=100") {
		clear[r.PersonName] = len(r.Findings) == 0
	}
	if !clear["Annelore "+surname("Annelore")] || !clear["Emelinda "+surname("Emelinda")] {
		t.Fatalf("without findings: %v", clear)
	}
	w.exec("update app.register_records set missing_since = now() where row_id = $1", w.guardianship("Annelore", "Alfhildis"))
	before := w.fingerprint()
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: is[rektor].token}).want(t, http.StatusNotFound, "not_found")
	w.unchanged(t, before, "by somebody else's head")
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: boss}).want(t, http.StatusOK, "")
	for _, r := range w.reviewRows(t, boss, id, "?limit=100") {
		switch r.PersonID {
		case w.person("Annelore"):
			if r.Decision != "" || !slices.Contains(r.Findings, "register_disagrees") {
				t.Errorf("with a late finding: %+v", r)
			}
		case w.person("Emelinda"):
			if r.Decision != "keep" {
				t.Errorf("without findings: %+v", r)
			}
		}
	}
	// What was found stays found, and no row is found twice.
	w.exec("update app.register_records set missing_since = null where row_id = $1", w.guardianship("Annelore", "Alfhildis"))
	w.doIn(t, call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: boss}).want(t, http.StatusOK, "")
	if got := one[[]string](w, "select findings from app.review_rows where review_id = $1 and person_id = $2", id, w.person("Annelore")); !slices.Equal(got, []string{"register_disagrees"}) {
		t.Errorf("found about her: %v", got)
	}
}

// reachableAll gives everybody an address that is confirmed.
func (w *town) reachableAll() {
	w.tb.Helper()
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select municipality_id, gen_random_uuid(), id, 'email', 'smtp', id || '@example.com', 'sv', 'active', now(), now(), now() from app.persons`)
}

// V10: an institution that has closed is reminded of nothing, stands in nobody's list, and suspends nobody.
func TestClosedInstitutionHasNothingToReview(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	id := w.openMonth(t)
	told := one[int](w, "select count(*) from notify.events where subject_id = $1", id)
	w.exec("update app.institutions set closed_at = now() where id = $1", w.institution(kindergarten))
	w.exec("update app.staff_roles set briefed_at = null where role = 'head'")
	w.suspendUnconfirmed(t)
	w.Clock.Advance(8 * days)
	w.keepCalendar(t)
	if n := one[int](w, "select count(*) from notify.events where subject_id = $1", id); n != told {
		t.Errorf("%d notices of a review of a closed institution, after %d while it was open", n, told)
	}
	if n := one[int](w, "select count(*) from app.review_rows where review_id = $1 and outcome is not null", id); n != 0 {
		t.Errorf("%d of its rows were suspended", n)
	}
	var list struct{ Items []reviewed }
	must(t, json.Unmarshal(w.do(call{path: "/v1/office/overdue-reviews?limit=100", token: w.boss("Kommunalia")}).want(t, http.StatusOK, "").body, &list))
	if len(list.Items) == 0 || slices.ContainsFunc(list.Items, func(r reviewed) bool { return r.ID == id }) {
		t.Errorf("overdue: %+v", list.Items)
	}
}

// V2, V9: an owner has one list of all revisions that are overdue, wherever, page by page; a head sees their own, whoever answers for nothing is
// told of nothing, and what is completed or of a closed institution is not there.
func TestOverdueRevisionsInOneList(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	_, month := w.openRevisions(t)
	type overdue struct {
		InstitutionID, InstitutionName, Month, DueOn string
		Points, Confirmed                            int
	}
	list := func(given string) (names []string) {
		t.Helper()
		token, next := w.boss(given), ""
		for {
			var page struct {
				Items []overdue
				Next  string
			}
			must(t, json.Unmarshal(w.do(call{path: "/v1/office/overdue-revisions?limit=1" + next, token: token}).want(t, http.StatusOK, "").body, &page))
			for _, r := range page.Items {
				if r.Month != month || r.Points != 6 || r.InstitutionName == "" || r.DueOn == "" {
					t.Errorf("%s sees %+v", given, r)
				}
				names = append(names, r.InstitutionID)
			}
			if page.Next == "" {
				slices.Sort(names)
				return names
			}
			next = "&cursor=" + page.Next
		}
	}
	if got := list("Kommunalia"); len(got) != 0 {
		t.Errorf("overdue on the first day: %v", got)
	}
	w.Clock.Advance(32 * days)
	both := []string{w.institution(kindergarten).String(), w.institution(school).String()}
	slices.Sort(both)
	if got := list("Kommunalia"); !slices.Equal(got, both) {
		t.Errorf("the owner of everything sees %v, want %v", got, both)
	}
	for given, place := range map[string]string{"Heddavina": kindergarten, "Oddvarina": kindergarten, "Rektorina": school, "Utrikine": abroad} {
		if got := list(given); !slices.Equal(got, []string{w.institution(place).String()}) {
			t.Errorf("%s sees %v", given, got)
		}
	}
	w.do(call{path: "/v1/office/overdue-revisions", token: w.boss("Emelinda")}).want(t, http.StatusNotFound, "not_found")
	w.exec("update app.institutions set closed_at = now() where id = $1", w.institution(school))
	w.exec("update app.revisions set completed_at = now(), completed_by = $2 where institution_id = $1", w.institution(kindergarten), w.person("Heddavina"))
	if got := list("Kommunalia"); len(got) != 0 {
		t.Errorf("closed or completed, and overdue: %v", got)
	}
}

// V2, V10: who owns all that the municipality runs is in the review of each municipal institution, where somebody else confirms it; it is ended
// where it is kept.
func TestOwnerOfEverythingIsReviewed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	boss := is[head].token
	row := w.rowOf(t, boss, id, "Kommunalia")
	w.decideRow(t, is[topOwner].token, id, row, "keep", "", "").want(t, http.StatusConflict, "review_row_not_yours")
	w.decideRow(t, is[owner].token, id, row, "remove", "", "").want(t, http.StatusConflict, "review_row_kind_elsewhere")
	w.decideRow(t, boss, id, row, "keep", "", "").want(t, http.StatusOK, "")
	w.exec("update app.institutions set ownership = 'self_governing' where id = $1", w.institution(school))
	if n := one[int](w, "select count(*) from app.review_grants($1, $2, now(), 60) where role = 'owner'", w.here, w.institution(school)); n != 0 {
		t.Error("the municipality's owner is a grant at a self-governing institution")
	}
}
