package walk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"
)

// V9, V10: a month begins, a task is overdue and what nobody confirmed is suspended at midnight where the municipality is, also in the night in which the
// clocks are put back, and by whichever of several processes comes first.
func TestCalendarKeepsTheDaysOfTheMunicipality(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec("update app.institutions set created_at = created_at - interval '2 months'")
	w.exec("update app.municipalities set time_zone = 'Europe/Stockholm'")
	w.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now())`, w.here, w.person("Kommunalia"))
	at := func(moment string) {
		t.Helper()
		when, err := time.Parse("2006-01-02T15:04Z", moment)
		must(t, err)
		w.Clock.Set(when)
		w.keepCalendar(t)
	}
	months := func(table string) string {
		return one[string](w, `select coalesce(string_agg(to_char(month, 'MM'), ' ' order by month), '') from app.`+table+` where institution_id = $1`, w.institution(kindergarten))
	}
	of := func(table, month, column string) bool {
		return one[bool](w, `select `+column+` is not null from app.`+table+` where institution_id = $1 and month = $2::date`, w.institution(kindergarten), month)
	}
	at("2031-05-31T21:59Z")
	if got, revised := months("reviews"), months("revisions"); got != "05" || revised != "" {
		t.Errorf("a minute before midnight there are reviews of %q and revisions of %q", got, revised)
	}
	at("2031-05-31T22:01Z")
	if got, revised := months("reviews"), months("revisions"); got != "05 06" || revised != "06" {
		t.Errorf("a minute after midnight there are reviews of %q and revisions of %q", got, revised)
	}
	for _, day := range []struct {
		before, after, table, column, what string
	}{
		{"2031-06-15T21:59Z", "2031-06-15T22:01Z", "reviews", "escalated_at", "the review is overdue"},
		{"2031-06-20T21:59Z", "2031-06-20T22:01Z", "reviews", "suspended_at", "what nobody confirmed is suspended"},
		{"2031-06-30T21:59Z", "2031-06-30T22:01Z", "revisions", "escalated_at", "the revision is overdue"},
	} {
		at(day.before)
		if of(day.table, "2031-06-01", day.column) {
			t.Errorf("%s a minute before midnight", day.what)
		}
		at(day.after)
		if !of(day.table, "2031-06-01", day.column) {
			t.Errorf("a minute after midnight it is not so that %s", day.what)
		}
	}
	at("2031-10-31T22:59Z")
	before := months("reviews")
	at("2031-10-31T23:01Z")
	if after := months("reviews"); after != before+" 11" {
		t.Errorf("after the clocks were put back: %q, then %q", before, after)
	}
	// An institution that has closed opens nothing new.
	w.exec("update app.institutions set closed_at = now() where id = $1", w.institution(kindergarten))
	before = months("reviews")
	at("2032-01-01T12:00Z")
	if after := months("reviews"); after != before || months("revisions") != "06" {
		t.Errorf("closed, it has reviews of %q and revisions of %q", after, months("revisions"))
	}
}

// V10: whoever was confirmed by a change that is to come, in one of two roles, is not sent on leave for the other.
func TestConfirmedInOneRoleIsNotSuspendedForAnother(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) select municipality_id, $1, person_id, institution_id, 'substitute', created_at
		from app.staff_roles where person_id = $2`, newID(), w.person("Emelinda"))
	id := w.openMonth(t)
	w.decideRow(t, is[head].token, id, w.rowOf(t, is[head].token, id, "Emelinda"), "change", "", "Byter grupp.").want(t, http.StatusOK, "")
	w.exec(`insert into app.review_rules (municipality_id, suspend_after_days, changed_by, changed_at) values ($1, 5, $2, now())`, w.here, w.person("Kommunalia"))
	w.Clock.Advance(20 * 24 * time.Hour)
	w.keepCalendar(t)
	works := func(given string) bool {
		return one[bool](w, "select exists (select from app.staff_access where person_id = $1)", w.person(given))
	}
	if !works("Emelinda") || works("Leonorina") {
		t.Errorf("works on: who was confirmed %v, who was not %v", works("Emelinda"), works("Leonorina"))
	}
}

// V9, V10: when all that is left is a head's own access, as a guardian or in a second role, somebody else is asked for it.
func TestOwnAccessAsAGuardianIsAskedOfAnother(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.exec("update app.guardianship_access set guardian_id = $1 where guardianship_id = $2", w.person("Heddavina"), w.guardianship("Annelore", "Alfhildis"))
	w.exec("update app.guardianships set guardian_id = $1 where id = $2", w.person("Heddavina"), w.guardianship("Annelore", "Alfhildis"))
	id := w.openMonth(t)
	boss := is[head].token
	own := func(kind string) uuid.UUID {
		return one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 and kind = $2 and person_id = $3", id, kind, w.person("Heddavina"))
	}
	told := func() int {
		return one[int](w, `select count(*) from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
			where e.kind = 'review_due' and e.subject_id = $1 and d.person_id = $2 and d.channel = 'in_app'`, id, w.person("Oddvarina"))
	}
	w.decideRow(t, boss, id, own("guardian"), "keep", "", "").want(t, http.StatusConflict, "review_row_not_yours")
	w.decideRow(t, is[owner].token, id, own("staff"), "keep", "", "").want(t, http.StatusOK, "")
	// Who else is a guardian of the child is her family, and their access to it is not hers to keep.
	w.keepAll(t, boss, id, "Heddavina", "Fridabella", "Bodvaris", "Evelindis")
	w.decideRow(t, boss, id, one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 and person_id = $2 and child_id = $3", id,
		w.person("Fridabella"), w.person("Fjalarine")), "keep", "", "").want(t, http.StatusOK, "")
	family := w.reviewRows(t, boss, id, "?show=undecided&limit=100")
	if n := one[int](w, "select count(*) from app.review_rows where review_id = $1 and child_id = $2", id, w.person("Alfhildis")); len(family) != n || n < 2 {
		t.Errorf("left to decide, of %d about her child: %+v", n, family)
	}
	for _, row := range family {
		w.decideRow(t, boss, id, row.ID, "keep", "", "").want(t, http.StatusConflict, "review_row_not_yours")
	}
	for range 2 {
		w.keepCalendar(t)
	}
	if n := told(); n != 1 {
		t.Errorf("the owner was asked for a head's access as a guardian %d times", n)
	}
}
