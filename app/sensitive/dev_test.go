package sensitive_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"budstikke.example/app/sensitive"
)

type labelled struct {
	ID, Lang, Context, Text, Label string
	Categories                     []string
}

func labelledLines(t testing.TB) []labelled {
	t.Helper()
	file, err := os.Open("testdata/dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []labelled
	for scan := bufio.NewScanner(file); scan.Scan(); {
		var l labelled
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestLexiconOnTheDevelopmentSet(t *testing.T) {
	t.Parallel()
	var warned, right, gold, none, falseWarns, hit, escalated, noise int
	for _, l := range labelledLines(t) {
		r := sensitive.Check(l.Text, sensitive.Options{Locale: l.Lang, Context: sensitive.Context(l.Context)})
		if string(r.Severity) != l.Label {
			t.Logf("%s: %s, labelled %s %v: %q found %v", l.ID, r.Severity, l.Label, l.Categories, l.Text, rules(r))
		}
		if l.Label == "none" {
			none++
		}
		if l.Label == "warn" {
			gold++
		}
		if l.Label == "none" && r.Severity == sensitive.Hint {
			noise++
		}
		if r.Severity != sensitive.Warn {
			continue
		}
		warned++
		switch l.Label {
		case "warn":
			right++
			if shares(l.Categories, r) {
				hit++
			}
		case "hint":
			escalated++
		case "none":
			falseWarns++
		}
	}
	if none < 50 || gold < 25 || warned == 0 {
		t.Fatalf("the set is too small to say anything: %d none, %d warn, %d warned", none, gold, warned)
	}
	recall, precision, category := ratio(right, gold), ratio(right, warned), ratio(hit, right)
	t.Logf("warn recall %.2f, precision %.2f, category hit %.2f, false warns %d of %d, hints raised %d, hint noise %d", recall, precision, category, falseWarns, none, escalated, noise)
	if recall < 0.7 || precision < 0.8 || category < 0.9 {
		t.Errorf("recall %.2f, precision %.2f, category hit %.2f; want at least 0.70, 0.80, 0.90", recall, precision, category)
	}
	if falseWarns > 0 || escalated > 1 || noise > 3 {
		t.Errorf("%d false warns, %d hints raised to warnings, %d hints on ordinary lines; want at most 0, 1, 3", falseWarns, escalated, noise)
	}
}

func rules(r sensitive.Report) (all []string) {
	for _, f := range r.Findings {
		all = append(all, f.Rules...)
	}
	return all
}

func shares(want []string, r sensitive.Report) bool {
	for _, f := range r.Findings {
		for _, c := range want {
			if string(f.Category) == c {
				return true
			}
		}
	}
	return false
}

func ratio(a, b int) float64 { return float64(a) / float64(max(b, 1)) }
