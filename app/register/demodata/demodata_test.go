package demodata_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/register"
	"budstikke.example/app/register/demodata"
)

var reading = register.Reading{On: time.Date(2025, 11, 21, 0, 0, 0, 0, time.UTC), Pseudonym: register.KeyedPseudonym([]byte("demo"))}

func generate(t *testing.T, options demodata.Options) demodata.Demo {
	t.Helper()
	demo, err := demodata.Generate(options)
	if err != nil {
		t.Fatal(err)
	}
	return demo
}

func parseList(t *testing.T, demo demodata.Demo, file, mappingFile string) register.Roster {
	t.Helper()
	mapping, problems := register.ParseMapping(demo.Files[mappingFile], mappingFile)
	if problems.String() != "" {
		t.Fatal(problems)
	}
	roster, problems := register.ParseList(demo.Files[file], file, mapping, reading)
	if problems.String() != "" {
		t.Fatal(problems)
	}
	return roster
}

func parseAll(t *testing.T, demo demodata.Demo) (admission, staff, school register.Roster) {
	t.Helper()
	school, problems := register.ParseOneRoster(demo.Files[demodata.OneRosterFile], demodata.OneRosterFile, reading)
	if problems.String() != "" {
		t.Fatal(problems)
	}
	return parseList(t, demo, demodata.AdmissionFile, demodata.AdmissionMappingFile), parseList(t, demo, demodata.StaffFile, demodata.StaffMappingFile), school
}

func TestFilesImportWithoutProblemsAndInTheExpectedNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options demodata.Options
		country nationalid.Country
	}{
		{demodata.Options{}, nationalid.Sweden}, {demodata.Options{Seed: 7}, nationalid.Sweden}, {demodata.Options{Scale: 20}, nationalid.Sweden}, {demodata.Options{Scale: 40}, nationalid.Norway},
	} {
		demo := generate(t, c.options)
		if demo.Country != c.country {
			t.Errorf("%+v: numbers of %s, want %s", c.options, demo.Country, c.country)
		}
		admission, staff, school := parseAll(t, demo)
		n := demo.Counts
		for _, check := range []struct {
			what      string
			got, want int
		}{
			{"children", len(admission.Enrolments), n.Children}, {"groups", len(admission.Groups), n.KindergartenGroups},
			{"kindergarten persons", len(admission.Persons), n.Children + n.KindergartenAdults},
			{"kindergarten guardianships", len(admission.Guardianships), n.KindergartenGuardianships},
			{"list staff", len(staff.StaffRoles), n.ListStaff}, {"list staff persons", len(staff.Persons), n.ListStaff},
			{"pupils", len(school.Enrolments), n.Pupils}, {"classes", len(school.Groups), n.Classes},
			{"school persons", len(school.Persons), n.Pupils + n.SchoolAdults + n.SchoolStaff},
			{"school guardianships", len(school.Guardianships), n.SchoolGuardianships}, {"school staff", len(school.StaffRoles), n.SchoolStaff},
		} {
			if check.got != check.want || check.got == 0 {
				t.Errorf("%+v: %d %s, want %d", c.options, check.got, check.what, check.want)
			}
		}
	}
}

func TestDefaultMunicipalityHasItsPromisedSize(t *testing.T) {
	t.Parallel()
	n := generate(t, demodata.Options{}).Counts
	if n.Children != 36 || n.KindergartenGroups != 3 || n.Pupils != 60 || n.Classes != 3 {
		t.Errorf("counts %+v", n)
	}
	if big := generate(t, demodata.Options{Scale: 20}).Counts; big.KindergartenAdults+big.SchoolAdults < 2000 {
		t.Errorf("a load test needs thousands of guardians, got %+v", big)
	}
}

func TestSameOptionsGiveTheSameBytes(t *testing.T) {
	t.Parallel()
	one, two, other := generate(t, demodata.Options{Seed: 3}), generate(t, demodata.Options{Seed: 3}), generate(t, demodata.Options{Seed: 4})
	for name, data := range one.Files {
		if !bytes.Equal(data, two.Files[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
	if bytes.Equal(one.Files[demodata.AdmissionFile], other.Files[demodata.AdmissionFile]) {
		t.Error("another seed gives the same list")
	}
	if one.Cast.Applicant.Name() != other.Cast.Applicant.Name() {
		t.Error("the cast has to keep its names under every seed")
	}
}

func TestEveryIdentityNumberIsSynthetic(t *testing.T) {
	t.Parallel()
	for _, scale := range []int{1, 40} {
		admission, staff, school := parseAll(t, generate(t, demodata.Options{Scale: scale}))
		for _, roster := range []register.Roster{admission, staff, school} {
			for _, p := range roster.Persons {
				if !p.NationalID.IsSynthetic() {
					t.Fatalf("scale %d: %s has a number that could be somebody's", scale, p.Name())
				}
				if p.Email != "" && !strings.HasSuffix(p.Email, "@example.com") {
					t.Fatalf("scale %d: %s has an address outside example.com", scale, p.Name())
				}
			}
		}
	}
}

func TestCastIsInTheFilesAsTheStoryNeedsIt(t *testing.T) {
	t.Parallel()
	demo := generate(t, demodata.Options{})
	admission, staff, school := parseAll(t, demo)
	cast := demo.Cast
	applicant, second := cast.Applicant, cast.SecondGuardian
	if len(applicant.Children) != 2 || len(second.Children) != 2 || applicant.Children[0] != second.Children[0] {
		t.Fatalf("the applicant and the second guardian share a kindergarten child and a pupil: %+v, %+v", applicant.Children, second.Children)
	}
	for i, roster := range []register.Roster{admission, school} {
		child := applicant.Children[i].Number
		if !legal(t, roster, child, applicant.Number) || !legal(t, roster, child, second.Number) {
			t.Errorf("%s: both guardians of %s have custody", roster.Source, applicant.Children[i].Name())
		}
	}
	if legal(t, admission, cast.Contact.Children[0].Number, cast.Contact.Number) {
		t.Error("the contact person must not have custody")
	}
	for _, roster := range []register.Roster{admission, staff, school} {
		if _, found := find(roster, cast.Stranger.Number); found {
			t.Errorf("%s knows the stranger", roster.Source)
		}
	}
	for _, number := range []nationalid.Number{cast.Protected.Number, cast.Protected.Children[0].Number} {
		if p, found := find(admission, number); !found || p.Protected != register.ProtectionProtected || p.Email != "" {
			t.Errorf("the protected family: %+v, found %v", p.Protected, found)
		}
	}
	for _, c := range []struct {
		roster register.Roster
		member demodata.Member
		role   register.Role
	}{
		{staff, cast.Owner, register.RoleOwner}, {staff, cast.KindergartenHead, register.RoleHead}, {staff, cast.KindergartenLeader, register.RoleLeader}, {school, cast.SchoolHead, register.RoleHead},
	} {
		p, _ := find(c.roster, c.member.Number)
		held := false
		for _, role := range c.roster.StaffRoles {
			held = held || role.PersonSourceID == p.SourceID && role.Role == c.role
		}
		if !held {
			t.Errorf("%s is not %s in %s", c.member.Name(), c.role, c.roster.Source)
		}
	}
}

func TestSiblingsShareGuardiansAcrossInstitutions(t *testing.T) {
	t.Parallel()
	admission, _, school := parseAll(t, generate(t, demodata.Options{}))
	shared := 0
	for _, p := range admission.Persons {
		if _, found := find(school, p.NationalID); found {
			shared++
		}
	}
	if shared < 3 {
		t.Errorf("%d guardians have children in both institutions, want more", shared)
	}
}

func TestScaleOutsideItsLimitsIsRefused(t *testing.T) {
	t.Parallel()
	for _, scale := range []int{-1, demodata.MaxScale + 1} {
		if _, err := demodata.Generate(demodata.Options{Scale: scale}); err == nil {
			t.Errorf("scale %d was accepted", scale)
		}
	}
	if _, err := demodata.Generate(demodata.Options{Scale: demodata.MaxScale}); err != nil {
		t.Error(err)
	}
}

func find(roster register.Roster, number nationalid.Number) (register.Person, bool) {
	for _, p := range roster.Persons {
		if p.NationalID == number {
			return p, true
		}
	}
	return register.Person{}, false
}

func legal(t *testing.T, roster register.Roster, child, adult nationalid.Number) bool {
	t.Helper()
	c, childFound := find(roster, child)
	a, adultFound := find(roster, adult)
	if !childFound || !adultFound {
		t.Fatalf("%s misses somebody of the cast", roster.Source)
	}
	for _, g := range roster.Guardianships {
		if g.ChildSourceID == c.SourceID && g.GuardianSourceID == a.SourceID {
			return g.Legal
		}
	}
	t.Fatalf("%s misses a guardianship of the cast", roster.Source)
	return false
}
