package walk_test

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
)

// Everybody's name occurs once in the world, so that finding it anywhere says whose it is.
const (
	kindergarten = "Kvitfugla barnstuga"
	school       = "Redarvens läroverk"
	abroad       = "Myrsnipans dagis" // in the other municipality
)

// admission is a row of an admission list: a child and its guardians, by given name. Rows of the same child add guardians.
type admission struct {
	child, place string
	guardians    []string
	protected    bool
}

type employment struct{ who, place, role string }

// surname gives everybody of a given name one family name of their own.
func surname(given string) string { return given + "vexel" }

var admissions = []admission{
	{child: "Alfhildis", place: kindergarten, guardians: []string{"Annelore", "Bodvaris"}},
	{child: "Alfhildis", place: kindergarten, guardians: []string{"Dagfinnor", "Evelindis"}},
	{child: "Alfhildis", place: kindergarten, guardians: []string{"Fridabella"}},
	{child: "Caspianus", place: kindergarten, guardians: []string{"Ceciliana", "Stenulvar"}},
	{child: "Fjalarine", place: kindergarten, guardians: []string{"Fridabella"}},
	{child: "Gudrunette", place: kindergarten, guardians: []string{"Gretchenia"}},
	{child: "Pernillus", place: kindergarten, guardians: []string{"Petronellix"}, protected: true},
	{child: "Hjalmarine", place: school, guardians: []string{"Hildegunnar"}},
}

var employments = []employment{
	{"Emelinda", kindergarten, "employee"}, {"Leonorina", kindergarten, "leader"}, {"Heddavina", kindergarten, "head"},
	{"Oddvarina", kindergarten, "owner"}, {"Xeniador", kindergarten, "employee"},
	{"Rektorina", school, "head"}, {"Torunnara", school, "leader"},
	{"Kommunalia", "", "owner"},
}

var (
	admissionsAbroad  = []admission{{child: "Mosebackus", place: abroad, guardians: []string{"Monsinora"}}}
	employmentsAbroad = []employment{{"Utrikine", abroad, "head"}}
)

const admissionMapping = `kind: admission
country: SE
encoding: utf-8
delimiter: ";"
covers: full
dates: YYYY-MM-DD
columns: {child.national_id: id, child.given_name: given, child.family_name: family, child.protected: hidden, institution.name: place,
  institution.number: number, group.name: group, guardian1.national_id: id1, guardian1.given_name: given1, guardian1.family_name: family1,
  guardian1.legal: legal1, guardian1.relation: relation1, guardian2.national_id: id2, guardian2.given_name: given2,
  guardian2.family_name: family2, guardian2.legal: legal2, guardian2.relation: relation2}
defaults: {institution.kind: kindergarten, institution.ownership: municipal}
words:
  yes_no: {"yes": [ja], "no": [nej]}
  protected: {protected: [ja], none: [nej]}
`

const staffMapping = `kind: staff
country: SE
encoding: utf-8
delimiter: ";"
covers: full
columns: {person.national_id: id, person.given_name: given, person.family_name: family, role.role: role, institution.name: place,
  institution.number: number}
defaults: {institution.kind: kindergarten, institution.ownership: municipal}
`

// number is the synthetic identity number of somebody, the same in every run.
func (w *town) number(given string, child bool) nationalid.Number {
	if n, known := w.numbers[given]; known {
		return n
	}
	from, to := 1976, 1998
	if child {
		from, to = 2014, 2018
	}
	n, err := nationalid.SyntheticBorn(nationalid.Sweden, from, to, len(w.numbers))
	must(w.tb, err)
	w.numbers[given] = n
	return n
}

// importLists brings the people in as a municipality would: everybody is inactive afterwards (V1).
func (w *town) importLists(municipality uuid.UUID, children []admission, staff []employment) {
	w.tb.Helper()
	number := map[string]string{kindergarten: "T-1", school: "T-2", abroad: "T-3", "": ""}
	lines := []string{"id;given;family;hidden;place;number;group;id1;given1;family1;legal1;relation1;id2;given2;family2;legal2;relation2"}
	for _, a := range children {
		hidden := "nej"
		if a.protected {
			hidden = "ja"
		}
		row := []string{w.number(a.child, true).Digits(), a.child, surname(a.child), hidden, a.place, number[a.place], "Blomsterglänta"}
		for _, g := range a.guardians {
			row = append(row, w.number(g, false).Digits(), g, surname(g), "ja", "förälder")
		}
		for len(row) < 17 {
			row = append(row, "")
		}
		lines = append(lines, strings.Join(row, ";"))
	}
	w.importList(municipality, "admission", strings.Join(lines, "\n")+"\n", admissionMapping)
	lines = []string{"id;given;family;role;place;number"}
	for _, e := range staff {
		lines = append(lines, strings.Join([]string{w.number(e.who, false).Digits(), e.who, surname(e.who), e.role, e.place, number[e.place]}, ";"))
	}
	w.importList(municipality, "staff", strings.Join(lines, "\n")+"\n", staffMapping)
}

func (w *town) importList(municipality uuid.UUID, source, list, mapping string) {
	w.tb.Helper()
	how, problems := register.ParseMapping([]byte(mapping), source+".yaml")
	fatalProblems(w.tb, problems)
	target := w.api.Postgres.Register(municipality, w.keys)
	roster, problems := register.ParseList([]byte(list), source+".csv", how, register.Reading{On: w.Clock.Now(), Pseudonym: target.Pseudonym})
	fatalProblems(w.tb, problems)
	sum := sha256.Sum256([]byte(list))
	_, err := target.Apply(w.ctx, postgres.Import{Source: source, FileName: source + ".csv", FileHash: sum[:], Roster: roster})
	must(w.tb, err)
}

func fatalProblems(tb testing.TB, problems register.Problems) {
	tb.Helper()
	if problems.Failed() {
		tb.Fatal(problems)
	}
}
