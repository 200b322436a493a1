package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
)

// B8, H11: what people have accepted counts once, and for sixty days. A register that goes back and forth between two numbers asks each time, and a number
// that it did not bring in time is asked for again.
func TestAnAcceptedNumberCountsOnce(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	roster := village(t, "autumn", "", 0)
	r.take(t, "lists", roster)
	g0 := r.person(t, "lists", "g0")
	r.activate(t, g0)
	people, desks := r.heads(t, 1)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	first, second := roster.Persons[1].NationalID, number(t, 1991, 1991, 1)
	says := func(n nationalid.Number) {
		t.Helper()
		r.Clock.Advance(time.Minute)
		next := village(t, "winter", "", 0)
		next.Persons[1].NationalID = n
		r.take(t, "lists", next)
	}
	has := func(what string, n nationalid.Number, waiting int) {
		t.Helper()
		got := one[int](t, r, "select count(*) from app.persons where national_id_index = $1 and id = $2", postgres.IdentityIndex(r.keys, r.here, n)[0].Sum, g0)
		if w := r.count(t, "app.held_changes where kind = 'identity_changed' and state = 'waiting'"); got != 1 || w != waiting {
			t.Errorf("%s: the number is theirs: %d; %d wait, want %d", what, got, w, waiting)
		}
	}
	accept := func() {
		t.Helper()
		id := one[uuid.UUID](t, r, "select id from app.held_changes where kind = 'identity_changed' and state = 'waiting'")
		if state, err := r.decide(desks[0], people[0], institution, id, true); err != nil || state != app.HeldAccepted {
			t.Fatalf("decided: %s, %v", state, err)
		}
	}
	says(second)
	has("held", first, 1)
	accept()
	says(second)
	has("accepted", second, 0)
	says(second)
	has("the same again", second, 0)
	says(first)
	has("back", second, 1)
	accept()
	says(first)
	has("back, accepted", first, 0)
	says(second)
	has("forth again", first, 1)
	accept()
	r.Clock.Advance(61 * 24 * time.Hour)
	says(second)
	has("accepted too long ago", first, 1)
}

// B8: two registers, or two records of one, that want different things of one person wait beside each other, and each is decided by itself.
func TestDifferentChangesOfOnePersonWaitBesideEachOther(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1))
	r.take(t, "grunddata", village(t, "autumn", "y-", 0, 1))
	g0, g1 := r.person(t, "lists", "g0"), r.person(t, "lists", "g1")
	if r.person(t, "grunddata", "y-g0") != g0 {
		t.Fatal("the two registers do not mean the same guardian")
	}
	r.activate(t, g0)
	r.activate(t, g1)
	people, desks := r.heads(t, 1)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	for i, source := range []string{"lists", "grunddata"} {
		next := village(t, "winter", []string{"", "y-"}[i], 0, 1)
		next.Persons[1].NationalID = number(t, 1991, 1991, 1+i)
		r.Clock.Advance(time.Minute)
		r.take(t, source, next)
	}
	if n := r.count(t, "app.held_changes where kind = 'identity_changed' and state = 'waiting' and row_id = '"+g0.String()+"'"); n != 2 {
		t.Fatalf("%d numbers wait, want that of each register", n)
	}
	first := one[uuid.UUID](t, r, "select id from app.held_changes where kind = 'identity_changed' and source = 'lists'")
	if state, err := r.decide(desks[0], people[0], institution, first, false); err != nil || state != app.HeldRefused {
		t.Fatalf("decided: %s, %v", state, err)
	}
	if n := r.count(t, "app.held_changes where kind = 'identity_changed' and state = 'waiting' and source = 'grunddata'"); n != 1 {
		t.Errorf("%d numbers of the other register wait", n)
	}

	others := village(t, "strangers", "x-", 1)
	twin := others.Persons[1]
	others.Persons[1].GivenName, others.Persons[1].FamilyName = "Någon", "Annansson"
	twin.SourceID, twin.GivenName, twin.FamilyName = "x-twin", "Tredje", "Människa"
	others.Persons = append(others.Persons, twin)
	r.Clock.Advance(time.Minute)
	r.take(t, "third", others)
	if n := r.count(t, "app.held_changes where kind = 'identity_joined' and state = 'waiting' and row_id = '"+g1.String()+"'"); n != 2 {
		t.Errorf("%d records wait, want both", n)
	}
}
