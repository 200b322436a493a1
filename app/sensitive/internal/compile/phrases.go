package main

import (
	"fmt"
	"slices"
	"strings"
)

// gaps are the signs for words that may stand between two places of a phrase, and how many at most.
var gaps = map[string]int{".": 1, "..": 3, "...": 6}

// anyOrder is the gap of a place that may stand before or after the others, in the same message; such a phrase has & between all its places.
const anyOrder = 255

// addPhrase reads a phrase row: category, rule, strength, pattern, options. Places are separated by spaces or gap signs; a place is words separated
// by |, each plain, with * (any rest), with ~ (an ordinary ending), with $ (last before a stop), or @class; ? before a place makes it optional. Words
// joined by _ are one alternative of several words; it is met at its first and at its last.
func (lex *lexicon) addPhrase(f []string) error {
	r, err := lex.newRow(f[0], f[1], f[2], f[4:])
	if err != nil {
		return err
	}
	parts := strings.Fields(f[3])
	if len(parts) == 0 || gaps[parts[0]] > 0 || gaps[parts[len(parts)-1]] > 0 {
		return fmt.Errorf("pattern %q must begin and end with a word", f[3])
	}
	if slices.Contains(parts, "&") && !alternating(parts) {
		return fmt.Errorf("pattern %q: with & between some places it has to stand between all", f[3])
	}
	if place := torn(parts); place != "" {
		return fmt.Errorf("pattern %q: %q looks like alternatives of several words; join their words by _", f[3], place)
	}
	return lex.spellOut(r, parts, nil, 0)
}

// torn finds what is left of alternatives of several words that somebody wrote with a space: "take_me|take us|take him|burn" without the underscores is three
// places, of which the one in the middle is the end of one alternative and the beginning of the next, which begins like the one before.
func torn(parts []string) string {
	for i := 1; i+1 < len(parts); i++ {
		before, here, after := strings.Split(parts[i-1], "|"), strings.Split(parts[i], "|"), strings.Split(parts[i+1], "|")
		if len(before) > 1 && len(here) == 2 && len(after) > 1 && here[1] == before[len(before)-1] && here[0] != here[1] {
			return parts[i]
		}
	}
	return ""
}

// alternating reports whether & stands after every place but the last.
func alternating(parts []string) bool {
	for i, part := range parts {
		if (part == "&") != (i%2 == 1) {
			return false
		}
	}
	return len(parts)%2 == 1
}

// spellOut walks the places and adds a pattern for every choice of optional ones and of words that must or need not stand last.
func (lex *lexicon) spellOut(r int, parts []string, done []element, gap int) error {
	if len(parts) == 0 {
		if len(done) == 0 {
			return fmt.Errorf("a pattern needs a place that is not optional")
		}
		p := pattern{row: r, elements: slices.Clone(done)}
		p.elements[0].gap = 0
		for i, e := range p.elements {
			if lex.setCost[e.symbol] < lex.setCost[p.elements[p.anchor].symbol] {
				p.anchor = i
			}
		}
		lex.patterns = append(lex.patterns, p)
		return nil
	}
	if parts[0] == "&" {
		return lex.spellOut(r, parts[1:], done, anyOrder)
	}
	if g, ok := gaps[parts[0]]; ok {
		return lex.spellOut(r, parts[1:], done, gap+g)
	}
	place, optional := strings.CutPrefix(parts[0], "?")
	var free, final []string
	for alternative := range strings.SplitSeq(place, "|") {
		alternative = strings.TrimPrefix(alternative, "?")
		if w, stop := strings.CutSuffix(alternative, "$"); stop {
			final = append(final, w)
		} else {
			free = append(free, alternative)
		}
	}
	for i, set := range [][]string{free, final} {
		if len(set) == 0 {
			continue
		}
		symbol, err := lex.set(set)
		if err != nil {
			return err
		}
		if err := lex.spellOut(r, parts[1:], append(slices.Clone(done), element{symbol, gap, i == 1}), 0); err != nil {
			return err
		}
	}
	if optional {
		return lex.spellOut(r, parts[1:], done, gap)
	}
	return nil
}

// partner is the rarest place beside the one that a phrase is found by; of a phrase of one place, that place.
func (lex *lexicon) partner(p pattern) int {
	partner := p.anchor
	for i, e := range p.elements {
		if i != p.anchor && (partner == p.anchor || lex.setCost[e.symbol] < lex.setCost[p.elements[partner].symbol]) {
			partner = i
		}
	}
	return partner
}

// anywhereNear is where the partner of a phrase in any order stands (tables.go).
const anywhereNear = 127

// beside is how many words after the place that a phrase is found by its partner may stand, at least and at most.
func (lex *lexicon) beside(p pattern) (first, last int) {
	if len(p.elements) > 1 && p.elements[1].gap == anyOrder {
		return 0, anywhereNear
	}
	partner := lex.partner(p)
	for i := min(partner, p.anchor) + 1; i <= max(partner, p.anchor); i++ {
		first, last = first+1, last+1+p.elements[i].gap
	}
	if partner < p.anchor {
		first, last = -last, -first
	}
	return first, last
}

// given are the classes without words in the files: the guide itself gives them to a text's words.
var given = []string{"num", "name", "code"}

// set is the symbol of a place: the class itself when it is one class alone, else one symbol that all of its words carry.
func (lex *lexicon) set(alternatives []string) (int, error) {
	slices.Sort(alternatives)
	alternatives = slices.Compact(alternatives)
	key := strings.Join(alternatives, "|")
	if s, ok := lex.sets[key]; ok {
		return s, nil
	}
	var symbol int
	var words []word
	if class, ok := strings.CutPrefix(key, "@"); ok && len(alternatives) == 1 {
		if symbol, ok = lex.classes[class]; !ok {
			return 0, fmt.Errorf("unknown class %q", key)
		}
		if words = lex.classWords[class]; words == nil && !slices.Contains(given, class) {
			return 0, fmt.Errorf("no word is of class %q: nothing can stand there", key)
		}
	} else {
		symbol = lex.fresh(-1)
		for _, a := range alternatives {
			if class, ok := strings.CutPrefix(a, "@"); ok {
				if _, known := lex.classes[class]; !known || lex.classWords[class] == nil {
					return 0, fmt.Errorf("unknown class %q, or one that cannot stand beside words", a)
				}
				words = append(words, lex.classWords[class]...)
				continue
			}
			w := word{text: a}
			for sign, mode := range map[string]int{"*": first, "~": stem} {
				if text, ok := strings.CutSuffix(a, sign); ok {
					w = word{text, mode}
				}
			}
			if w.text == "" {
				return 0, fmt.Errorf("empty alternative in %q", key)
			}
			words = append(words, w)
		}
		for _, w := range words {
			if err := lex.addWord(w.text, w.mode, symbol, true); err != nil {
				return 0, err
			}
		}
	}
	lex.sets[key], lex.setCost[symbol] = symbol, lex.cost(symbol, words)
	return symbol, nil
}

// cost guesses how often some word of a place is met.
func (lex *lexicon) cost(symbol int, words []word) int {
	cost := 0
	switch symbol {
	case lex.classes["name"]:
		cost = 300
	case lex.classes["num"]:
		cost = 150
	}
	for _, w := range words {
		cost += 1 + 2*w.mode
		if lex.frequent[w.text] {
			cost += 100
		}
	}
	return cost
}
