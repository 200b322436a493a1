package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// B8, H11: a new record with the identity number of somebody who has been let in, and quite another name, is somebody's mistake until a person has
// said otherwise: nobody is renamed and nobody gets a child by it. Whom nobody has let in, and who shares a name, is joined as before.
func TestANewRecordUnderAnotherNameWaits(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1, 2, 3))
	g := make([]uuid.UUID, 4)
	for i, id := range []string{"g0", "g1", "g2", "g3"} {
		g[i] = r.person(t, "lists", id)
	}
	for _, person := range []uuid.UUID{g[0], g[1], g[3]} {
		r.activate(t, person)
	}
	r.exec(t, "update app.persons set protected_identity = 'protected' where id = $1", g[1])
	r.exec(t, "update app.persons set family_name = 'Sørås-Næss' where id = $1", g[3])
	people, desks := r.heads(t, 2)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	next := village(t, "grunddata", "x-", 0, 1, 2, 3)
	for _, i := range []int{0, 1, 2} {
		next.Persons[2*i+1].GivenName, next.Persons[2*i+1].FamilyName = "Någon", "Annansson"
		next.Guardianships[i].ChildSourceID = "x-c3" // a child that they have no part in
	}
	next.Persons[7].GivenName, next.Persons[7].FamilyName = "Kim", "SORAS"
	named := func(person uuid.UUID) bool {
		return one[bool](t, r, `select coalesce(n.given_name, p.given_name) = 'Någon' from app.persons p
			left join app.protected_names n on n.municipality_id = p.municipality_id and n.person_id = p.id where p.id = $1`, person)
	}
	children := func(person uuid.UUID) int {
		return r.count(t, "app.guardianships where guardian_id = '"+person.String()+"'")
	}
	has := func(what string, want ...bool) {
		t.Helper()
		for i, joined := range want {
			if named(g[i]) != joined || children(g[i]) != map[bool]int{false: 1, true: 2}[joined] {
				t.Errorf("%s: guardian %d has the other name: %t, and %d children; joined is to be %t", what, i, named(g[i]), children(g[i]), joined)
			}
		}
		if n := r.count(t, "app.guardian_access v join app.guardianships w on w.id = v.guardianship_id where w.child_id = '"+r.person(t, "lists", "c3").String()+"'"); n != 1 {
			t.Errorf("%s: %d guardians have access to the other child, want its own", what, n)
		}
	}
	waiting := func() int {
		return r.count(t, "app.held_changes where kind = 'identity_joined' and state in ('waiting', 'proposed')")
	}
	decide := func(who, guardian int, accept bool, want app.HeldState) {
		t.Helper()
		id := one[uuid.UUID](t, r, "select id from app.held_changes where person_id = $1 and kind = 'identity_joined' and state in ('waiting', 'proposed')", g[guardian])
		if state, err := r.decide(desks[who], people[who], institution, id, accept); err != nil || state != want {
			t.Fatalf("decided: %s, %v, want %s", state, err, want)
		}
	}

	if plan := r.take(t, "school", next); len(plan.Unresolved) != 4 { // two people, and the guardianship of each
		t.Errorf("the plan says %+v", plan.Unresolved)
	}
	has("held", false, false, true)
	r.take(t, "school", next)
	has("the same again", false, false, true)
	if waiting() != 2 || r.person(t, "school", "x-g3") != g[3] {
		t.Errorf("%d records wait, want 2; whoever shares a name is one person", waiting())
	}
	if n := r.count(t, "app.held_changes where concat(was, wants, file_name, source) ilike '%annansson%'"); n != 0 {
		t.Error("what waits tells a name")
	}
	decide(0, 0, false, app.HeldRefused)
	decide(0, 1, true, app.HeldProposed)
	r.take(t, "school", next)
	has("refused, and proposed by one", false, false, true)
	if waiting() != 1 {
		t.Errorf("%d records wait, want 1", waiting())
	}
	decide(1, 1, true, app.HeldAccepted)
	has("accepted, before the next import", false, false, true)
	r.take(t, "school", next)
	has("accepted by two", false, true, true)

	// A third name is another question, and what the register corrects waits no longer.
	next.Persons[1].GivenName = "Ingen"
	r.take(t, "school", next)
	if waiting() != 1 {
		t.Errorf("%d records wait for another name, want 1", waiting())
	}
	r.Clock.Advance(time.Minute)
	next.Persons[1].NationalID = number(t, 1993, 1993, 1)
	r.take(t, "school", next)
	if waiting() != 0 || r.person(t, "school", "x-g0") == g[0] {
		t.Errorf("%d records wait after the correction; the record is somebody of their own: %t", waiting(), r.person(t, "school", "x-g0") != g[0])
	}
	has("corrected", false, true, true)
}
