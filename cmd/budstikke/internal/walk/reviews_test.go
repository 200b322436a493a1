package walk_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
)

// reviewed is a review as the head's browser sees it.
type reviewed struct {
	ID                            uuid.UUID
	Month, State, DueOn, Etag     string
	Overdue                       bool
	Rows, WithFindings, Undecided int
}

type reviewRow struct {
	ID, PersonID                                   uuid.UUID
	Kind, PersonName, ChildName, Decision, Outcome string
	Findings                                       []string
	Over                                           bool
	SponsorID                                      uuid.UUID
	SponsorName                                    string
	NamedChildren                                  int
}

func (w *town) review(tb testing.TB, token string, id uuid.UUID) (r reviewed) {
	tb.Helper()
	must(tb, json.Unmarshal(w.doIn(tb, call{path: "/v1/office/reviews/" + id.String(), token: token}).want(tb, http.StatusOK, "").body, &r))
	return r
}

func (w *town) reviewRows(tb testing.TB, token string, id uuid.UUID, query string) []reviewRow {
	tb.Helper()
	var page struct{ Items []reviewRow }
	must(tb, json.Unmarshal(w.doIn(tb, call{path: "/v1/office/reviews/" + id.String() + "/rows" + query, token: token}).want(tb, http.StatusOK, "").body, &page))
	return page.Items
}

func (w *town) decideRow(tb testing.TB, token string, review, row uuid.UUID, decision, was, note string) reply {
	tb.Helper()
	d := map[string]any{"rowId": row, "decision": decision, "note": note}
	if was != "" {
		d["was"] = was
	}
	return w.doIn(tb, call{method: http.MethodPost, path: "/v1/office/reviews/" + review.String() + "/decisions", token: token,
		body: map[string]any{"decisions": []any{d}}})
}

func (w *town) complete(review uuid.UUID, token string) reply {
	w.tb.Helper()
	return w.do(call{method: http.MethodPost, path: "/v1/office/reviews/" + review.String() + "/completion", token: token,
		ifMatch: w.review(w.tb, token, review).Etag})
}

// openMonth lets the town be older than the month and opens the reviews of it.
func (w *town) openMonth(tb testing.TB) uuid.UUID {
	tb.Helper()
	w.exec("update app.institutions set created_at = created_at - interval '2 months'")
	must(tb, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
	return one[uuid.UUID](w, "select id from app.reviews where institution_id = $1", w.institution(kindergarten))
}

// V10: the month's review opens by itself, once, with a row for every grant and what was found about it; a protected identity keeps its name.
func TestReviewOpensOnceWithItsFindings(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
	if n := one[int](w, "select count(*) from app.reviews"); n != 0 {
		t.Errorf("%d reviews of a month that began before the town did", n)
	}
	w.decide(is[head].token, "Petronellix", "Pernillus", "active")
	id := w.openMonth(t)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() { must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx))) })
	}
	all.Wait()
	if n := one[int](w, "select count(*) from app.reviews"); n != 3 {
		t.Errorf("%d reviews of three institutions", n)
	}
	if n := one[int](w, "select count(distinct r.xmin::text) from app.reviews r"); n != 3 {
		t.Errorf("three reviews were opened in %d transactions: a large municipality's would take longer than a statement may", n)
	}
	grants := one[int](w, `select (select count(*) from app.guardianships g join app.enrolments e using (municipality_id, child_id) where g.status = 'active' and e.institution_id = $1)
		+ (select count(*) from app.staff_roles where (institution_id = $1 or municipality_id = $2 and institution_id is null and role = 'owner') and (ended_at is null or ended_at > now()))
		+ (select count(*) from app.groups where institution_id = $1)`, w.institution(kindergarten), w.here)
	r := w.review(t, is[head].token, id)
	if r.Rows != grants || r.Undecided != grants || r.State != "open" || r.Overdue || r.Month != w.Clock.Now().Format("2006-01") {
		t.Errorf("opened as %+v, want %d grants", r, grants)
	}
	found := map[string][]string{}
	for _, row := range w.reviewRows(t, is[head].token, id, "?limit=100") {
		found[row.PersonName] = row.Findings
		if row.PersonID == w.person("Petronellix") && (!strings.HasPrefix(row.ChildName, "Person ") || !slices.Contains(row.Findings, "never_signed_in") ||
			!slices.Contains(row.Findings, "single_guardian_unclarified")) {
			t.Errorf("the guardian of a protected child: %+v", row)
		}
	}
	for name, want := range map[string]string{"Ceciliana": "no_contact_point", "Heddavina": ""} {
		has := ""
		for full, findings := range found {
			if strings.HasPrefix(full, name) {
				has = strings.Join(findings, " ")
			}
		}
		if want != "" && !strings.Contains(has, want) || strings.Contains(has, "never_signed_in") {
			t.Errorf("%s: found %q, want %q", name, has, want)
		}
	}
}

// V15: what is removed in a review ends at once, as everywhere.
func TestWhatAReviewRemovesEndsAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	boss := is[head].token
	row := func(given string) reviewRow {
		t.Helper()
		person := w.person(given)
		for _, r := range w.reviewRows(t, boss, id, "?limit=100") {
			if r.PersonID == person {
				return r
			}
		}
		t.Fatalf("%s has no row", given)
		return reviewRow{}
	}
	w.do(call{path: "/v1/guardian/children", token: is[wrong].token}).want(t, http.StatusOK, "")
	w.decideRow(t, boss, id, row("Ceciliana").ID, "remove", "", "").want(t, http.StatusOK, "")
	if got := w.do(call{path: "/v1/guardian/children", token: is[wrong].token}); got.status != http.StatusUnauthorized {
		t.Errorf("after the removal the guardian is answered %d", got.status)
	}
	w.do(call{path: "/v1/staff/institutions", token: is[employee].token}).want(t, http.StatusOK, "")
	w.decideRow(t, boss, id, row("Emelinda").ID, "remove", "", "Slutat.").want(t, http.StatusOK, "")
	if got := w.do(call{path: "/v1/staff/institutions", token: is[employee].token}); got.status != http.StatusUnauthorized {
		t.Errorf("after the removal the employee is answered %d", got.status)
	}
	w.decideRow(t, boss, id, row("Heddavina").ID, "remove", "", "").want(t, http.StatusConflict, "review_row_not_yours")
	w.decideRow(t, boss, id, row("Oddvarina").ID, "remove", "", "").want(t, http.StatusConflict, "review_row_not_yours")
	w.decideRow(t, is[topOwner].token, id, row("Oddvarina").ID, "remove", "", "").want(t, http.StatusOK, "")
	w.decideRow(t, boss, id, row("Leonorina").ID, "change", "", " ").want(t, http.StatusUnprocessableEntity, "review_note_missing")
	w.decideRow(t, boss, id, row("Ceciliana").ID, "keep", "remove", "").want(t, http.StatusConflict, "review_row_decided")
	w.decideRow(t, boss, id, newID(), "keep", "", "").want(t, http.StatusNotFound, "not_found")
	w.decideRow(t, is[rektor].token, id, row("Leonorina").ID, "keep", "", "").want(t, http.StatusNotFound, "not_found")

	w.decide(boss, "Annelore", "Alfhildis", "inactive") // somewhere else, meanwhile
	if r := row("Annelore"); !r.Over {
		t.Errorf("a grant that ended meanwhile: %+v", r)
	}
	w.decideRow(t, boss, id, row("Annelore").ID, "remove", "", "").want(t, http.StatusOK, "")
	if r := row("Annelore"); r.Outcome != "already_ended" {
		t.Errorf("removed after it had ended: %+v", r)
	}
}

// Two heads who decide the same row at once: one decides, the other is told to look again.
func TestTwoHeadsDecideARowOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	for _, row := range w.reviewRows(t, is[head].token, id, "?limit=3") {
		replies := make([]reply, 2)
		var both sync.WaitGroup
		for i, decision := range []string{"keep", "change"} {
			both.Go(func() {
				replies[i] = w.decideRow(t, is[[]who{head, owner}[i]].token, id, row.ID, decision, "", "Byter grupp.")
			})
		}
		both.Wait()
		statuses := []int{replies[0].status, replies[1].status}
		slices.Sort(statuses)
		if !slices.Equal(statuses, []int{http.StatusOK, http.StatusConflict}) {
			t.Errorf("two at once: %v", statuses)
		}
	}
}

// V10: a review is completed once, when every row is decided; its report is the same bytes for ever and shows any change.
func TestReportOfACompletedReview(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	boss, path := is[head].token, "/v1/office/reviews/"+id.String()
	w.do(call{path: path + "/report", token: boss}).want(t, http.StatusNotFound, "not_found")
	w.complete(id, boss).want(t, http.StatusConflict, "review_undecided")
	w.do(call{method: http.MethodPost, path: path + "/keeps", token: boss}).want(t, http.StatusOK, "")
	for _, row := range w.reviewRows(t, boss, id, "?show=undecided&limit=100") {
		if row.PersonID == w.person("Heddavina") { // nobody confirms their own
			w.decideRow(t, is[owner].token, id, row.ID, "keep", "", "").want(t, http.StatusOK, "")
			continue
		}
		if len(row.Findings) == 0 {
			t.Errorf("kept in bulk, and yet undecided: %+v", row)
		}
		w.decideRow(t, boss, id, row.ID, "keep", "", "").want(t, http.StatusOK, "")
	}
	w.do(call{method: http.MethodPost, path: path + "/completion", token: boss, ifMatch: `"1"`}).want(t, http.StatusPreconditionFailed, "version_outdated")
	w.complete(id, boss).want(t, http.StatusOK, "")
	w.complete(id, is[owner].token).want(t, http.StatusConflict, "review_completed")
	w.do(call{method: http.MethodPost, path: path + "/keeps", token: boss}).want(t, http.StatusConflict, "review_completed")

	first := w.do(call{path: path + "/report", token: boss}).want(t, http.StatusOK, "")
	w.Clock.Advance(time.Hour)
	w.exec("update app.persons set family_name = 'Ändrad'")
	if again := w.do(call{path: path + "/report", token: w.session("Oddvarina", is[owner].kind, 0)}); again.wire() != first.wire() {
		t.Error("the report differs when it is fetched again")
	}
	var got struct{ Report, Signature, PublicKey, Text, Page string }
	must(t, json.Unmarshal(first.body, &got))
	signature, err := base64.StdEncoding.DecodeString(got.Signature)
	must(t, err)
	reports, err := w.base.ReportSigner()
	must(t, err)
	signed := app.SignedReport{Report: got.Report, Signature: signature}
	must(t, signed.Verify(reports.PublicKey()))
	kept, err := app.ReadReportPage([]byte(got.Page))
	must(t, err)
	must(t, kept.Verify(reports.PublicKey()))
	signed.Report = strings.Replace(signed.Report, "keep", "Keep", 1)
	if err := signed.Verify(reports.PublicKey()); err == nil {
		t.Error("a changed report verifies")
	}
	for _, sql := range []string{"update app.reviews set report = '{}' where id = $1", "update app.review_rows set note = 'x' where review_id = $1"} {
		if _, err := w.Admin.Exec(w.ctx, sql, id); err == nil {
			t.Errorf("a completed review was changed by %s", sql)
		}
	}
}

// V10: the head is told when a review opens and before it is due, once each; when it is overdue the owner is told as well, every week.
func TestOverdueReviewReachesTheOwner(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	told := func(kind, given string) int {
		t.Helper()
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = $1 and e.subject_id = $2 and d.person_id = $3 and d.channel = 'in_app'`, kind, id, w.person(given))
	}
	check := func(when string, due, overdue, owners int) {
		t.Helper()
		for range 2 {
			must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
		}
		got := []int{told("review_due", "Heddavina"), told("review_overdue", "Heddavina"), told("review_overdue", "Oddvarina"), told("review_due", "Oddvarina")}
		if !slices.Equal(got, []int{due, overdue, owners, 0}) || told("review_overdue", "Rektorina")+told("review_due", "Leonorina") != 0 {
			t.Errorf("%s: told the head %d and %d times, the owner %d and %d", when, got[0], got[1], got[2], got[3])
		}
	}
	overdue := func() (list struct{ Items []reviewed }) {
		t.Helper()
		must(t, json.Unmarshal(w.do(call{path: "/v1/office/overdue-reviews", token: w.session("Oddvarina", is[owner].kind, 0)}).want(t, http.StatusOK, "").body, &list))
		return list
	}
	check("opened", 1, 0, 0)
	if list := overdue(); len(list.Items) != 0 {
		t.Errorf("overdue on its first day: %+v", list)
	}
	day := 24 * time.Hour
	w.Clock.Advance(10 * day)
	check("ten days later", 1, 0, 0)
	w.Clock.Advance(2 * day)
	check("two days before", 2, 0, 0)
	w.Clock.Advance(3 * day)
	check("the day after", 2, 1, 1)
	if list := overdue(); len(list.Items) != 1 || list.Items[0].ID != id || !list.Items[0].Overdue {
		t.Errorf("overdue, as the owner sees it: %+v", list)
	}
	w.Clock.Advance(8 * day)
	check("a week later", 2, 2, 2)
}

// V10: nothing is suspended unless the municipality wants it; then what nobody confirmed in time is, at once (V15), and no head is.
func TestUnconfirmedAccessIsSuspendedWhereItIsWanted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	id := w.openMonth(t)
	for _, row := range w.reviewRows(t, is[head].token, id, "?limit=100") {
		if row.PersonID == w.person("Annelore") || row.PersonID == w.person("Leonorina") {
			w.decideRow(t, is[head].token, id, row.ID, "keep", "", "").want(t, http.StatusOK, "")
		}
	}
	access := func() (list []bool) {
		t.Helper()
		for _, given := range []string{"Annelore", "Ceciliana", "Leonorina", "Emelinda", "Heddavina", "Oddvarina", "Hildegunnar"} {
			list = append(list, one[bool](w, `select exists (select from app.guardian_access where guardian_id = $1)
				or exists (select from app.staff_access where person_id = $1)`, w.person(given)))
		}
		return list
	}
	w.Clock.Advance(20 * 24 * time.Hour)
	must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
	if got := access(); slices.Contains(got, false) {
		t.Errorf("suspended without a rule: %v", got)
	}
	w.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now())`, w.here, w.person("Kommunalia"))
	for range 2 {
		must(t, w.api.Postgres.KeepCalendar(scope.ByProgram(w.ctx)))
	}
	if got := access(); !slices.Equal(got, []bool{true, false, true, false, true, true, false}) {
		t.Errorf("after the rule: %v", got)
	}
	if n := one[int](w, "select count(*) from app.guardianship_decisions where status = 'suspended' and guardianship_id = $1 and decided_by = $2",
		w.guardianship("Ceciliana", "Caspianus"), w.person("Kommunalia")); n != 1 {
		t.Errorf("%d decisions about one suspended guardian", n)
	}
}
