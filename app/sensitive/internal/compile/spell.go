package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// alphabet is the letters that words are folded to, in the order of their codes; the guide folds texts to the same (letters.go).
// The last is no letter: it stands between the words of an expression.
const alphabet = "abcdefghijklmnopqrstuvwxyzåäæöø" + between

const between = "_"

const (
	shortestInside   = 3 // the guide looks for what may stand inside words by its first three letters (beginnings.go)
	shortestRespelt  = 4 // shorter words keep their letters: without them they are other words
	shortestSlipped  = 5
	shortestMistyped = 7
)

var (
	twoLetters  = strings.NewReplacer("å", "aa", "ä", "ae", "æ", "ae", "ö", "oe", "ø", "oe")
	accents     = strings.NewReplacer("é", "e", "è", "e", "ê", "e", "ó", "o", "ò", "o", "ô", "o", "ü", "u", "à", "a")
	bareLetters = strings.NewReplacer("å", "a", "ä", "a", "æ", "a", "ö", "o", "ø", "o")
)

func (lex *lexicon) addWords(words, mode string, symbol int, fuzzy bool) error {
	m := slices.Index(modes, mode)
	if m < 0 {
		return fmt.Errorf("unknown mode %q", mode)
	}
	for _, w := range strings.Fields(words) {
		if err := lex.addWord(w, m, symbol, fuzzy); err != nil {
			return err
		}
	}
	return nil
}

// addWord enters a word in three spellings: as written, with ae, oe and aa, and with bare letters. The last two are left out where they are another
// word (common.tsv).
func (lex *lexicon) addWord(w string, mode, symbol int, fuzzy bool) error {
	w = accents.Replace(w)
	for _, r := range w {
		if !strings.ContainsRune(alphabet, r) {
			return fmt.Errorf("%q holds a letter outside the alphabet", w)
		}
	}
	if err := readable(w); err != nil {
		return err
	}
	if mode >= anywhere && utf8.RuneCountInString(w) < shortestInside {
		return fmt.Errorf("%q: what may stand inside a word or at its end has %d letters at least", w, shortestInside)
	}
	lex.written[w] = true
	if fuzzy && utf8.RuneCountInString(w) >= shortestSlipped && utf8.RuneCountInString(w) < shortestMistyped && !strings.Contains(w, between) {
		lex.addSlips(w, symbol)
	}
	for i, form := range []string{w, twoLetters.Replace(w), bareLetters.Replace(w)} {
		if i > 0 && (form == w || utf8.RuneCountInString(w) < shortestRespelt || lex.common[form]) {
			continue
		}
		e := entry{form, symbol, mode, i == 0 && fuzzy && !strings.Contains(form, between) && utf8.RuneCountInString(form) >= shortestMistyped && mode < last}
		if symbol == lex.classes["ordinary"] {
			e.fuzzy = false
		}
		lex.entries = append(lex.entries, e)
	}
	return nil
}

// What the guide reads of a text (longestWord in letters.go, longestExpression in express.go): nothing longer is ever found.
const (
	longestWord       = 60
	longestExpression = 5
)

// readable refuses what no text can hold: a row with it would find nothing, and nobody would see that.
func readable(w string) error {
	words := strings.Split(w, between)
	if len(words) > longestExpression {
		return fmt.Errorf("%q has %d words: an expression has %d at most", w, len(words), longestExpression)
	}
	for _, word := range words {
		switch n := utf8.RuneCountInString(word); {
		case n == 0:
			return fmt.Errorf("%q begins or ends with %s, or has two side by side", w, between)
		case n > longestWord:
			return fmt.Errorf("%q: no word of a text has more than %d letters", w, longestWord)
		}
	}
	return nil
}

// addSlips enters what slips of the finger make of a word too short for the guide's own search: two letters swapped, and, of a word that says something by
// itself, one left out or doubled. The first letter is right, and nothing may follow. What is another word (common.tsv) is left out; a tagged
// test looks for such in dictionaries.
func (lex *lexicon) addSlips(w string, symbol int) {
	forms, speaks := swapped(w), lex.symbolRow[symbol] >= 0
	if speaks {
		forms = slices.Concat(forms, doubled(w), dropped(w))
	}
	for _, form := range forms {
		if !lex.common[form] {
			lex.entries = append(lex.entries, entry{form, symbol, whole, false})
			if speaks {
				lex.slips[form] = w
			}
		}
	}
}

// swapped are a word's forms with two letters after the first swapped.
func swapped(w string) []string {
	var forms []string
	letters := []rune(w)
	for i := 1; i+1 < len(letters); i++ {
		if letters[i] != letters[i+1] {
			form := slices.Clone(letters)
			form[i], form[i+1] = form[i+1], form[i]
			forms = append(forms, string(form))
		}
	}
	return forms
}

// dropped are a word's forms without one of the letters between the first and the last.
func dropped(w string) []string {
	var forms []string
	letters := []rune(w)
	for i := 1; i+1 < len(letters); i++ {
		forms = append(forms, string(letters[:i])+string(letters[i+1:]))
	}
	return forms
}

// doubled are the slips that short words suffer most: a consonant doubled between vowels, or one of two left out.
func doubled(w string) []string {
	const vowels = "aeiouyåäæöø"
	var forms []string
	letters := []rune(w)
	for i := 1; i < len(letters); i++ {
		switch consonant := !strings.ContainsRune(vowels, letters[i]); {
		case consonant && letters[i] == letters[i-1]:
			forms = append(forms, string(letters[:i])+string(letters[i+1:]))
		case consonant && i+1 < len(letters) && strings.ContainsRune(vowels, letters[i-1]) && letters[i] != letters[i+1]:
			forms = append(forms, string(letters[:i+1])+string(letters[i:]))
		}
	}
	return forms
}
