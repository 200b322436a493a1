package register_test

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/register"
)

var update = flag.Bool("update", false, "write the golden files anew")

// village is a small roster: two institutions, a family in both, a single guardian, a protected family, two of staff.
func village(t testing.TB) register.Roster {
	t.Helper()
	number := func(serial int) nationalid.Number { return synthetic(t, nationalid.Sweden, 1980, 1990, serial) }
	return register.Roster{
		Source: "village.csv",
		Coverage: map[register.Noun]register.Coverage{register.NounInstitution: register.CoveragePartial, register.NounGroup: register.CoveragePartial, register.NounPerson: register.CoveragePartial,
			register.NounEnrolment: register.CoverageFull, register.NounGuardianship: register.CoverageFull, register.NounStaffRole: register.CoverageFull},
		GroupsStated: true,
		Institutions: []register.Institution{{SourceID: "k", Kind: register.Kindergarten, Ownership: register.Municipal, Name: "Ekorren"}, {SourceID: "s", Kind: register.School, Ownership: register.SelfGoverning, Name: "Ängsskolan"}},
		Groups:       []register.Group{{SourceID: "k/b", InstitutionSourceID: "k", Name: "Blåbär", Kind: register.Department}, {SourceID: "k/l", InstitutionSourceID: "k", Name: "Lingon", Kind: register.Department}, {SourceID: "s/1a", InstitutionSourceID: "s", Name: "1A", Kind: register.Class}},
		Persons: []register.Person{
			{SourceID: "c1", GivenName: "Elsa", FamilyName: "Lind"}, {SourceID: "c2", GivenName: "Nils", FamilyName: "Lind"}, {SourceID: "c3", GivenName: "Leo", FamilyName: "Hemlig", Protected: register.ProtectionProtected, ProtectionStated: true},
			{SourceID: "g1", GivenName: "Sara", FamilyName: "Lind", NationalID: number(0), Email: "sara@example.com"}, {SourceID: "g2", GivenName: "Amir", FamilyName: "Karimi", NationalID: number(1)}, {SourceID: "g3", GivenName: "Mira", FamilyName: "Hemlig", NationalID: number(2)},
			{SourceID: "t1", GivenName: "Lisbet", FamilyName: "Ek"}, {SourceID: "t2", GivenName: "Ove", FamilyName: "Ek"},
		},
		Enrolments:    []register.Enrolment{{PersonSourceID: "c1", InstitutionSourceID: "k", GroupSourceID: "k/b"}, {PersonSourceID: "c2", InstitutionSourceID: "s", GroupSourceID: "s/1a"}, {PersonSourceID: "c3", InstitutionSourceID: "k", GroupSourceID: "k/l"}},
		Guardianships: []register.Guardianship{{ChildSourceID: "c1", GuardianSourceID: "g1", Legal: true, Basis: "mor"}, {ChildSourceID: "c1", GuardianSourceID: "g2", Legal: true, Basis: "far"}, {ChildSourceID: "c2", GuardianSourceID: "g1", Legal: true}, {ChildSourceID: "c3", GuardianSourceID: "g3", Legal: true}},
		StaffRoles:    []register.StaffRole{{PersonSourceID: "t1", InstitutionSourceID: "k", Role: register.RoleLeader, GroupSourceIDs: []string{"k/b"}}, {PersonSourceID: "t2", InstitutionSourceID: "k", Role: register.RoleHead}},
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update after looking at it):\n%s", file, got)
	}
}

// autumn is the village's next list: moved, left, corrected, come anew, and custody that changed.
func autumn(t testing.TB) register.Roster {
	next := village(t)
	next.Source = "autumn.csv"
	next.Institutions[1].Name = "Nya Ängsskolan"
	next.Persons[3].GivenName, next.Persons[3].Email = "Sara Maria", "sara.maria@example.com"
	next.Persons[4].NationalID = synthetic(t, nationalid.Sweden, 1980, 1990, 7)
	next.Persons[2].GivenName = "Leo Mio"
	next.Persons = append(next.Persons[:7], register.Person{SourceID: "c4", GivenName: "Tuva", FamilyName: "Alm"}, register.Person{SourceID: "g4", GivenName: "Per", FamilyName: "Alm"})
	next.Persons = slices.Delete(next.Persons, 1, 2) // Nils has left
	next.Enrolments[0].GroupSourceID = "k/l"         // Elsa has moved
	next.Enrolments = append(next.Enrolments[:1:1], next.Enrolments[2], register.Enrolment{PersonSourceID: "c4", InstitutionSourceID: "k", From: time.Date(2025, 8, 18, 0, 0, 0, 0, time.UTC)})
	next.Guardianships = []register.Guardianship{{ChildSourceID: "c1", GuardianSourceID: "g1", Legal: true, Basis: "mor"}, {ChildSourceID: "c1", GuardianSourceID: "g2", LegalStated: true, Basis: "far"}, {ChildSourceID: "c1", GuardianSourceID: "g4"},
		{ChildSourceID: "c3", GuardianSourceID: "g3", Legal: true}, {ChildSourceID: "c4", GuardianSourceID: "g4", Legal: true}, {ChildSourceID: "c4", GuardianSourceID: "nobody"}}
	next.StaffRoles = next.StaffRoles[:1:1]
	next.StaffRoles[0].GroupSourceIDs = []string{"k/b", "k/l"}
	return next
}

func TestPlanText(t *testing.T) {
	t.Parallel()
	golden(t, "plan_first.golden", register.Diff(register.State{}, village(t)).Text())
	golden(t, "plan_autumn.golden", register.Diff(register.StateOf(village(t)), autumn(t)).Text())
	golden(t, "plan_nothing.golden", register.Diff(register.StateOf(village(t)), village(t)).Text())
}

func TestPlanAsJSONIsDeterministicAndHidesWhatItHasTo(t *testing.T) {
	t.Parallel()
	first, err := json.MarshalIndent(register.Diff(register.StateOf(village(t)), autumn(t)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "plan_autumn.json", string(first)+"\n")
	shuffled := register.StateOf(village(t))
	slices.Reverse(shuffled.Persons)
	slices.Reverse(shuffled.Enrolments)
	slices.Reverse(shuffled.Guardianships)
	second, err := json.MarshalIndent(register.Diff(shuffled, autumn(t)), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Error("the order of the database's rows changes the plan")
	}
	plan := register.Diff(register.StateOf(village(t)), autumn(t))
	for _, text := range []string{string(first), plan.Text()} {
		for _, secret := range []string{"Hemlig", "Mio", adultNumber(t, 1), adultNumber(t, 7)} {
			if strings.Contains(text, secret) {
				t.Errorf("the plan shows %q", secret)
			}
		}
	}
}

func TestChildMissingFromAFullFileLeaves(t *testing.T) {
	t.Parallel()
	plan := register.Diff(register.StateOf(village(t)), autumn(t))
	if len(plan.Departures) != 1 || plan.Departures[0].ChildSourceID != "c2" || plan.Departures[0].InstitutionSourceID != "s" {
		t.Errorf("departures %+v: Nils has left, Elsa has only moved to another group (V14)", plan.Departures)
	}
	var ended []string
	for _, change := range plan.Persons.Ends {
		ended = append(ended, change.Key)
	}
	if !slices.Equal(ended, []string{"c2", "t2"}) {
		t.Errorf("persons that end: %q; a guardian with another child stays", ended)
	}
	partial := autumn(t)
	partial.Coverage = map[register.Noun]register.Coverage{}
	if plan := register.Diff(register.StateOf(village(t)), partial); len(plan.Departures)+len(plan.Enrolments.Ends)+len(plan.Guardianships.Ends)+len(plan.Persons.Ends) != 0 {
		t.Errorf("a file that does not show everybody ended something:\n%s", plan.Text())
	}
}

func TestRestatedPersonsLoseWhatIsNoLongerNamed(t *testing.T) {
	t.Parallel()
	delta := village(t)
	delta.Coverage = map[register.Noun]register.Coverage{register.NounPerson: register.CoveragePartial, register.NounGuardianship: register.CoveragePartial}
	delta.Persons, delta.Enrolments, delta.StaffRoles = delta.Persons[:1], nil, nil
	delta.Guardianships = delta.Guardianships[:1]
	delta.Restated = []register.Ref{{Noun: register.NounGuardianship, Key: "c1"}, {Noun: register.NounStaffRole, Key: "t1"}}
	plan := register.Diff(register.StateOf(village(t)), delta)
	if len(plan.Guardianships.Ends) != 1 || plan.Guardianships.Ends[0].Key != "c1|g2" || len(plan.StaffRoles.Ends) != 1 || plan.StaffRoles.Ends[0].Item.PersonSourceID != "t1" {
		t.Errorf("guardianships %+v, staff roles %+v", plan.Guardianships.Ends, plan.StaffRoles.Ends)
	}
}

func TestWhatAPersonEndedStaysEnded(t *testing.T) {
	t.Parallel()
	state := register.StateOf(village(t))
	state.Guardianships[1].Ended = register.EndedByPerson // Amir for Elsa
	state.Persons[7].Ended = register.EndedByPerson       // Ove
	state.StaffRoles = state.StaffRoles[:1]
	next := village(t)
	next.Guardianships[1].Basis = "pappa"
	plan := register.Diff(state, next)
	if len(plan.Guardianships.Kept) != 1 || plan.Guardianships.Kept[0].Key != "c1|g2" || plan.Guardianships.Kept[0].Item.Basis != "far" {
		t.Errorf("kept guardianships %+v (P6, B8)", plan.Guardianships.Kept)
	}
	if len(plan.StaffRoles.Kept) != 1 || len(plan.Persons.Kept) != 1 {
		t.Errorf("a new role brought back somebody who was ended here: %+v", plan.StaffRoles)
	}
	if !plan.Empty() {
		t.Errorf("the plan changes something:\n%s", plan.Text())
	}
	state.Guardianships[1].Ended = register.EndedByImport
	plan = register.Diff(state, next)
	if len(plan.Guardianships.Creates) != 1 || !plan.Guardianships.Creates[0].Returns {
		t.Errorf("what an import ended comes back, inactive: %+v", plan.Guardianships)
	}
}

func TestSilenceErasesNothing(t *testing.T) {
	t.Parallel()
	known := village(t)
	known.Persons[0].BirthDate = time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC)
	known.StaffRoles[0].GroupSourceIDs = []string{"k/b", "k/l"}
	silent := village(t)
	for i := range silent.Persons {
		p := &silent.Persons[i]
		p.NationalID, p.Email, p.Protected, p.ProtectionStated = nationalid.Number{}, "", register.ProtectionNone, false
	}
	silent.GroupsStated = false
	for i := range silent.Guardianships {
		silent.Guardianships[i].Legal, silent.Guardianships[i].Basis = false, ""
	}
	if plan := register.Diff(register.StateOf(known), silent); !plan.Empty() {
		t.Errorf("a file with fewer columns changed something:\n%s", plan.Text())
	}
	silent.Persons[2].ProtectionStated = true
	plan := register.Diff(register.StateOf(known), silent)
	if len(plan.Persons.Updates) != 1 || len(plan.Attention) != 1 || plan.Attention[0].Kind != register.ProtectionLowered {
		t.Errorf("a protection that the file takes back is written down and shown to the head: %+v, %+v", plan.Persons.Updates, plan.Attention)
	}
	strict := village(t)
	strict.Persons[3].Protected, strict.Persons[3].Email = register.ProtectionStrict, ""
	if plan = register.Diff(register.StateOf(known), strict); plan.Persons.Updates[0].Item.Email != "" {
		t.Error("a contact hint of a strictly protected person was kept")
	}
}

func TestMassEndingsAreHeld(t *testing.T) {
	t.Parallel()
	roster := register.Roster{Source: "r", Coverage: map[register.Noun]register.Coverage{register.NounPerson: register.CoverageFull}}
	for i := range 40 {
		roster.Persons = append(roster.Persons, register.Person{SourceID: string(rune('A' + i)), GivenName: "N"})
	}
	state := register.StateOf(roster)
	for _, c := range []struct {
		left int
		held bool
	}{{40, false}, {32, false}, {31, true}, {1, true}} {
		next := roster
		next.Persons = roster.Persons[:c.left]
		if plan := register.Diff(state, next); plan.Held() != c.held || len(plan.Persons.Ends) != 40-c.left {
			t.Errorf("%d of 40 left: held %v, %d end", c.left, plan.Held(), len(plan.Persons.Ends))
		}
	}
}

// TestAPlanCanNotSayActive keeps V1 and P6 in the types: no field of a roster, a state or a plan speaks about access.
func TestAPlanCanNotSayActive(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Slice, reflect.Pointer, reflect.Map, reflect.Array:
			walk(typ.Elem())
		case reflect.Struct:
			for i := range typ.NumField() {
				name := strings.ToLower(typ.Field(i).Name)
				for _, word := range []string{"access", "active", "status", "grant", "permission", "password"} {
					if strings.Contains(name, word) {
						t.Errorf("%s has a field %s", typ, typ.Field(i).Name)
					}
				}
				walk(typ.Field(i).Type)
			}
		}
	}
	for _, value := range []any{register.Roster{}, register.State{}, register.Plan{}} {
		walk(reflect.TypeOf(value))
	}
	if len(seen) < 15 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}
