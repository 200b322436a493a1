package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

// V10: the access of a guardian that the head suspended is found to be suspended: it is decided by hand, stays shut when it is kept (V6), and the report says
// what it is, since when it was open, and who completed it, by name and in the time of the place.
func TestSuspendedGuardianIsFoundInTheReview(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	cecilia := w.guardianship("Ceciliana", "Caspianus")
	for _, status := range []string{"inactive", "active", "suspended"} {
		w.decide(w.boss("Heddavina"), "Ceciliana", "Caspianus", status)
		w.Clock.Advance(time.Minute)
	}
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select municipality_id, gen_random_uuid(), id, 'email', 'smtp', 'found@example.com', 'sv', 'active', now(), now(), now() from app.persons where given_name = 'Ceciliana'`)
	id := w.openMonth(t)
	boss, row := w.boss("Heddavina"), w.rowOf(t, w.boss("Heddavina"), id, "Ceciliana")
	if found := one[[]string](w, "select findings from app.review_rows where id = $1", row); !slices.Contains(found, "suspended") {
		t.Errorf("found %v", found)
	}
	if !one[bool](w, `select r.granted_at = (select max(d.decided_at) from app.guardianship_decisions d where d.guardianship_id = $2 and d.status = 'active')
		from app.review_rows r where r.id = $1`, row, cecilia) {
		t.Error("it stands there since the suspension, not since it was opened")
	}
	w.do(call{method: http.MethodPost, path: "/v1/office/reviews/" + id.String() + "/keeps", token: boss}).want(t, http.StatusOK, "")
	if !one[bool](w, "select decision is null from app.review_rows where id = $1", row) {
		t.Error("it was kept in bulk")
	}
	shut := func(when string) {
		t.Helper()
		if one[string](w, "select status from app.guardianship_access where guardianship_id = $1", cecilia) != "suspended" {
			t.Errorf("%s it is open", when)
		}
	}
	w.decideRow(t, boss, id, row, "keep", "", "").want(t, http.StatusOK, "")
	shut("kept,")
	again := w.decideRow(t, boss, id, row, "keep", "", "").want(t, http.StatusConflict, "review_row_decided")
	if !contains(again, "You have decided this row already") {
		t.Errorf("one's own decision is told as somebody else's: %s", again.body)
	}
	left := w.complete(id, boss).want(t, http.StatusConflict, "review_undecided")
	if !contains(left, "not decided yet") || !contains(left, "about yourself") {
		t.Errorf("what is left is not told: %s", left.body)
	}
	for _, other := range w.reviewRows(t, boss, id, "?show=undecided&limit=100") {
		by := boss
		if other.PersonID == w.person("Heddavina") {
			by = w.boss("Oddvarina")
		}
		w.decideRow(t, by, id, other.ID, "keep", "", "").want(t, http.StatusOK, "")
	}
	w.complete(id, boss).want(t, http.StatusOK, "")
	shut("completed,")
	var report struct{ Report, Text, Page string }
	must(t, json.Unmarshal(w.do(call{path: "/v1/office/reviews/" + id.String() + "/report", token: boss}).want(t, http.StatusOK, "").body, &report))
	var said struct {
		CompletedByName, CompletedAt string
		Rows                         []struct {
			Grant    string
			Findings []string
		}
	}
	must(t, json.Unmarshal([]byte(report.Report), &said))
	for _, r := range said.Rows {
		if r.Grant == cecilia.String() && !slices.Contains(r.Findings, "suspended") {
			t.Errorf("the report says %v", r)
		}
	}
	if !strings.HasPrefix(said.CompletedByName, "Heddavina ") || !strings.Contains(report.Page, " av "+said.CompletedByName) || strings.HasSuffix(said.CompletedAt, "Z") {
		t.Errorf("completed by %q at %s", said.CompletedByName, said.CompletedAt)
	}
}

// V10: a head is not reminded before the review opens.
func TestReviewRuleRemindsWithinTheReview(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	rule := func(due, remind int) reply {
		t.Helper()
		now := w.do(call{path: "/v1/office/review-rule", token: is[topOwner].token}).want(t, http.StatusOK, "")
		return w.do(call{method: http.MethodPut, path: "/v1/office/review-rule", token: is[topOwner].token, ifMatch: now.header.Get("ETag"),
			body: map[string]any{"dueDays": due, "remindDays": remind, "quietDays": 60, "suspendAfterDays": 0}})
	}
	if got := rule(3, 14).want(t, http.StatusBadRequest, "request_invalid"); !contains(got, "/remindDays") {
		t.Errorf("what is wrong is not told: %s", got.body)
	}
	rule(3, 3).want(t, http.StatusOK, "")
}

// H7, V6: nobody is let in by a letter whose access the head has suspended; who only has to prove anew who they are is.
func TestSuspendedGuardianGetsNoLetter(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	cecilia := w.guardianship("Ceciliana", "Caspianus")
	waiting := w.do(w.assist(w.session("Emelinda", scope.Staff, 0), kindergarten, cecilia, "sent@example.com")).want(t, http.StatusCreated, "")
	w.decide(w.boss("Heddavina"), "Ceciliana", "Caspianus", "suspended")
	w.do(w.second(w.boss("Heddavina"), kindergarten, waiting.id(t), "confirmed")).want(t, http.StatusConflict, "assisted_not_possible")
	w.do(w.assist(w.session("Emelinda", scope.Staff, 0), kindergarten, cecilia, "sent@example.com")).want(t, http.StatusConflict, "assisted_not_possible")
	w.exec("update app.guardianship_decisions set rule = 'proof_overdue', decided_by = null where guardianship_id = $1 and status = 'suspended'", cecilia)
	w.do(w.assist(w.session("Emelinda", scope.Staff, 0), kindergarten, cecilia, "sent@example.com")).want(t, http.StatusCreated, "")
}
