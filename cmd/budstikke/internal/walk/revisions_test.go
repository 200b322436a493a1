package walk_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// revised is a revision as the head's browser sees it.
type revised struct {
	Month, DueOn string
	Overdue      bool
	CompletedAt  string
	Points       []struct{ Point, Remark, ConfirmedAt string }
}

func (r reply) revision(tb testing.TB) (v revised) {
	tb.Helper()
	must(tb, json.Unmarshal(r.want(tb, http.StatusOK, "").body, &v))
	return v
}

// beforeRevision moves the clock to an hour before the midnight in Stockholm with which the next January or June begins, and answers the month.
func (w *town) beforeRevision(tb testing.TB) time.Time {
	tb.Helper()
	place, err := time.LoadLocation("Europe/Stockholm")
	must(tb, err)
	now := w.Clock.Now().In(place)
	month := time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, place)
	for month.Month() != time.January && month.Month() != time.June {
		month = month.AddDate(0, 1, 0)
	}
	w.Clock.Set(month.Add(-time.Hour).UTC())
	return month
}

// openRevisions lets the next January or June begin, and answers the kindergarten's revision of it.
func (w *town) openRevisions(tb testing.TB) (id uuid.UUID, month string) {
	tb.Helper()
	begins := w.beforeRevision(tb)
	w.Clock.Set(begins.UTC())
	w.keepCalendar(tb)
	return one[uuid.UUID](w, "select id from app.revisions where institution_id = $1", w.institution(kindergarten)), begins.Format("2006-01")
}

// boss is the head with a session of this moment; advancing the clock by months ends those of before.
func (w *town) boss(given string) string { return w.session(given, scope.Staff, 0) }

// V9: January and June open a revision of every institution, once, at midnight there; heads are told then and before it is due, owners when it is
// overdue and every week; nobody by SMS (V20), and of no month's review by this kind of notice.
func TestRevisionOpensInJanuaryAndJune(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	w.keepCalendar(t)
	begins := w.beforeRevision(t)
	w.keepCalendar(t)
	if n := one[int](w, "select count(*) from app.revisions"); n != 0 {
		t.Errorf("%d revisions an hour before the month", n)
	}
	w.Clock.Set(begins.UTC())
	for range 2 {
		w.keepCalendar(t)
	}
	if n := one[int](w, "select count(*) from app.revisions"); n != one[int](w, "select count(*) from app.institutions where closed_at is null") {
		t.Errorf("%d revisions of the town's institutions", n)
	}
	id := one[uuid.UUID](w, "select id from app.revisions where institution_id = $1", w.institution(kindergarten))
	told := func(kind, given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = $1 and e.subject_id = $2 and d.person_id = $3 and d.channel = 'in_app'`, kind, id, w.person(given))
	}
	check := func(when string, at time.Time, due, overdue int) {
		t.Helper()
		w.Clock.Set(at.UTC())
		for range 2 {
			w.keepCalendar(t)
		}
		got := []int{told("revision_due", "Heddavina"), told("revision_overdue", "Heddavina"), told("revision_overdue", "Oddvarina")}
		if !slices.Equal(got, []int{due, overdue, overdue}) || told("revision_due", "Oddvarina")+told("revision_due", "Leonorina")+told("revision_overdue", "Rektorina") != 0 {
			t.Errorf("%s: told the head %d and %d times and the owner %d, want %d, %d, %d", when, got[0], got[1], got[2], due, overdue, overdue)
		}
	}
	last := begins.AddDate(0, 1, -1)
	if due := w.office(http.MethodGet, kindergarten, "/revisions/"+begins.Format("2006-01"), w.boss("Heddavina"), nil).revision(t); due.DueOn != last.Format(time.DateOnly) || due.Overdue || len(due.Points) != 6 {
		t.Errorf("opened as %+v", due)
	}
	check("opened", begins, 1, 0)
	check("four days before", last.AddDate(0, 0, -4), 1, 0)
	check("three days before", last.AddDate(0, 0, -3), 2, 0)
	check("the last day", last.Add(23*time.Hour), 2, 0)
	check("the day after", last.AddDate(0, 0, 1), 2, 1)
	check("six days later", last.AddDate(0, 0, 7).Add(-time.Hour), 2, 1)
	check("a week later", last.AddDate(0, 0, 8), 2, 2)
	if due := w.office(http.MethodGet, kindergarten, "/revisions/"+begins.Format("2006-01"), w.boss("Oddvarina"), nil).revision(t); !due.Overdue {
		t.Error("the owner does not see that it is overdue")
	}
	w.exec("update app.institutions set closed_at = now() where id = $1", w.institution(kindergarten))
	check("closed", last.AddDate(0, 0, 16), 2, 2)
	if n := one[int](w, "select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id where e.kind like 'revision%' and d.channel = 'sms'"); n != 0 {
		t.Errorf("%d of them by SMS", n)
	}
}

// A day on which no process ran is made up for, and whoever hears only then that it is open is not reminded in the same breath. Who begins as head
// meanwhile hears of it as of a revision.
func TestRevisionThatOpensLate(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	begins := w.beforeRevision(t)
	late := begins.AddDate(0, 1, -2).Add(10 * time.Hour)
	w.Clock.Set(late.UTC())
	told := func(given string) int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'revision_due' and d.person_id = $1 and d.channel = 'in_app'`, w.person(given))
	}
	for range 2 {
		w.keepCalendar(t)
	}
	if n := told("Heddavina"); n != 1 {
		t.Errorf("told %d times of a revision that opened late", n)
	}
	w.exec("update app.staff_roles set role = 'head', group_id = null where person_id = $1", w.person("Leonorina"))
	w.keepCalendar(t)
	w.Clock.Set(late.Add(25 * time.Hour).UTC())
	for range 2 {
		w.keepCalendar(t)
	}
	if n, m := told("Heddavina"), told("Leonorina"); n != 2 || m != 2 {
		t.Errorf("with the reminder, the head was told %d times and the new one %d, want 2 and 2", n, m)
	}
}

// V2, V9: point by point, each by whoever confirms it first; completed when all are, and evidence from then on.
func TestRevisionIsConfirmedPointByPoint(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	id, month := w.openRevisions(t)
	heads := []string{w.boss("Heddavina"), w.boss("Oddvarina")}
	point := func(token, name, remark string) reply {
		t.Helper()
		return w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/points/"+name, token, map[string]any{"remark": remark})
	}
	complete := func(token string) reply {
		t.Helper()
		return w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/completion", token, nil)
	}
	complete(heads[0]).want(t, http.StatusConflict, "revision_unconfirmed")
	names := []string{"roles", "tablets", "external_partners", "texts_and_terms", "training", "restrictions"}
	for _, name := range names {
		path := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/revisions/" + month + "/points/" + name
		answers := w.atOnce(t, 2, func(i int) call {
			return call{method: http.MethodPost, path: path, token: heads[i], body: map[string]any{"remark": "Gått igenom."}}
		})
		statuses := []int{answers[0].status, answers[1].status}
		slices.Sort(statuses)
		if !slices.Equal(statuses, []int{http.StatusOK, http.StatusConflict}) {
			t.Errorf("%s, by two at once: %v", name, statuses)
		}
		point(heads[0], name, "En gång till.").want(t, http.StatusConflict, "revision_point_confirmed")
	}
	if got := w.office(http.MethodGet, kindergarten, "/revisions", heads[0], nil).want(t, http.StatusOK, ""); strings.Count(string(got.body), `"confirmedAt"`) != len(names) {
		t.Errorf("the list shows %s", got.body)
	}
	link := w.wheelLink(t, heads[0], w.institution(kindergarten))
	feed := func() string { return string(w.doIn(t, call{path: link}).want(t, http.StatusOK, "").body) }
	open := feed()
	answers := w.atOnce(t, 2, func(i int) call {
		return call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/revisions/" + month + "/completion", token: heads[i]}
	})
	if one, two := answers[0], answers[1]; one.status+two.status != http.StatusOK+http.StatusConflict || one.code+two.code != "revision_completed" {
		t.Errorf("completed by two at once: %d %s, %d %s", one.status, one.code, two.status, two.code)
	}
	if strings.Count(open, "Slutförd.") != 0 || strings.Count(feed(), "Slutförd.") != 2 {
		t.Error("the wheel does not say that it is completed")
	}
	point(heads[0], "roles", "Efteråt.").want(t, http.StatusConflict, "revision_completed")
	for _, sql := range []string{"update app.revisions set due_on = due_on + 1 where id = $1", "update app.revision_points set remark = 'x' where revision_id = $1"} {
		if _, err := w.Admin.Exec(w.ctx, sql, id); err == nil {
			t.Errorf("a completed revision was changed by %s", sql)
		}
	}
	w.Clock.Advance(60 * 24 * time.Hour)
	w.keepCalendar(t)
	if n := one[int](w, "select count(*) from notify.events where kind = 'revision_overdue' and subject_id = $1", id); n != 0 {
		t.Error("a completed revision is overdue")
	}
}

// Another institution's, another month's, one that never was: all are answered alike, and a remark has its bounds.
func TestRevisionOfSomebodyElse(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.people()
	_, month := w.openRevisions(t)
	rektor, boss, employee := w.boss("Rektorina"), w.boss("Heddavina"), w.boss("Emelinda")
	before := w.fingerprint()
	body := map[string]any{"remark": "Inte min."}
	unknown := w.office(http.MethodGet, kindergarten, "/revisions/2999-06", boss, nil).want(t, http.StatusNotFound, "not_found").wire()
	for what, got := range map[string]reply{
		"read by another head":       w.office(http.MethodGet, kindergarten, "/revisions/"+month, rektor, nil),
		"confirmed by another head":  w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/points/roles", rektor, body),
		"completed by another head":  w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/completion", rektor, nil),
		"confirmed of another month": w.office(http.MethodPost, kindergarten, "/revisions/2998-01/points/roles", boss, body),
		"confirmed by an employee":   w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/points/roles", employee, body),
		"completed of another month": w.office(http.MethodPost, kindergarten, "/revisions/2998-01/completion", boss, nil),
		"listed by somebody else":    w.office(http.MethodGet, kindergarten, "/revisions", rektor, nil),
	} {
		if got.wire() != unknown {
			t.Errorf("%s: answered %d %s", what, got.status, got.body)
		}
	}
	for what, got := range map[string]reply{
		"a month without one": w.office(http.MethodGet, kindergarten, "/revisions/2026-02", boss, nil),
		"no such point":       w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/points/rolls", boss, body),
		"a huge remark":       w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/points/roles", boss, map[string]any{"remark": strings.Repeat("å", 501)}),
		"no remark":           w.office(http.MethodPost, kindergarten, "/revisions/"+month+"/points/roles", boss, map[string]any{}),
	} {
		if got.status != http.StatusBadRequest || got.code != "request_invalid" {
			t.Errorf("%s: answered %d %s", what, got.status, got.code)
		}
	}
	w.unchanged(t, before, "by revisions of somebody else")
}
