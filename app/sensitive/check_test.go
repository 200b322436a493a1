package sensitive_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"budstikke.example/app/sensitive"
)

func TestNothingIsBlocked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		skipped    sensitive.Skipped
	}{
		{"empty", "", sensitive.NotSkipped},
		{"only marks", "\u0301\u0301\u0301", sensitive.NotSkipped},
		{"only emoji", strings.Repeat("👨‍👩‍👧", 500), sensitive.NotSkipped},
		{"invalid UTF-8", strings.Repeat("\xff\xc3", 4000), sensitive.NotSkipped},
		{"one letter", strings.Repeat("a", sensitive.MaxRunes), sensitive.NotSkipped},
		{"only digits", strings.Repeat("1", sensitive.MaxRunes), sensitive.NotSkipped},
		{"as long as may be, in two bytes each", strings.Repeat("å", sensitive.MaxRunes), sensitive.NotSkipped},
		{"too long", strings.Repeat("a", sensitive.MaxRunes+1), sensitive.TooLong},
		{"much too long, and sensitive", strings.Repeat("epilepsi ", 20_000), sensitive.TooLong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := sensitive.Check(tt.text, sensitive.Options{})
			if r.Skipped != tt.skipped || r.Severity != sensitive.None || len(r.Findings) != 0 || r.Ruleset == "" {
				t.Errorf("got %s, %q, %v", r.Severity, r.Skipped, rules(r))
			}
		})
	}
}

func TestActionsAndOrder(t *testing.T) {
	t.Parallel()
	r := sensitive.Check("Hun har time hos tannlegen, fnr 16822548834. Mannen min slår meg og jeg har diabetes.", sensitive.Options{Locale: "nb"})
	want := []struct {
		category sensitive.Category
		severity sensitive.Severity
		action   sensitive.Action
	}{
		{sensitive.ViolenceAbuse, sensitive.Warn, sensitive.Confirm},
		{sensitive.NationalID, sensitive.Warn, sensitive.BlockSuggest},
		{sensitive.HealthDiagnosis, sensitive.Warn, sensitive.Confirm},
		{sensitive.HealthMinor, sensitive.Hint, sensitive.NoAction},
	}
	if len(r.Findings) != len(want) || !r.NeedsAcknowledgement() {
		t.Fatalf("found %v, severity %s", rules(r), r.Severity)
	}
	for i, w := range want {
		f := r.Findings[i]
		if f.Category != w.category || f.Severity != w.severity || f.Action != w.action || len(f.Rules) == 0 || len(f.Spans) == 0 {
			t.Errorf("finding %d is %+v, want %+v", i, f, w)
		}
	}
}

func TestContextAndCountry(t *testing.T) {
	t.Parallel()
	text := "Han har epilepsi"
	absence := sensitive.Check(text, sensitive.Options{Locale: "nb", Context: sensitive.Absence})
	message := sensitive.Check(text, sensitive.Options{Locale: "nb", Context: sensitive.Message})
	if absence.Severity != message.Severity || absence.Findings[0].Advice == message.Findings[0].Advice {
		t.Error("context must change the advice and only the advice")
	}
	kennitala := "120160-3389 er hennar"
	if r := sensitive.Check(kennitala, sensitive.Options{Country: "IS"}); r.Findings == nil || r.Findings[0].Category != sensitive.NationalID {
		t.Errorf("kennitala in Iceland: %v", rules(r))
	}
}

func TestRulesetIsStable(t *testing.T) {
	t.Parallel()
	if a, b := sensitive.Check("a", sensitive.Options{}).Ruleset, sensitive.Ruleset(); a != b || !strings.HasPrefix(a, "2026.") {
		t.Errorf("rulesets %q and %q", a, b)
	}
}

func TestCheckIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	text := "Hon har ångest och går hos psykolog, personnummer 20160203-2383"
	want := rules(sensitive.Check(text, sensitive.Options{}))
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				if got := rules(sensitive.Check(text, sensitive.Options{})); !slices.Equal(got, want) {
					t.Errorf("found %v, want %v", got, want)
				}
			}
		})
	}
	wait.Wait()
}

// Look-alikes of identity numbers: none may warn, and each valid one does.
func TestIdentityNumbersInText(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"16822548834": true, "168225 48834": true, "(16822548834)": true, "fnr:16822548834!": true, "160203-2383": true, "1602032383": true,
		"201602032383": true, "20160203 2383": true, "250255-5254": true, "250255-5255": true, "2502555254": true, "cpr: 2502555255": true,
		"020504A902E": true, "kennitala 120160-3389": true, "fnr 12818070088": true, "1\u200b6822548834": true,
		"12818070088": false, "2502555255": false, "16822548835": false, "168225488341": false, "x16822548834": false, "1234 56 78903": false,
		"30129954321": false, "556677-8899": false, "165566778899": false, "2911887711": false, "+4716822548": false, "16822548834-2": false,
		"020504A902F": false, "2025-01-03": false, "1682 2548 834": false,
	}
	for text, want := range tests {
		r := sensitive.Check(text, sensitive.Options{})
		got := slices.ContainsFunc(r.Findings, func(f sensitive.Finding) bool { return f.Category == sensitive.NationalID })
		if got != want {
			t.Errorf("%q: identity number = %v, want %v (%v)", text, got, want, rules(r))
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	short := "Hun er forkjølet og har feber, så hun blir hjemme til fredag. Hilsen mamma"
	texts := map[string]string{"short": short, "500": strings.Repeat(short+" ", 7)[:500], "5000": strings.Repeat(short+" ", 70)[:5000], "one_letter": strings.Repeat("a", sensitive.MaxRunes)}
	for _, name := range []string{"short", "500", "5000", "one_letter"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sensitive.Check(texts[name], sensitive.Options{Locale: "nb"})
			}
		})
	}
}
