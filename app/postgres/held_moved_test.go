package postgres_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
)

// moved is a municipality in which a guardianship of c0 and g0, that people ended, waits to come back, or the longer place of c1.
type moved struct {
	*registry
	institution, change, longer uuid.UUID
	people                      []uuid.UUID
	desks                       []postgres.Office
}

func newMoved(t *testing.T) moved {
	t.Helper()
	r := newRegistry(t)
	m := moved{registry: r}
	file := village(t, "autumn", "", 0, 1)
	file.Enrolments[1].Until = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, 30)
	r.take(t, "lists", file)
	m.institution = one[uuid.UUID](t, r, "select id from app.institutions")
	m.people, m.desks = r.heads(t, 3)
	r.exec(t, "update app.guardianships set ended_at = now() - interval '1 hour' where guardian_id = $1", r.person(t, "lists", "g0"))
	without := village(t, "without", "", 0, 1)
	without.Guardianships, without.Enrolments[1].Until = without.Guardianships[1:], file.Enrolments[1].Until
	r.take(t, "lists", without)
	r.take(t, "lists", village(t, "winter", "", 0, 1))
	waits := r.held(t, m.desks[0], m.institution)
	m.change, m.longer = waits[app.GuardianshipReturns].ID, waits[app.EnrolmentLonger].ID
	if m.change == uuid.Nil || m.longer == uuid.Nil {
		t.Fatalf("what waits: %+v", waits)
	}
	return m
}

func (m moved) restrict(t *testing.T, kind string) {
	m.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, gen_random_uuid(), $2, $3, $4, now(), '\x01', 1, $5, now())`, m.here, m.person(t, "lists", "c0"), m.person(t, "lists", "g0"), kind, m.people[2])
}

// B8, V14, V6: what waits is decided by what is so when it is decided, not when it was held. Each row is what has changed meanwhile, and how the acceptance
// of the guardianship ends; whatever it is, nobody has access by it, nobody is written to, and no restriction goes.
func TestHeldChangesAcceptedAfterTheFactsChanged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		happens func(t *testing.T, m moved)
		state   app.HeldState // "": refused with the code
		code    string
	}{
		"nothing": {func(*testing.T, moved) {}, app.HeldAccepted, ""},
		"the child left": {func(t *testing.T, m moved) {
			m.exec(t, "update app.enrolments set ended_at = now() - interval '1 second' where child_id = $1", m.person(t, "lists", "c0"))
		}, "", "not_found"},
		"a restriction came between them":             {func(t *testing.T, m moved) { m.restrict(t, "no_access") }, app.HeldProposed, ""},
		"they may not write to each other":            {func(t *testing.T, m moved) { m.restrict(t, "no_contact") }, app.HeldProposed, ""},
		"the child's place is kept from the guardian": {func(t *testing.T, m moved) { m.restrict(t, "no_location") }, app.HeldAccepted, ""},
		"the child is kept from the head": {func(t *testing.T, m moved) {
			m.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
				values ($1, gen_random_uuid(), $2, $3, 'no_access', now(), '\x01', 1, $4, now())`, m.here, m.person(t, "lists", "c0"), m.people[0], m.people[2])
		}, "", "not_found"},
		"a newer import takes it back": {func(t *testing.T, m moved) {
			file := village(t, "spring", "", 0, 1)
			file.Guardianships = file.Guardianships[1:]
			m.take(t, "lists", file)
		}, "", "held_change_decided"},
		"a newer import says the same": {func(t *testing.T, m moved) { m.take(t, "lists", village(t, "spring", "", 0, 1)) }, app.HeldAccepted, ""},
		"a newer import protects the child": {func(t *testing.T, m moved) {
			file := village(t, "spring", "", 0, 1)
			file.Persons[0].Protected, file.Persons[0].ProtectionStated = register.ProtectionStrict, true
			m.take(t, "lists", file)
		}, "", "not_found"}, // whoever is cleared for it decides
		"the institution was closed": {func(t *testing.T, m moved) {
			m.exec(t, "update app.institutions set closed_at = now() - interval '1 second'")
		}, "", "sign_in_required"},
		"another head refused": {func(t *testing.T, m moved) {
			if _, err := m.decide(m.desks[1], m.people[1], m.institution, m.change, false); err != nil {
				t.Fatal(err)
			}
		}, "", "held_change_decided"},
		"another head accepted": {func(t *testing.T, m moved) {
			if _, err := m.decide(m.desks[1], m.people[1], m.institution, m.change, true); err != nil {
				t.Fatal(err)
			}
		}, "", "held_change_decided"},
		"the head became a guardian of the child": {func(t *testing.T, m moved) {
			m.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
				values ($1, gen_random_uuid(), $2, $3, true, 'mor', now())`, m.here, m.person(t, "lists", "c0"), m.people[0])
		}, "", "held_change_not_yours"},
		"the head heads it no more": {func(t *testing.T, m moved) {
			m.exec(t, "update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1", m.people[0])
		}, "", "sign_in_required"},
		"the head teaches there now": {func(t *testing.T, m moved) {
			m.exec(t, "update app.staff_roles set role = 'leader' where person_id = $1", m.people[0])
		}, "", "not_found"},
		"the head is on leave": {func(t *testing.T, m moved) {
			m.exec(t, `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
				values ($1, gen_random_uuid(), $2, $3, now() - interval '1 second', $4, now())`, m.here, m.people[0], m.institution, m.people[1])
		}, "", "sign_in_required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMoved(t)
			c.happens(t, m)
			state, err := m.decide(m.desks[0], m.people[0], m.institution, m.change, true)
			var fault *app.Fault
			if errors.As(err, &fault) != (c.code != "") || fault != nil && fault.Code != c.code || err != nil && fault == nil || state != c.state {
				t.Errorf("accepting gives %q, %v; want %q %s", state, err, c.state, c.code)
			}
			if c.state == app.HeldProposed {
				if _, err := m.decide(m.desks[0], m.people[0], m.institution, m.change, true); !errors.Is(err, &app.Fault{Code: "held_change_needs_another_person"}) {
					t.Errorf("one person twice: %v", err)
				}
			}
			m.nothingOpened(t, c.state == app.HeldAccepted || name == "another head accepted")
		})
	}
}

// nothingOpened fails when somebody has access, was written to, or is in force who should not be.
func (m moved) nothingOpened(t *testing.T, inForce bool) {
	t.Helper()
	for what, want := range map[string]int{
		"app.guardian_access": 0, "app.guardianship_access where status in ('active', 'suspended')": 0, "notify.events": 0, "notify.deliveries": 0,
		"app.restrictions where lifted_at is not null": 0,
	} {
		if got := m.count(t, what); got != want {
			t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
	if got := one[bool](t, m.registry, "select ended_at is null from app.guardianships where guardian_id = $1", m.person(t, "lists", "g0")); got != inForce {
		t.Errorf("the guardianship is in force: %v, want %v", got, inForce)
	}
}

// B8: two heads who accept at once decide once; the other is told that it is decided.
func TestTwoHeadsAcceptAtOnce(t *testing.T) {
	t.Parallel()
	m := newMoved(t)
	var all sync.WaitGroup
	answers := make([]error, len(m.desks))
	for i := range m.desks {
		all.Go(func() { _, answers[i] = m.decide(m.desks[i], m.people[i], m.institution, m.change, true) })
	}
	all.Wait()
	accepted := 0
	for _, err := range answers {
		var fault *app.Fault
		switch {
		case err == nil:
			accepted++
		case !errors.As(err, &fault) || fault.Code != "held_change_decided" && fault.Code != "version_outdated":
			t.Errorf("answered %v", err)
		}
	}
	if accepted != 1 {
		t.Errorf("%d acceptances", accepted)
	}
	m.nothingOpened(t, true)
}

// V14, B12: a longer place that is accepted after the day of the earlier end does not bring back what that end took: access opens by a head only.
func TestALongerPlaceIsAcceptedAfterItsEnd(t *testing.T) {
	t.Parallel()
	m := newMoved(t)
	guardian := m.person(t, "lists", "g1")
	m.activate(t, guardian)
	m.exec(t, "update app.enrolments set ended_at = now() - interval '1 second', register_end = now() - interval '1 second' where child_id = $1", m.person(t, "lists", "c1"))
	if _, err := m.decide(m.desks[0], m.people[0], m.institution, m.longer, true); err != nil && !errors.Is(err, app.ErrNotFound) {
		var fault *app.Fault
		if !errors.As(err, &fault) || fault.Code != "held_change_decided" {
			t.Errorf("accepting: %v", err)
		}
	}
	if n := m.count(t, "app.guardian_access"); n != 0 {
		t.Errorf("%d have access to a child that had left", n)
	}
}
