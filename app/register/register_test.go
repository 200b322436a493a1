package register_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/register"
)

var (
	on      = time.Date(2025, 11, 21, 0, 0, 0, 0, time.UTC)
	reading = register.Reading{On: on, Pseudonym: register.KeyedPseudonym([]byte("a key for tests"))}
)

// synthetic gives the number of nobody, an adult from 1976 on or a child.
func synthetic(t testing.TB, country nationalid.Country, from, to, serial int) nationalid.Number {
	t.Helper()
	n, err := nationalid.SyntheticBorn(country, from, to, serial)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func adultNumber(t testing.TB, serial int) string {
	return synthetic(t, nationalid.Sweden, 1980, 1990, serial).Digits()
}
func childNumber(t testing.TB, serial int) string {
	return synthetic(t, nationalid.Sweden, 2019, 2019, serial).Digits()
}

// mustMap reads a mapping that has to be without errors.
func mustMap(t testing.TB, text string) register.Mapping {
	t.Helper()
	mapping, problems := register.ParseMapping([]byte(text), "mapping.yaml")
	if problems.Failed() {
		t.Fatalf("mapping:\n%s", problems)
	}
	return mapping
}

// zipOf packs files given as name, text, name, text …
func zipOf(t testing.TB, parts ...string) []byte {
	t.Helper()
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for i := 0; i+1 < len(parts); i += 2 {
		entry, err := archive.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := entry.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// wantProblem asserts that a problem with that place and severity has a reason that contains the words.
func wantProblem(t *testing.T, problems register.Problems, severity register.Severity, line int, columnName, words string) {
	t.Helper()
	for _, p := range problems.List {
		if p.Severity == severity && p.Line == line && p.ColumnName == columnName && strings.Contains(p.Reason, words) {
			return
		}
	}
	t.Errorf("no %s in line %d, column %q, that says %q; problems:\n%s", severity, line, columnName, words, problems)
}

func names(roster register.Roster) (all []string) {
	for _, p := range roster.Persons {
		all = append(all, p.Name())
	}
	return all
}

func personNamed(t *testing.T, roster register.Roster, name string) register.Person {
	t.Helper()
	for _, p := range roster.Persons {
		if p.Name() == name {
			return p
		}
	}
	t.Fatalf("nobody is called %q among %q", name, names(roster))
	return register.Person{}
}
