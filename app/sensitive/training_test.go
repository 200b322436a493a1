package sensitive_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"budstikke.example/app/sensitive"
	"budstikke.example/app/sensitive/score"
)

// Training lines say what labelling.md lets them say, each once: a wrong category or a line given twice would weigh on what is learned, and nobody would see it.
func TestTrainingLinesAreSoundAndApart(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/lines/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatalf("no training lines: %v", err)
	}
	ids, texts := map[string]bool{}, map[string]string{}
	for _, name := range files {
		for _, l := range linesOf(t, name) {
			if ids[l.ID] {
				t.Errorf("%s: twice", l.ID)
			}
			if twin := texts[plain(l.Text)]; twin != "" {
				t.Errorf("%s: the same text as %s", l.ID, twin)
			}
			ids[l.ID], texts[plain(l.Text)] = true, l.ID
			if l.Label != "none" && l.Label != "hint" && l.Label != "warn" || (l.Label == "none") != (len(l.Categories) == 0) {
				t.Errorf("%s: %s with categories %v", l.ID, l.Label, l.Categories)
			}
			if l.Label == "warn" && slices.Equal(l.Categories, []string{"health_minor"}) {
				t.Errorf("%s: everyday health never warns", l.ID)
			}
			for _, c := range l.Categories {
				if !slices.Contains(sensitive.Categories(), sensitive.Category(c)) {
					t.Errorf("%s: no category %s", l.ID, c)
				}
			}
		}
	}
	// A line that is learned from measures nothing. Lines are named by id only: who reads this failing must not read what is measured with.
	measured, err := filepath.Glob("testdata/held*.jsonl")
	if err != nil || len(measured) == 0 {
		t.Fatalf("nothing to measure with: %v", err)
	}
	for _, name := range append(measured, "testdata/dev.jsonl", "testdata/fresh.jsonl", "testdata/strangers.jsonl") {
		for _, l := range linesOf(t, name) {
			if twin := texts[plain(l.Text)]; twin != "" {
				t.Errorf("%s is learned from, as %s", l.ID, twin)
			}
		}
	}
}

func linesOf(t *testing.T, name string) []score.Line {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines, err := score.Read(file)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return lines
}

// plain is a text without case, signs and spaces: what makes two lines the same.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)
}
