package register_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"budstikke.example/app/register"
)

// TestNoSequenceOfImportsBringsBackWhatAPersonEnded plays random imports and random endings by people (P6): applied in any
// order, a row that a person ended is never created, updated or put in force again, and an applied plan leaves nothing to do.
func TestNoSequenceOfImportsBringsBackWhatAPersonEnded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		state := register.State{}
		for step := range 12 {
			roster := someRoster(random)
			plan := register.Diff(state, roster)
			for _, g := range append(plan.Guardianships.Creates, plan.Guardianships.Updates...) {
				if endedByPerson(state.Guardianships, g.Key) {
					t.Fatalf("seed %d, step %d: %s came back", seed, step, g.Label)
				}
			}
			for _, p := range append(plan.Persons.Creates, plan.Persons.Updates...) {
				if endedByPerson(state.Persons, p.Key) {
					t.Fatalf("seed %d, step %d: %s came back", seed, step, p.Label)
				}
			}
			state = apply(state, plan)
			if again := register.Diff(state, roster); !again.Empty() {
				t.Fatalf("seed %d, step %d: the same file changes something again:\n%s", seed, step, again.Text())
			}
			for i := range state.Guardianships {
				if random.IntN(8) == 0 {
					state.Guardianships[i].Ended = register.EndedByPerson
				}
			}
			for i := range state.Persons {
				if random.IntN(20) == 0 {
					state.Persons[i].Ended = register.EndedByPerson
				}
			}
		}
	}
}

func someRoster(random *rand.Rand) register.Roster {
	coverage := []register.Coverage{register.CoverageNone, register.CoveragePartial, register.CoverageFull}
	roster := register.Roster{Coverage: map[register.Noun]register.Coverage{}, GroupsStated: random.IntN(2) == 0}
	for _, noun := range register.Nouns() {
		roster.Coverage[noun] = coverage[random.IntN(3)]
	}
	some := func() bool { return random.IntN(3) > 0 }
	for i := range 2 {
		if id := fmt.Sprint("i", i); some() {
			roster.Institutions = append(roster.Institutions, register.Institution{SourceID: id, Name: fmt.Sprint("I", random.IntN(2))})
		}
	}
	for i := range 3 {
		child, adult := fmt.Sprint("c", i), fmt.Sprint("g", i)
		for _, id := range []string{child, adult} {
			if some() {
				roster.Persons = append(roster.Persons, register.Person{SourceID: id, GivenName: fmt.Sprint("N", random.IntN(2)), Protected: register.Protection(random.IntN(3)), ProtectionStated: some()})
			}
		}
		if some() {
			roster.Enrolments = append(roster.Enrolments, register.Enrolment{PersonSourceID: child, InstitutionSourceID: fmt.Sprint("i", random.IntN(2))})
		}
		if some() {
			roster.Guardianships = append(roster.Guardianships, register.Guardianship{ChildSourceID: child, GuardianSourceID: fmt.Sprint("g", random.IntN(3)), Legal: some(), LegalStated: some()})
		}
	}
	if random.IntN(4) == 0 {
		roster.Ended = []register.Ref{{Noun: register.NounGuardianship, Key: "c0|g0"}}
		roster.Guardianships = dropKey(roster.Guardianships, "c0|g0")
	}
	return roster
}

func dropKey(rows []register.Guardianship, key string) (kept []register.Guardianship) {
	for _, row := range rows {
		if row.Key() != key {
			kept = append(kept, row)
		}
	}
	return kept
}

func endedByPerson[T interface{ Key() string }](known []register.Known[T], key string) bool {
	for _, k := range known {
		if k.Value.Key() == key {
			return k.Ended == register.EndedByPerson
		}
	}
	return false
}

// apply does to a state what the database does with a plan.
func apply(state register.State, plan register.Plan) register.State {
	return register.State{
		Institutions: applyRows(state.Institutions, plan.Institutions), Groups: applyRows(state.Groups, plan.Groups), Persons: applyRows(state.Persons, plan.Persons),
		Enrolments: applyRows(state.Enrolments, plan.Enrolments), Guardianships: applyRows(state.Guardianships, plan.Guardianships), StaffRoles: applyRows(state.StaffRoles, plan.StaffRoles),
	}
}

func applyRows[T interface{ Key() string }](known []register.Known[T], section register.Section[T]) []register.Known[T] {
	place := map[string]int{}
	rows := append([]register.Known[T](nil), known...)
	for i, k := range rows {
		place[k.Value.Key()] = i
	}
	for _, change := range append(append([]register.Change[T](nil), section.Creates...), section.Updates...) {
		if i, found := place[change.Key]; found {
			rows[i] = register.Known[T]{Value: change.Item}
			continue
		}
		rows = append(rows, register.Known[T]{Value: change.Item})
	}
	for _, change := range section.Ends {
		rows[place[change.Key]].Ended = register.EndedByImport
	}
	return rows
}
