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
