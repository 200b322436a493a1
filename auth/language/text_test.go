package language_test

import (
	"testing"

	"budstikke.example/auth/language"
)

func TestATextIsReadInTheLanguageOfTheLocale(t *testing.T) {
	t.Parallel()
	text := language.Text{NB: "ikke", NN: "ikkje", DA: "ikke da", SV: "inte", EN: "not"}
	for locale, want := range map[string]string{
		"nb": "ikke", "no": "ikke", "NB-no": "ikke", "nn-NO": "ikkje", "da": "ikke da", "sv-FI": "inte", "en-GB": "not", "": "not", "fi": "not", "nbx": "not",
	} {
		if got := text.In(locale); got != want {
			t.Errorf("In(%q) = %q, want %q", locale, got, want)
		}
	}
}
