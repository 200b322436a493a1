package register_test

import (
	"strings"
	"testing"

	"budstikke.example/app/register"
)

func TestMappingMistakesHaveTheirLine(t *testing.T) {
	t.Parallel()
	base := "kind: admission\ncountry: NO\ncolumns:\n  child.national_id: Fnr\n  child.full_name: Navn\ndefaults:\n  institution.id: B-1\n  institution.kind: barnehage\n"
	if _, problems := register.ParseMapping([]byte(base), "m.yaml"); problems.String() != "" {
		t.Fatal(problems)
	}
	for _, c := range []struct {
		text, words string
		line        int
	}{
		{base + "colums: {}\n", "Unknown key “colums”", 9},
		{base + "covers: most\n", "“full”", 9},
		{base + "delimiter: \"|\"\n", "delimiter has to be", 9},
		{base + "encoding: latin-9\n", "utf-8", 9},
		{base + "dates: DD.MM.YY\n", "Years of two digits", 9},
		{base + "words:\n  rolle: {leader: [leder]}\n", "Unknown kind of word “rolle”", 10},
		{base + "words:\n  role:\n    boss: [leder]\n", "Unknown meaning “boss”", 11},
		{base + "words:\n  yes_no:\n    \"yes\": [ja]\n    \"no\": [JA]\n", "two meanings", 12},
		{base + "kind: staff\n", "", 9},
		{strings.Replace(base, "child.full_name", "child.fullname", 1), "Unknown field “child.fullname” under columns", 5},
		{strings.Replace(base, "child.full_name", "role.role", 1), "of a list of kind “admission”", 5},
		{strings.Replace(base, "  child.full_name: Navn\n", "", 1), "child.given_name", 0},
		{strings.Replace(base, "  institution.kind: barnehage\n", "", 1), "kindergartens or schools", 0},
		{strings.Replace(base, "  institution.id", "  child.national_id", 1), "can not have a default", 7},
		{strings.Replace(base, "country: NO", "country: US", 1), "NO, SE, DK, FI or IS", 2},
		{strings.Replace(base, "kind: admission", "kind: children", 1), "“admission” or “staff”", 1},
		{strings.Replace(base, "kind: admission\n", "", 1), "has to say “kind", 1},
		{strings.Replace(base, "Navn", "[Navn]", 1), "single text", 5},
		{strings.Replace(base, "Fnr", "&a Fnr", 1) + "encoding: *a\n", "anchors", 9},
		{"kind: admission\n\tcountry: NO\n", "not valid YAML", 2},
		{"- kind\n", "name: text", 1},
		{"", "empty", 0},
		{strings.Repeat("#", 70000), "larger than 64 kB", 0},
	} {
		mapping, problems := register.ParseMapping([]byte(c.text), "m.yaml")
		if !problems.Failed() || mapping.Kind != "" {
			t.Errorf("accepted:\n%s", c.text)
			continue
		}
		wantProblem(t, problems, register.SeverityError, c.line, "", c.words)
	}
}

func TestMappingWithoutCustodyIsAWarning(t *testing.T) {
	t.Parallel()
	_, problems := register.ParseMapping([]byte("kind: admission\ncountry: NO\ncolumns: {child.id: a, child.full_name: b, guardian1.id: c, guardian1.full_name: d}\ndefaults: {institution.id: x, institution.kind: skole}\n"), "m.yaml")
	if problems.Failed() {
		t.Fatal(problems)
	}
	wantProblem(t, problems, register.SeverityWarning, 0, "", "legal custody")
}

func TestEveryFieldOfTheDocumentationIsAccepted(t *testing.T) {
	t.Parallel()
	for _, kind := range []register.ListKind{register.ListAdmission, register.ListStaff} {
		text := "kind: " + string(kind) + "\ncountry: DK\ncolumns:\n"
		for _, field := range register.Fields(kind) {
			text += "  " + string(field) + ": heading of " + string(field) + "\n"
		}
		if _, problems := register.ParseMapping([]byte(text), "m.yaml"); problems.String() != "" {
			t.Errorf("%s: %s", kind, problems)
		}
	}
}
