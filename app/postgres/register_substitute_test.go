package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/register"
)

// B12: a substitute whom a list names without a last day gets the municipality's days, and no import makes them more: a later day waits for the
// head. What came in with a last day has that day from the start, however far away it is.
func TestSubstitutesWithoutALastDayEndByTheRule(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	today := r.Clock.Now().In(zone)
	midnight := func(days int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day()+days, 0, 0, 0, 0, zone)
	}
	day := func(days int) time.Time {
		return time.Date(today.Year(), today.Month(), today.Day()+days, 0, 0, 0, 0, time.UTC)
	}
	staff := func(id string, from, until time.Time) register.StaffRole {
		return register.StaffRole{PersonSourceID: id, InstitutionSourceID: "ekorren", Role: register.RoleSubstitute, From: from, Until: until}
	}
	take := func(roles ...register.StaffRole) {
		t.Helper()
		file := village(t, "staff", "")
		for i, role := range roles {
			file.Persons = append(file.Persons, register.Person{SourceID: role.PersonSourceID, GivenName: "Vikarie", FamilyName: "Ek", NationalID: number(t, 1985, 1985, 20+i)})
		}
		file.StaffRoles = roles
		r.take(t, "staff", file)
	}
	ends := func(id string) time.Time {
		return one[time.Time](t, r, "select ended_at from app.staff_roles where person_id = $1", r.person(t, "staff", id))
	}
	expect := func(what string, want map[string]int) {
		t.Helper()
		for id, days := range want {
			if at := ends(id); !at.Equal(midnight(days)) {
				t.Errorf("%s: %s ends at %s, want %s", what, id, at, midnight(days))
			}
		}
	}
	take(staff("s1", time.Time{}, time.Time{}), staff("s2", day(-100), time.Time{}), staff("s3", day(10), time.Time{}), staff("s4", time.Time{}, day(99)))
	expect("as they came in", map[string]int{"s1": 30, "s2": 30, "s3": 40, "s4": 100})
	if n := r.count(t, "app.held_changes"); n != 0 {
		t.Errorf("%d changes wait although nothing was made longer", n)
	}
	r.exec(t, "update app.municipalities set substitute_days = 90")
	take(staff("s1", day(5), time.Time{}), staff("s2", day(-100), time.Time{}), staff("s3", day(20), time.Time{}), staff("s4", time.Time{}, day(99)))
	expect("with other first days", map[string]int{"s1": 30, "s2": 30, "s3": 40, "s4": 100})
	if n := r.count(t, "app.held_changes"); n != 0 {
		t.Errorf("%d changes wait although no last day was asked for", n)
	}

	// A later last day waits, and one that is taken away gives the municipality's days once somebody has said so.
	take(staff("s1", time.Time{}, day(59)), staff("s2", time.Time{}, day(9)), staff("s3", time.Time{}, time.Time{}), staff("s4", time.Time{}, time.Time{}))
	expect("held", map[string]int{"s1": 30, "s2": 10, "s3": 40, "s4": 100})
	institution := one[uuid.UUID](t, r, "select id from app.institutions")
	people, desks := r.heads(t, 1)
	for _, id := range []string{"s1", "s4"} {
		change := one[uuid.UUID](t, r, "select id from app.held_changes where person_id = $1 and state = 'waiting'", r.person(t, "staff", id))
		if state, err := r.decide(desks[0], people[0], institution, change, true); err != nil || state != app.HeldAccepted {
			t.Fatalf("%s: %s, %v", id, state, err)
		}
	}
	expect("accepted", map[string]int{"s1": 60, "s4": 100})
	if n := r.count(t, "app.held_changes where state = 'waiting'"); n != 0 {
		t.Errorf("%d others wait", n)
	}
}
