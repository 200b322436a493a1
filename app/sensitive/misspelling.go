package sensitive

import (
	"unicode/utf8"
)

// shortestMisspelt is the length in letters from which a word is also looked for with one slip of the finger; below it, one letter makes
// another word.
const shortestMisspelt = 7

// longestMisspelt keeps time linear: nothing longer is a word.
const longestMisspelt = 30

// addMisspellings enters every form of a word with one letter, not the first, left out; two words with a form in common are one slip apart.
func (lex *lexiconData) addMisspellings(w string, s symbol) {
	letters := []rune(w)
	if len(letters) < shortestMisspelt {
		return
	}
	lex.near[w] = s
	for i := 1; i < len(letters); i++ {
		form := string(letters[:i]) + string(letters[i+1:])
		if _, taken := lex.near[form]; !taken {
			lex.near[form] = s
		}
	}
}

// markMisspelt gives a word that no list knows the symbol of a strong word one slip away (a letter missing, added, wrong, or two swapped),
// endings aside.
func (lex *lexiconData) markMisspelt(t *token) {
	if n := utf8.RuneCountInString(t.word); n < shortestMisspelt || n > longestMisspelt {
		return
	}
	letters := []rune(t.word)
	for cut := range 5 {
		n := len(letters) - cut
		if n < shortestMisspelt-1 || !endings[string(letters[n:])] {
			continue
		}
		if s, ok := lex.slip(letters[:n]); ok {
			t.symbols = append(t.symbols, s)
			return
		}
	}
}

// slip looks up a word and its forms with one letter left out. The first letter has to be right: people rarely miss that one, and it keeps ordinary
// words out.
func (lex *lexiconData) slip(letters []rune) (symbol, bool) {
	if s, ok := lex.near[string(letters)]; ok && len(letters) >= shortestMisspelt-1 {
		return s, true
	}
	if len(letters) < shortestMisspelt {
		return 0, false
	}
	form := make([]rune, len(letters)-1)
	for i := 1; i < len(letters); i++ {
		copy(form, letters[:i])
		copy(form[i:], letters[i+1:])
		if s, ok := lex.near[string(form)]; ok {
			return s, true
		}
	}
	return 0, false
}

// joined finds strong words that somebody wrote as two ("barne vern"): only hits that need both halves count.
func (lex *lexiconData) joined(a, b token) (symbol, bool) {
	if a.stop || b.sentence != a.sentence || len(a.word)+len(b.word) < 8 || len(a.word) < 3 || len(b.word) < 3 {
		return 0, false
	}
	at := int32(0)
	for _, r := range a.word {
		if at = lex.words.step(at, r); at == 0 {
			return 0, false
		}
	}
	for i, r := range b.word {
		if at = lex.words.step(at, r); at == 0 {
			return 0, false
		}
		rest := b.word[i+utf8.RuneLen(r):]
		if i == 0 || !endings[rest] {
			continue
		}
		for _, e := range lex.words.nodes[at].entries {
			if lex.rows[e.symbol].strength == strongWarn && fits(e.mode, 0, rest) {
				return e.symbol, true
			}
		}
	}
	return 0, false
}
