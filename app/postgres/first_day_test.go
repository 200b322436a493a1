package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// A child that is placed from a later day on is in the lists that its head prepares from, and its guardian has no access through it before that
// day, nor after a register has moved the day (V1, V13). Whoever is named in it may apply meanwhile (H1).
func TestAccessBeginsOnTheFirstDay(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	day := func(from int) time.Time { return r.Clock.Now().AddDate(0, 0, from).Truncate(24 * time.Hour) }
	roster := village(t, "admission", "", 0)
	take := func(from time.Time) {
		t.Helper()
		roster.Enrolments[0].From = from
		r.take(t, "lists", roster)
	}
	take(day(5))
	child, guardian := r.person(t, "lists", "c0"), r.person(t, "lists", "g0")
	r.activate(t, guardian)
	r.reach(t, guardian, child)
	access := func() int {
		t.Helper()
		return one[int](t, r, "select count(*) from app.guardian_access where guardian_id = $1", guardian)
	}
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	head := r.someone(t, "Head")
	r.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		values ($1, $2, $3, $4, 'head', now())`, r.here, uuid.New(), head, institution)
	prepares := r.db.Office(r.signIn(t, head, scope.Staff))

	if n := access(); n != 0 {
		t.Error("there is access before the first day")
	}
	mine := one[uuid.UUID](t, r, "select id from app.guardianships where guardian_id = $1", guardian)
	if _, err := prepares.Guardianship(r.ctx, mine, uuid.Nil); err != nil {
		t.Errorf("the head cannot prepare: %v", err)
	}
	for _, from := range []time.Time{day(-5), {}} {
		take(from)
		if n := access(); n != 1 {
			t.Errorf("%d ways of access after the first day %v, want 1", n, from)
		}
	}
	r.exec(t, "update auth.sessions set ended_at = null where person_id = $1", guardian)
	take(day(5))
	if n := access(); n != 0 {
		t.Error("there is access after the first day was moved")
	}
	if n := one[int](t, r, "select count(*) from auth.sessions where ended_at is null and person_id = $1", guardian); n != 0 {
		t.Error("the session goes on after the first day was moved")
	}
}
