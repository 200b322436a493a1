package register_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/register"
)

// sound asserts what holds for every file, however broken.
func sound(t *testing.T, roster register.Roster, problems register.Problems) {
	t.Helper()
	if len(problems.List) > register.MaxProblems || problems.Omitted() < 0 {
		t.Fatalf("%d problems listed, %d omitted", len(problems.List), problems.Omitted())
	}
	if problems.Failed() && len(roster.Persons)+len(roster.Institutions)+len(roster.Enrolments)+len(roster.StaffRoles)+len(roster.Ended) > 0 {
		t.Fatal("rows of a file with errors came through")
	}
	if !problems.Failed() && slices.ContainsFunc(roster.Persons, func(p register.Person) bool { return p.SourceID == "" || p.Name() == "" }) {
		t.Fatal("a person without id or name came through")
	}
	first := register.Diff(register.State{}, roster)
	if _, err := json.Marshal(first); err != nil {
		t.Fatal(err)
	}
	_ = first.Text()
	if len(first.Unresolved) == 0 {
		if second := register.Diff(register.StateOf(roster), roster); !second.Empty() {
			t.Fatalf("the same file twice changes something:\n%s", second.Text())
		}
	}
}

func FuzzParseList(f *testing.F) {
	f.Add([]byte(admission(f, ";", cells{}, cells{"Barn": ""})), []byte(admissionMapping))
	f.Add([]byte(admission(f, ",", cells{"Barn": "\"Alm, Bo\""})), []byte(admissionMapping))
	f.Add([]byte("Ansattnr;Fødselsnummer;Fornavn;Etternavn;Stilling;Sluttdato;Orgnr;Avdeling\na1;;Kari;Holm;Styrer;;B-1;x, y\n"), []byte(staffMapping))
	f.Add([]byte("a,b\n\"\n"), []byte("kind: admission\n"))
	f.Fuzz(func(t *testing.T, file, mappingFile []byte) {
		mapping, problems := register.ParseMapping(mappingFile, "m.yaml")
		if problems.Failed() {
			mapping = mustMap(t, admissionMapping)
		}
		roster, problems := register.ParseList(file, "list.csv", mapping, reading)
		sound(t, roster, problems)
	})
}

func FuzzParseOneRosterZip(f *testing.F) {
	for _, name := range []string{"oneroster_1p1_full.zip", "oneroster_1p1_minimal.zip"} {
		file, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		roster, problems := register.ParseOneRoster(file, "r.zip", reading)
		sound(t, roster, problems)
	})
}

// FuzzParseOneRosterTables gets past the zip, where bytes alone seldom do.
func FuzzParseOneRosterTables(f *testing.F) {
	f.Add(true, someOrgs, userHeads11+"p1,active,true,s,student,,Ida,Lund,,,a1,x,a1,\na1,active,true,s,parent,,Eva,Lund,,,,x,,\n", classHeads+"c1,,1A,homeroom,s\n", enrolHeads+"e1,,c1,s,p1,student,,\n")
	f.Add(false, orgHeads+"a,,A,department,,b,,\nb,,B,department,,a,,\n", userHeads11, classHeads, enrolHeads+"e1,tobedeleted,c1,s,p1,student,,\n")
	f.Fuzz(func(t *testing.T, bulk bool, orgs, users, classes, enrollments string) {
		mode := "delta"
		if bulk {
			mode = "bulk"
		}
		file := zipOf(t, "manifest.csv", manifest("1.1", "orgs", mode, "users", mode, "classes", mode, "enrollments", mode),
			"orgs.csv", orgs, "users.csv", users, "classes.csv", classes, "enrollments.csv", enrollments)
		roster, problems := register.ParseOneRoster(file, "r.zip", reading)
		sound(t, roster, problems)
		if bulk && strings.Contains(users, "x,a1") && slices.ContainsFunc(roster.Persons, func(p register.Person) bool { return p.Email == "x" }) {
			t.Fatal("a password became a hint")
		}
	})
}
