package sensitive_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Examples hold telephone numbers as people write them, since those look like parts of identity numbers. Norway and Denmark have no series for fiction, so
// ours begin with 0: no number of eight digits does in either country (in Norway a 0 begins numbers of five digits, in Denmark none at all), and the rules
// for digits do not care. Sweden has series for fiction (070-174 06 05 and on), which are used.
func TestTelephoneNumbersInExamplesAreNobodys(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(`(?:^|[^0-9 -]|[^0-9][ -])([2-9]\d{2} \d{2} \d{3}|[2-9]\d \d{2} \d{2} \d{2}|[2-9]\d{7})(?:[^0-9 -]|[ -][^0-9]|[ -]?$)`)
	names, err := filepath.Glob("testdata/lines/*.jsonl")
	if err != nil || len(names) == 0 {
		t.Fatalf("no training lines, %v", err)
	}
	for _, name := range append(names, "testdata/seen.jsonl", "testdata/held.jsonl", "testdata/held2.jsonl", "testdata/fresh.jsonl", "testdata/lines.tsv", "testdata/notes.tsv") {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(body), "\n") {
			for _, m := range number.FindAllStringSubmatch(line, -1) {
				if !strings.HasPrefix(m[1], "19") && !strings.HasPrefix(m[1], "20") { // a date
					t.Errorf("%s line %d: a telephone number that may be somebody's; let it begin with 0", name, i+1)
				}
			}
		}
	}
}
