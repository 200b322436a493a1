package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
)

// B8, H11: whoever has an identity number signs in as its person, so another number for somebody who has been let in waits for a person; for one
// with a protected identity, for two. Once accepted, the next import brings it. Whom nobody has let in yet, the register may correct.
func TestAnotherNumberOfWhoHasBeenLetInWaits(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1, 2))
	g0, g1, g2 := r.person(t, "lists", "g0"), r.person(t, "lists", "g1"), r.person(t, "lists", "g2")
	r.activate(t, g0)
	r.activate(t, g1)
	r.exec(t, "update app.persons set protected_identity = 'protected' where id = $1", g1)
	people, desks := r.heads(t, 2)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	holder := func(n nationalid.Number) int {
		return one[int](t, r, "select count(*) from app.persons where national_id_index = $1 and id in ($2, $3, $4)", postgres.IdentityIndex(r.keys, r.here, n)[0].Sum, g0, g1, g2)
	}
	next := village(t, "winter", "", 0, 1, 2)
	for i, person := range []int{1, 3, 5} {
		next.Persons[person].NationalID = number(t, 1991, 1991, i)
	}
	has := func(what string, want ...int) {
		t.Helper()
		for i, person := range []int{1, 3, 5} {
			if got := holder(next.Persons[person].NationalID); got != want[i] {
				t.Errorf("%s: the new number of guardian %d is held by %d of them, want %d", what, i, got, want[i])
			}
		}
	}
	change := func(person uuid.UUID) uuid.UUID {
		t.Helper()
		return one[uuid.UUID](t, r, "select id from app.held_changes where person_id = $1 and kind = 'identity_changed' and state in ('waiting', 'proposed')", person)
	}
	decide := func(who int, person uuid.UUID, accept bool, want app.HeldState) {
		t.Helper()
		if state, err := r.decide(desks[who], people[who], institution, change(person), accept); err != nil || state != want {
			t.Fatalf("decided: %s, %v, want %s", state, err, want)
		}
	}
	plan := r.take(t, "lists", next)
	if len(plan.Unresolved) != 2 {
		t.Errorf("the plan says of %d numbers that they wait, want 2", len(plan.Unresolved))
	}
	has("held", 0, 0, 1)
	r.take(t, "lists", next)
	has("the same again", 0, 0, 1)
	decide(0, g0, false, app.HeldRefused)
	decide(0, g1, true, app.HeldProposed)
	r.take(t, "lists", next)
	has("refused, and proposed by one", 0, 0, 1)
	if n := r.count(t, "app.held_changes where kind = 'identity_changed' and state = 'waiting'"); n != 0 {
		t.Errorf("%d refused changes wait again", n)
	}
	decide(1, g1, true, app.HeldAccepted)
	r.take(t, "lists", next)
	has("accepted by two", 0, 1, 1)
	if n := r.count(t, "app.held_changes where kind = 'identity_changed' and state in ('waiting', 'proposed')"); n != 0 {
		t.Errorf("%d changes wait although all are decided", n)
	}

	// Another number than the refused one asks anew, and what the register takes back waits no longer.
	next.Persons[1].NationalID = number(t, 1991, 1991, 9)
	r.take(t, "lists", next)
	has("another number", 0, 1, 1)
	change(g0)
	next.Persons[1].NationalID = village(t, "autumn", "", 0).Persons[1].NationalID
	r.Clock.Advance(time.Minute) // an import sees what earlier ones held
	r.take(t, "lists", next)
	if n := r.count(t, "app.held_changes where kind = 'identity_changed' and state in ('waiting', 'proposed')"); n != 0 {
		t.Errorf("%d changes wait although the register took them back", n)
	}
}
