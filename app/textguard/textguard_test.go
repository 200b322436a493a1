package textguard_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/sensitive"
	"budstikke.example/app/textguard"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func guard(t *testing.T) *textguard.Guard {
	t.Helper()
	g, err := textguard.New([]byte(strings.Repeat("k", 32)))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// refused is the fault of a draft that is not let through.
func refused(t *testing.T, g *textguard.Guard, d textguard.Draft, at time.Time) *app.Fault {
	t.Helper()
	marked, err := g.Look(d, at)
	var fault *app.Fault
	if !errors.As(err, &fault) || marked || fault.Review == nil || fault.Review.Acknowledgement == "" {
		t.Fatalf("marked %v, fault %v", marked, err)
	}
	return fault
}

// report is what the guide found in a refused draft.
func report(t *testing.T, fault *app.Fault) sensitive.Report {
	t.Helper()
	r, ok := fault.Review.Report.(sensitive.Report)
	if !ok || len(r.Findings) == 0 {
		t.Fatalf("no findings in %+v", fault.Review)
	}
	return r
}

// V18: a warning comes before anything is stored; the acknowledgement that comes with it opens this text for this person for a while, and nothing else. B4: it always opens.
func TestAWarningIsAcknowledgedByWhoSawIt(t *testing.T) {
	t.Parallel()
	g := guard(t)
	draft := textguard.Draft{Text: "Han har fått diagnosen epilepsi", Context: sensitive.Message, Locale: "nb", Subject: "mother of one"}
	fault := refused(t, g, draft, now)
	if fault.Code != "sensitivity_confirmation_required" {
		t.Fatalf("%s with %+v", fault.Code, report(t, fault))
	}
	draft.Acknowledgement = fault.Review.Acknowledgement
	if marked, err := g.Look(draft, now.Add(9*time.Minute)); err != nil || !marked {
		t.Errorf("acknowledged: marked %v, %v", marked, err)
	}
	for name, change := range map[string]func(*textguard.Draft){
		"another text":   func(d *textguard.Draft) { d.Text += " og angst" },
		"another person": func(d *textguard.Draft) { d.Subject = "father of one" },
		"forged":         func(d *textguard.Draft) { d.Acknowledgement = strings.ToUpper(d.Acknowledgement) },
	} {
		other := draft
		change(&other)
		if fault := refused(t, g, other, now); fault.Code != "acknowledgement_invalid" {
			t.Errorf("%s: %s", name, fault.Code)
		}
	}
	if fault := refused(t, g, draft, now.Add(time.Hour)); fault.Code != "acknowledgement_invalid" {
		t.Errorf("too old: %s", fault.Code)
	}
}

// An ordinary text goes through unmarked, and so does one of a category that the municipality has switched off (V17).
func TestWhatIsNotWarnedAboutGoesThrough(t *testing.T) {
	t.Parallel()
	g := guard(t)
	for _, d := range []textguard.Draft{
		{Text: "Hun har feber og blir hjemme", Context: sensitive.Absence, Locale: "nb", Rule: app.TextRule{EverydayIllness: true}},
		{Text: "Han har fått diagnosen epilepsi", Context: sensitive.Message, Locale: "nb", Rule: app.TextRule{CategoriesOff: []string{"health_diagnosis"}}},
	} {
		if marked, err := g.Look(d, now); err != nil || marked {
			t.Errorf("%q: marked %v, %v", d.Text, marked, err)
		}
	}
	if r := g.Review("Hun har feber", sensitive.Absence, "nb", app.TextRule{EverydayIllness: true}); r.Severity != sensitive.Hint {
		t.Errorf("everyday illness: %s", r.Severity)
	}
}

// A colleague who writes to a guardian is advised as a colleague.
func TestStaffAreAdvisedAsStaff(t *testing.T) {
	t.Parallel()
	fault := refused(t, guard(t), textguard.Draft{Text: "She was diagnosed with epilepsy", Context: sensitive.StaffMessage, Locale: "en", Subject: "teacher"}, now)
	if advice := report(t, fault).Findings[0].Advice; !strings.Contains(advice, "record system") {
		t.Errorf("advice %q", advice)
	}
}

// B4: in Iceland an identity number counts without a word beside it; elsewhere the same digits may be anything.
func TestIdentityNumbersAreThoseOfTheCountry(t *testing.T) {
	t.Parallel()
	for country, want := range map[string]sensitive.Severity{"IS": sensitive.Warn, "NO": sensitive.None} {
		if r := guard(t).Review("1201602069 er hennar", sensitive.Message, "en", app.TextRule{Country: country}); r.Severity != want {
			t.Errorf("%s: %s, want %s", country, r.Severity, want)
		}
	}
}
