package sensitive

import (
	"slices"
	"testing"
)

// conceptsOf are the concepts of a word as the learned weight meets it in a text.
func conceptsOf(t *testing.T, word string) []uint16 {
	t.Helper()
	var d document
	d.cut(word)
	if len(d.tokens) != 1 {
		t.Fatalf("%q is %d words", word, len(d.tokens))
	}
	_, _, concepts := lettersInARow(nil, d.letters)
	return concepts.all()
}

// What words of five languages mean alike is one concept, however they are inflected and without their rings and dots, too.
func TestConceptsAreSharedByTheLanguages(t *testing.T) {
	t.Parallel()
	for _, alike := range [][]string{
		{"henter", "hämtade", "hamtade", "haemtade", "picked", "fetched"}, {"advokaten", "lawyer", "solicitors"}, {"frykter", "frygter", "feared", "terrified"},
		{"fengselet", "fængsel", "fängelset", "prison"}, {"skilsmisse", "divorced", "skilda"},
	} {
		first := conceptsOf(t, alike[0])
		if len(first) == 0 {
			t.Errorf("%q has no concept", alike[0])
		}
		for _, word := range alike[1:] {
			if shared := slices.ContainsFunc(conceptsOf(t, word), func(c uint16) bool { return slices.Contains(first, c) }); !shared {
				t.Errorf("%q and %q have nothing in common: %v, %v", alike[0], word, first, conceptsOf(t, word))
			}
		}
	}
	for _, word := range []string{"xqz", "qwrtzpsdfghjklmn"} {
		if len(conceptsOf(t, word)) > 0 {
			t.Errorf("%q has concepts", word)
		}
	}
}
