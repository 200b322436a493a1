package app_test

import (
	"testing"

	"budstikke.example/app"
)

// V17: staff are told in their own language what to do about a sensitive note.
func TestAskToDeleteNote(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for _, locale := range []string{"nb", "nn", "da", "sv", "en"} {
		words := app.AskToDeleteNote(locale)
		if other, twice := seen[words]; twice || words == "" {
			t.Errorf("%s has the words of %q: %q", locale, other, words)
		}
		seen[words] = locale
	}
	if app.AskToDeleteNote("fi") != app.AskToDeleteNote("en") || app.AskToDeleteNote("") != app.AskToDeleteNote("en") {
		t.Error("an unknown locale does not get English")
	}
}
