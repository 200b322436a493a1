package sensitive

import "math/bits"

// shortestMistyped is the length in letters from which a word is also looked for with one slip of the finger; below it, one letter makes another word.
// longestMistyped bounds the work: nothing longer is a word with one slip.
const (
	shortestMistyped = 7
	longestMistyped  = 32
)

// mistyped looks for a lexicon word one slip away: a letter wrong, missing, too much, or two swapped. The first letter has to be right: people rarely miss
// that one, and it keeps ordinary words out. Paths die after a few letters, so the work is small and bounded for every word.
func (r *reader) mistyped(word []byte) {
	n := rootMistyped.step(word[0])
	for i := 1; n != 0 && i < len(word); i++ {
		r.goOn(n, word[i+1:]) // word[i] is too much
		if i+1 < len(word) && word[i] != word[i+1] {
			if m := n.step(word[i+1]); m != 0 { // two are swapped
				if m = m.step(word[i]); m != 0 {
					r.finish(m, word[i+2:])
					r.goOn(m, word[i+2:])
				}
			}
		}
		for mask := uint32(n); mask != 0; mask &= mask - 1 {
			letter := trailing(mask)
			if word[i] == letter {
				continue
			}
			m := n.step(letter)
			if m.goesOn(word[i]) {
				r.goOn(m, word[i:]) // a letter is missing
			}
			if m.list() != 0 {
				r.finish(m, word[i+1:]) // a letter is wrong
			}
			if i+1 < len(word) && m.goesOn(word[i+1]) {
				r.goOn(m, word[i+1:])
			}
		}
		if len(r.symbols) > 8 {
			return
		}
		n = n.step(word[i])
	}
}

// goOn follows the rest of the word exactly.
func (r *reader) goOn(n node, rest []byte) {
	for i, l := range rest {
		if n = n.step(l); n == 0 {
			return
		}
		r.finish(n, rest[i+1:])
	}
}

// finish takes what ends here when the word ends too, but for an ordinary ending: a slip and a compound together are too much of a guess.
func (r *reader) finish(n node, rest []byte) {
	if n.list() == 0 || len(rest) > 0 && isEnding(rest) == 0 {
		return
	}
	for i := endStarts[n.list()]; ; i++ {
		end := endLists[i]
		if mode(end&7) != whole || len(rest) == 0 {
			r.give(end)
		}
		if end&lastEnd != 0 {
			return
		}
	}
}

// joined finds strong words that somebody wrote as two ("barne vern"): only what needs both halves counts.
func (d *document) joined(i int) (symbol, bool) {
	if i+1 >= len(d.tokens) {
		return 0, false
	}
	a, b := &d.tokens[i], &d.tokens[i+1]
	if a.entry.half == 0 || b.from == b.to || !a.entry.half.goesOn(d.letters[b.from]) || a.stop || b.sentence != a.sentence || a.to-a.from < 3 || b.to-b.from < 3 || a.to-a.from+b.to-b.from < 8 {
		return 0, false
	}
	n := a.entry.half
	word := d.letters[b.from:b.to]
	for j, l := range word {
		if n = n.step(l); n == 0 {
			return 0, false
		}
		if j < 2 || n.list() == 0 || isEnding(word[j+1:]) == 0 && j+1 < len(word) {
			continue
		}
		for k := endStarts[n.list()]; ; k++ {
			end := endLists[k]
			s := endSymbol(end)
			if r := symbols[s].row; r >= 0 && rows[r].strength <= plain && (mode(end&7) != whole || j+1 == len(word)) {
				return s, true
			}
			if end&lastEnd != 0 {
				break
			}
		}
	}
	return 0, false
}

func trailing(mask uint32) byte { return byte(bits.TrailingZeros32(mask)) }
