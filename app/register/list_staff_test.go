package register_test

import (
	"strings"
	"testing"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/register"
)

const staffMapping = `
kind: staff
country: NO
columns:
  person.id: Ansattnr
  person.national_id: Fødselsnummer
  person.given_name: Fornavn
  person.family_name: Etternavn
  role.role: Stilling
  role.until: Sluttdato
  institution.number: Orgnr
  group.name: Avdeling
defaults: {institution.kind: barnehage}
words: {role: {leader: [leder]}}
`

func TestStaffList(t *testing.T) {
	t.Parallel()
	head := "Ansattnr;Fødselsnummer;Fornavn;Etternavn;Stilling;Sluttdato;Orgnr;Avdeling\n"
	parse := func(rows string) (register.Roster, register.Problems) {
		return register.ParseList([]byte(head+rows), "ansatte.csv", mustMap(t, staffMapping), register.Reading{On: on})
	}
	roster, problems := parse("a1;;Kari;Holm;Styrer;;B-1;\na2;;Ola;Vik;Leder;;B-1;Blåbær, Tyttebær\na2;;Ola;Vik;leder;;B-1;Molte\na3;;Siv;Ås;VIKAR;2026-01-31;B-1;\na4;;Liv;Moe;eier;;;\n")
	if problems.String() != "" {
		t.Fatal(problems)
	}
	if len(roster.StaffRoles) != 4 || len(roster.Persons) != 4 || len(roster.Groups) != 3 || len(roster.StaffRoles[1].GroupSourceIDs) != 3 {
		t.Errorf("roles %+v, groups %+v", roster.StaffRoles, roster.Groups)
	}
	if owner := roster.StaffRoles[3]; owner.Role != register.RoleOwner || owner.InstitutionSourceID != "" {
		t.Errorf("owner %+v", owner)
	}
	number := synthetic(t, nationalid.Norway, 1980, 1989, 0).Digits()
	for row, want := range map[string]struct{ column, words string }{
		"a1;;Kari;Holm;ekstern partner;;B-1;\n":               {"Sluttdato", "needs a last day"},
		"a1;;Kari;Holm;trollmann;;B-1;\n":                     {"Stilling", "“trollmann” is not a known word"},
		"a1;;Kari;Holm;;;B-1;\n":                              {"Stilling", "role is missing"},
		"a1;;Kari;Holm;styrer;;;\n":                           {"Orgnr", "institution is missing"},
		"a1;;Kari;Holm;eier;;;Molte\n":                        {"Avdeling", "a group but no institution"},
		number + ";;Kari;Holm;styrer;;B-1;\n":                 {"Ansattnr", "column for ids holds identity numbers"},
		"a1;" + number[:10] + ";Kari;Holm;styrer;;B-1;\n":     {"Fødselsnummer", "dropped the zero"},
		"a1;" + number + number + ";Kari;Holm;styrer;;B-1;\n": {"Fødselsnummer", "not written like an identity number of Norway"},
	} {
		_, problems := parse(row)
		wantProblem(t, problems, register.SeverityError, 2, want.column, want.words)
	}
	roster, problems = parse("a1;;Kari;Holm;vikar;;B-1;\n")
	wantProblem(t, problems, register.SeverityWarning, 2, "Sluttdato", "ends by itself after the days")
	if len(roster.StaffRoles) != 1 || !roster.StaffRoles[0].Until.IsZero() {
		t.Errorf("a substitute without a last day comes in as %+v", roster.StaffRoles)
	}
	_, problems = parse("a1;" + number + ";Kari;Holm;styrer;;B-1;\na2;" + number + ";Ola;Vik;leder;;B-1;\n")
	wantProblem(t, problems, register.SeverityError, 3, "", "belongs to somebody with another id in line 2")
}

// The user name of the municipality's sign-in service is read in lower case; what is none is left out, an identity number above all (U5, P15).
func TestUsernamesOfStaff(t *testing.T) {
	t.Parallel()
	mapping := mustMap(t, strings.Replace(staffMapping, "  role.role:", "  person.username: Brukernavn\n  role.role:", 1))
	head := "Ansattnr;Fødselsnummer;Fornavn;Etternavn;Brukernavn;Stilling;Sluttdato;Orgnr;Avdeling\n"
	number := synthetic(t, nationalid.Norway, 1980, 1989, 0).Digits()
	roster, problems := register.ParseList([]byte(head+"a1;;Kari;Holm;KARI.Holm@budvik.example;styrer;;B-1;\na2;;Ola;Vik;"+number+";leder;;B-1;\na3;;Siv;Ås;;leder;;B-1;\n"),
		"ansatte.csv", mapping, register.Reading{On: on})
	wantProblem(t, problems, register.SeverityWarning, 3, "Brukernavn", "not a user name")
	if len(roster.Persons) != 3 || roster.Persons[0].Username != "kari.holm@budvik.example" || roster.Persons[1].Username != "" || roster.Persons[2].Username != "" {
		t.Errorf("persons %+v", roster.Persons)
	}
}
