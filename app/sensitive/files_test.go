package sensitive

import (
	"slices"
	"strings"
	"testing"
)

func TestFilesAreComplete(t *testing.T) {
	t.Parallel()
	reason, err := loadTexts("texts/reason.tsv")
	if err != nil {
		t.Fatal(err)
	}
	advice, err := loadTexts("texts/advice.tsv")
	if err != nil {
		t.Fatal(err)
	}
	known := map[Category]bool{}
	for _, c := range Categories() {
		known[c] = true
		for i, text := range reason[string(c)] {
			if strings.TrimSpace(text) == "" {
				t.Errorf("no reason for %s in %s", c, locales[i])
			}
		}
		if len(reason[string(c)]) != len(locales) {
			t.Errorf("no reason for %s", c)
		}
	}
	if len(known) != 18 {
		t.Errorf("%d categories", len(known))
	}
	for _, a := range []about{
		{category: categoryIndex(Finances), card: true}, {category: categoryIndex(ThirdParty)}, {category: categoryIndex(NationalID)}, {category: categoryIndex(ProtectedAddress)},
	} {
		for _, a.loud = range []loudness{hints, warns} {
			for _, place := range []Context{Absence, Message, StaffMessage} {
				if len(adviceAbout(a, Options{Context: place}, false)) != len(locales) {
					t.Errorf("no advice for %s at %s in %s", categories[a.category], severities[a.loud], place)
				}
			}
		}
	}
	for _, key := range []string{"safety", "telling", "hint_absence", "hint_message", "warn_absence", "warn_message", "staff_safety", "staff_telling", "staff_hint", "staff_warn"} {
		if len(advice[key]) != len(locales) {
			t.Errorf("no advice %s", key)
		}
	}
	for i, r := range rows {
		if r.category != noCategory && categories[r.category] == HealthMinor && r.strength != hinted && r.strength != hintCued {
			t.Errorf("row %d (%s): everyday health never warns", i, ruleNames[r.rule])
		}
	}
	if entriesWritten < 1500 {
		t.Errorf("only %d words: a file is missing", entriesWritten)
	}
}

// Every rule that is named as one about self-harm exists, and is named once.
func TestSelfHarmRulesExist(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range selfHarm {
		if !slices.Contains(ruleNames[:], name) || !strings.HasPrefix(name, string(MentalHealth)+".") || seen[name] {
			t.Errorf("%q is no rule about the mind, or named twice", name)
		}
		seen[name] = true
	}
}

// B4: a bug in the guide must not keep anybody from writing.
func TestFailsOpen(t *testing.T) {
	t.Parallel()
	r := check("Han har epilepsi", Options{}, func(*document, string, Options) { panic("broken") })
	if r.Skipped != Failed || r.Severity != None || r.Findings != nil || r.NeedsAcknowledgement() {
		t.Errorf("got %+v", r)
	}
}
