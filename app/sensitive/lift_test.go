package sensitive_test

import (
	"slices"
	"strings"
	"testing"

	"budstikke.example/app/sensitive"
)

// What no rule foresaw is found by its likeness to other lines, and says of which category, where, and what to do.
func TestLikenessExplainsItself(t *testing.T) {
	t.Parallel()
	const text = "Good morning! The swimming things are in the blue bag. He goes all stiff and covers his head whenever daddy lifts his hand at home. See you at four."
	r := sensitive.Check(text, sensitive.Options{Locale: "en"})
	at := slices.IndexFunc(r.Findings, func(f sensitive.Finding) bool { return f.Category == sensitive.ViolenceAbuse })
	if at < 0 || r.Severity != sensitive.Warn {
		t.Fatalf("%s, found %v", r.Severity, rules(r))
	}
	f := r.Findings[at]
	if !slices.Contains(f.Rules, "violence_abuse.likeness") || f.Reason == "" || f.Advice == "" || f.Action != sensitive.Confirm || len(f.Spans) != 1 {
		t.Fatalf("found %+v", f)
	}
	words := string([]rune(text)[f.Spans[0].StartRune:f.Spans[0].EndRune])
	if n := len(strings.Fields(words)); n == 0 || n > 6 || !strings.Contains("He goes all stiff and covers his head whenever daddy lifts his hand at home", words) {
		t.Errorf("marked %q", words)
	}
}

// What matters is found in a long text, too, and nothing is made of the rest.
func TestLikenessDoesNotDrown(t *testing.T) {
	t.Parallel()
	ordinary := strings.Repeat("The swimming things are in the blue bag. We will be there at nine and grandma picks up at four. ", 5)
	if r := sensitive.Check(ordinary, sensitive.Options{}); r.Severity == sensitive.Warn {
		t.Errorf("warned of %v", rules(r))
	}
	if r := sensitive.Check(ordinary+"He goes all stiff and covers his head whenever daddy lifts his hand at home. "+ordinary, sensitive.Options{}); r.Severity != sensitive.Warn {
		t.Errorf("%s, found %v", r.Severity, rules(r))
	}
}

// Numbers that were checked, secret addresses and a wish to hurt oneself are warned about in the most ordinary text there is.
func TestLikenessNeverTakesBackTheGravest(t *testing.T) {
	t.Parallel()
	const around = "Hei, Sander blir hjemme i dag med litt feber og hoste. "
	for _, text := range []string{"Fødselsnummeret er 16822548834. ", "Vi har hemmelig adresse. ", "Hun kutter seg. "} {
		if r := sensitive.Check(around+text+around, sensitive.Options{Locale: "nb"}); r.Severity != sensitive.Warn {
			t.Errorf("%s for %q, found %v", r.Severity, text, rules(r))
		}
	}
}

// What no rule knows can be hinted at, too; what everybody writes stays without a word.
func TestLikenessHints(t *testing.T) {
	t.Parallel()
	r := sensitive.Check("Hun har vært så stille og lei seg i det siste, og vil helst bare være hjemme hos oss om kveldene", sensitive.Options{Locale: "nb"})
	if r.Severity != sensitive.Hint || r.NeedsAcknowledgement() {
		t.Errorf("%s, found %v", r.Severity, rules(r))
	}
	for _, text := range []string{"Vi er litt seine i dag, bussen kom ikke", "Kan noen se etter den blå lua i garderoben?", "She is off with a cold, back on Monday"} {
		if r := sensitive.Check(text, sensitive.Options{}); r.Severity != sensitive.None {
			t.Errorf("%q: %s, found %v", text, r.Severity, rules(r))
		}
	}
}

// A rule that is often wrong is taken back where a text is plainly about something else.
func TestLikenessTakesBack(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"Baptism at my in-laws' on Sunday, so we're leaving after lunch on Friday", "Farfar gick i konkurs i Monopol igår och Tim är stadens kung"} {
		if r := sensitive.Check(text, sensitive.Options{}); r.Severity == sensitive.Warn {
			t.Errorf("warned about %q: %v", text, rules(r))
		}
	}
}
