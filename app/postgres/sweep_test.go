package postgres_test

import (
	"testing"
	"time"

	"budstikke.example/migrations/scope"
)

// B12, V15: the program's sweep ends the session of a guardian whose access has ended by time, in every municipality, and only once.
func TestSweepEndsWhatTimeHasEnded(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0))
	child, guardian := r.person(t, "lists", "c0"), r.person(t, "lists", "g0")
	r.activate(t, guardian)
	r.reach(t, guardian, child)
	sessions := func() int {
		return one[int](t, r, "select count(*) from auth.sessions where ended_at is null and person_id = $1", guardian)
	}
	if sessions() == 0 {
		t.Fatal("the guardian has no session to lose")
	}
	sweep := func(want int64) {
		t.Helper()
		if n, err := r.db.Sweep(scope.ByProgram(r.ctx)); err != nil || n != want {
			t.Errorf("%d people were swept, %v; want %d", n, err, want)
		}
	}
	sweep(0)
	r.exec(t, "alter table app.guardianship_access disable trigger cut_off_guardian") // as if the moment had only passed
	r.exec(t, "update app.guardianship_access set until = now() - interval '1 second' where guardian_id = $1", guardian)
	sweep(1)
	if sessions() != 0 {
		t.Error("the session goes on after its access has ended by time")
	}
	r.exec(t, "update app.sweeps set swept_until = $1", r.Clock.Now().Add(time.Hour))
	sweep(0)
}
