package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/migrations/scope"
)

// heads makes people who answer for the only institution, each with a session.
func (r *registry) heads(t testing.TB, n int) (people []uuid.UUID, desks []postgres.Office) {
	t.Helper()
	for range n {
		person := r.someone(t, "Rektor")
		r.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
			select $1, gen_random_uuid(), $2, id, 'head', now() from app.institutions where municipality_id = $1`, r.here, person)
		people, desks = append(people, person), append(desks, r.db.Office(r.signIn(t, person, scope.Staff)))
	}
	return people, desks
}

// held lists what waits for a head, by kind.
func (r *registry) held(t testing.TB, desk postgres.Office, institution uuid.UUID) map[app.HeldKind]app.HeldChange {
	t.Helper()
	list, err := desk.HeldChanges(r.ctx, institution, false, postgres.Page{})
	if err != nil {
		t.Fatal(err)
	}
	found := map[app.HeldKind]app.HeldChange{}
	for _, c := range list.Items {
		found[c.Kind] = c
	}
	return found
}

// decide does what the flow does.
func (r *registry) decide(desk postgres.Office, who, institution, id uuid.UUID, accept bool) (app.HeldState, error) {
	return postgres.Write(r.ctx, desk, func(tx *postgres.OfficeTx) (app.HeldState, error) {
		c, err := tx.HeldChange(r.ctx, institution, id)
		if err != nil {
			return "", err
		}
		if c, err = c.Decide(accept, "Så är det.", who, tx.Now); err != nil {
			return "", err
		}
		return c.State, tx.SaveHeldChange(r.ctx, c)
	})
}

// What would widen an access waits for people; the rest of the import goes on, and nobody is written to (B8).
func TestWhatWouldWidenIsHeld(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0, 1, 2, 3)
	day := r.Clock.Now().UTC().Truncate(24 * time.Hour)
	file.Persons[1].Protected, file.Persons[1].ProtectionStated = register.ProtectionStrict, true // g0
	file.Guardianships[1].Legal = false                                                           // g1
	file.Enrolments[2].Until = day.AddDate(0, 0, 30)                                              // c2
	file.Guardianships = file.Guardianships[:3]                                                   // g3 is not c3's guardian yet
	r.take(t, "lists", file)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	people, desks := r.heads(t, 2)
	r.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, gen_random_uuid(), $2, $3, 'no_access', now(), '\x01', 1, $4, now())`, r.here, r.person(t, "lists", "c3"), r.person(t, "lists", "g3"), people[0])
	if n := len(r.held(t, desks[0], institution)); n != 0 {
		t.Fatalf("%d changes wait before anything was widened", n)
	}

	next := village(t, "winter", "", 0, 1, 2, 3)
	next.Persons[1].ProtectionStated = true
	next.Persons[0].FamilyName = "Ekman" // and something that is not held
	r.take(t, "lists", next)
	waits := r.held(t, desks[0], institution)
	for kind, wants := range map[app.HeldKind]string{app.ProtectionLowered: "none", app.CustodyRises: "legal", app.EnrolmentLonger: "open", app.GuardianshipReturns: "in_force"} {
		if c := waits[kind]; c.Wants != wants || c.File != "winter" || c.Source != "lists" || c.State != app.HeldWaiting {
			t.Errorf("%s: %+v", kind, c)
		}
	}
	still := func(when string) {
		t.Helper()
		for what, want := range map[string]int{
			"app.persons where protected_identity = 'strict'":                                                           1,
			"app.guardianships where not legal":                                                                         1,
			"app.enrolments where ended_at is not null":                                                                 1,
			"app.guardianships where ended_at is not null and register_end is null":                                     1,
			"app.guardianship_access a join app.guardianships g on g.id = guardianship_id where g.ended_at is not null": 0,
			"notify.events": 0,
		} {
			if got := r.count(t, what); got != want {
				t.Errorf("%s, %s: %d, want %d (B8)", when, what, got, want)
			}
		}
	}
	still("held")
	if name := one[string](t, r, "select family_name from app.persons where id = $1", r.person(t, "lists", "c0")); name != "Ekman" {
		t.Errorf("what is not held did not go on: %s", name)
	}
	// The same file again holds nothing anew, and a register that is silent does not widen either.
	r.take(t, "lists", next)
	if again := r.held(t, desks[0], institution); len(again) != len(waits) || again[app.CustodyRises].ID != waits[app.CustodyRises].ID {
		t.Errorf("%d changes wait after the same file again, want %d", len(again), len(waits))
	}
	still("again")

	// A protection and a restriction take two people, the others one.
	for _, kind := range []app.HeldKind{app.ProtectionLowered, app.GuardianshipReturns} {
		if state, err := r.decide(desks[0], people[0], institution, waits[kind].ID, true); err != nil || state != app.HeldProposed {
			t.Fatalf("%s: the first acceptance gives %s, %v", kind, state, err)
		}
	}
	still("proposed")
	for _, kind := range []app.HeldKind{app.ProtectionLowered, app.GuardianshipReturns, app.CustodyRises, app.EnrolmentLonger} {
		if state, err := r.decide(desks[1], people[1], institution, waits[kind].ID, true); err != nil || state != app.HeldAccepted {
			t.Errorf("%s: accepting gives %s, %v", kind, state, err)
		}
	}
	for what, want := range map[string]int{
		"app.persons where protected_identity <> 'none'": 0, "app.guardianships where not legal": 0, "app.enrolments where ended_at is not null": 0,
		"app.guardianships where ended_at is not null": 0, "app.guardian_access": 0, "app.guardianship_access where status = 'active'": 0,
	} {
		if got := r.count(t, what); got != want {
			t.Errorf("accepted, %s: %d, want %d", what, got, want)
		}
	}
	if plan := r.take(t, "lists", next); !plan.Empty() || len(r.held(t, desks[0], institution)) != 0 {
		t.Errorf("something waits although all was accepted:\n%s", plan.Text())
	}
}

// What was refused stays refused however often the register says it, and what the register takes back waits no longer (B8, P6).
func TestRefusedStaysRefused(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0, 1)
	r.take(t, "lists", file)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	people, desks := r.heads(t, 1)
	r.exec(t, "update app.guardianships set ended_at = now() where guardian_id = $1", r.person(t, "lists", "g0"))
	r.exec(t, "update app.guardianships set ended_at = now() where guardian_id = $1", r.person(t, "lists", "g1"))
	r.take(t, "lists", village(t, "without", ""))
	r.take(t, "lists", file)
	list, err := desks[0].HeldChanges(r.ctx, institution, false, postgres.Page{})
	if err != nil || len(list.Items) != 2 {
		t.Fatalf("%d guardianships that people ended wait, want 2: %v", len(list.Items), err)
	}
	for _, c := range list.Items {
		if c.Person == r.person(t, "lists", "g0") {
			if _, err := r.decide(desks[0], people[0], institution, c.ID, false); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.take(t, "lists", village(t, "without g1", "", 0))
	if n := len(r.held(t, desks[0], institution)); n != 0 {
		t.Errorf("%d changes wait although one is refused and the register took the other back", n)
	}
	r.take(t, "lists", village(t, "without again", ""))
	r.take(t, "lists", village(t, "g0 again", "", 0))
	if n := len(r.held(t, desks[0], institution)); n != 0 {
		t.Error("what was refused waits again")
	}
	if n := r.count(t, "app.guardianships where ended_at is null"); n != 0 {
		t.Errorf("%d guardianships came back", n)
	}
}

// Whoever the change is about decides nothing, whatever the program asks; neither does another institution's head, for whom it is not there.
func TestDatabaseLetsNobodyDecideForThemselves(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0)
	file.Guardianships[0].Legal = false
	r.take(t, "lists", file)
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	people, desks := r.heads(t, 2)
	r.exec(t, "update app.guardianships set guardian_id = $1", people[0])
	change := uuid.New()
	r.exec(t, `insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
		select $1, $2, 'custody_rises', id, guardian_id, child_id, array[$3::uuid], 'lists', 'x', 'none', 'legal', now(), now(), false from app.guardianships`, r.here, change, institution)
	var fault *app.Fault
	if _, err := r.decide(desks[0], people[0], institution, change, true); !errors.As(err, &fault) || fault.Code != "held_change_not_yours" {
		t.Errorf("a head decides about their own custody: %v", err)
	}
	_, err := postgres.Write(r.ctx, desks[0], func(tx *postgres.OfficeTx) (struct{}, error) {
		return struct{}{}, tx.SaveHeldChange(r.ctx, app.HeldChange{ID: change, State: app.HeldAccepted, DecidedBy: people[0], DecidedAt: tx.Now, Reason: "x", Version: 2})
	})
	if err == nil {
		t.Error("the database let a head decide about themselves")
	}
	if _, err := r.decide(desks[1], people[1], uuid.New(), change, true); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("at another institution: %v", err)
	}
	if _, err := r.decide(desks[1], people[1], institution, change, true); err != nil {
		t.Errorf("another head: %v", err)
	}
	if _, err := r.decide(desks[1], people[1], institution, change, false); !errors.As(err, &fault) || fault.Code != "held_change_decided" {
		t.Errorf("twice: %v", err)
	}
}
