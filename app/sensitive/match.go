package sensitive

import (
	"bytes"
	"slices"
)

// mark gives every token its symbols and cues, and every clause and sentence the cues of its words.
func (d *document) mark() {
	for i := range d.tokens {
		t := &d.tokens[i]
		t.marks, t.active, d.cues = int32(len(d.symbols)), int32(len(d.active)), 0
		if t.number {
			d.symbols = append(d.symbols, symbolNum)
			d.present[symbolNum/64] |= 1 << (symbolNum % 64)
			d.active = append(d.active, symbolNum)
			if digits := d.text[t.start.bytes:t.end.bytes]; digits == "6" || digits == "7" {
				d.symbols = append(d.symbols, symbolCode)
				d.present[symbolCode/64] |= 1 << (symbolCode % 64)
				d.active = append(d.active, symbolCode)
			}
		} else {
			d.lookUp(i)
		}
		t.marksEnd = int32(len(d.symbols))
		t.cues |= d.cues
		if t.cues&cueGiven != 0 || t.capital && t.marks == t.marksEnd {
			d.symbols = append(d.symbols, symbolName)
			d.present[symbolName/64] |= 1 << (symbolName % 64)
			t.marksEnd++
			d.active = append(d.active, symbolName)
		}
		t.activeEnd = int32(len(d.active))
		if t.cues&cueThing != 0 && d.isPlace(i) {
			t.cues &^= cueThing
		}
		if t.cues&cueTrade != 0 && d.isTrade(i) {
			t.cues |= cueJob
		}
		d.clauses[t.clause] |= t.cues
		d.sentences[t.sentence] |= t.cues
	}
}

// lookUp gives token i what its word stands for, and what the expressions do that begin or end there. A word that stood in the text before has the same.
func (d *document) lookUp(i int) {
	t := &d.tokens[i]
	word := d.letters[t.from:t.to]
	place := &d.repeats[repeat(word)]
	if k := int(*place) - 1; k >= 0 && d.alike(&d.tokens[k], t) {
		d.repeat(&d.tokens[k], t)
	} else {
		d.wordAlone(t, word)
		t.ownMarks, t.ownActive, t.ownCues = int32(len(d.symbols)), int32(len(d.active)), d.cues
		*place = int32(i + 1) //nolint:gosec // at most MaxRunes
	}
	if !t.ordinary {
		d.express(i, word)
	}
}

// wordAlone walks the tries: from the first letter, then from every later one for what may stand inside a compound. Paths are short, so the time is
// linear in the length of the word.
func (d *document) wordAlone(t *token, word []byte) {
	n := rootWords
	for i := 0; i < len(word); i++ {
		if n = n.step(word[i]); n == 0 {
			break
		}
		if n.list() != 0 {
			d.take(t, n.list(), 0, word[i+1:])
		}
	}
	for start := 1; start+4 <= len(word); start++ {
		n := rootInside
		for i := start; i < len(word); i++ {
			if n = n.step(word[i]); n == 0 {
				break
			}
			if n.list() != 0 {
				d.take(t, n.list(), start, word[i+1:])
			}
		}
	}
	for _, s := range d.active[t.active:] {
		if s == symbolOrdinary {
			d.symbols, d.active, d.cues = d.symbols[:t.marks], d.active[:t.active], 0
			d.giveWhole(t, word)
			t.ordinary = true
			return
		}
	}
	if t.alsoTo > t.alsoFrom {
		d.giveWhole(t, d.letters[t.alsoFrom:t.alsoTo])
	}
	if !t.typed && len(word) >= shortestMistyped && len(word) <= longestMistyped {
		d.mistyped(t, word)
	}
}

// repeats is how many words of a text are remembered, by a hash of their letters.
const repeats = 256

func repeat(word []byte) uint8 {
	h := uint32(len(word))
	for _, l := range word {
		h = h*31 + uint32(l)
	}
	return uint8((h * 0x9E3779B1) >> 24)
}

// alike reports whether two tokens are the same word.
func (d *document) alike(a, b *token) bool {
	return a.alsoTo == a.alsoFrom && b.alsoTo == b.alsoFrom && bytes.Equal(d.letters[a.from:a.to], d.letters[b.from:b.to])
}

// repeat gives token t what the same word was given before.
func (d *document) repeat(before, t *token) {
	d.symbols = append(d.symbols, d.symbols[before.marks:before.ownMarks]...)
	d.active = append(d.active, d.active[before.active:before.ownActive]...)
	d.cues = before.ownCues
	t.ownMarks, t.ownActive, t.ownCues = int32(len(d.symbols)), int32(len(d.active)), before.ownCues
	t.ordinary, t.typed = before.ordinary, before.typed
}

// take gives a token what ends here and fits there.
func (d *document) take(t *token, list uint32, start int, rest []byte) {
	if start == 0 && len(rest) == 0 {
		d.takeAll(t, list)
		return
	}
	ending := -1 // not looked up yet
	parts, from := endParts[list], endStarts[list]
	for _, end := range endLists[from+parts>>16 : from+parts&0xFFFF] { // the others are only the word itself
		s, m := endSymbol(end), mode(end&7)
		fits := true
		switch m {
		case stem, last:
			if fits = m == last || start == 0; fits && len(rest) > 0 {
				if ending < 0 {
					ending = isEnding(rest)
				}
				fits = ending == 1
			}
		case first:
			fits = start == 0
		case tail:
			fits = len(rest) == 0
		}
		if fits {
			d.give(t, end)
			t.typed = t.typed || m <= stem || end&activeEnd != 0 && symbols[s].row >= 0
		}
	}
}

// takeAll is take for the very word, which fits every mode. Common words stand in hundreds of places of phrases, so this is most of the work on a text.
func (d *document) takeAll(t *token, list uint32) {
	to := len(endLists)
	if int(list)+1 < len(endStarts) {
		to = int(endStarts[list+1])
	}
	ends := endLists[endStarts[list]:to]
	before := len(d.symbols)
	d.symbols = slices.Grow(d.symbols, len(ends))[:before+len(ends)]
	taken := d.symbols[before:]
	i := 0
	for ; i < len(ends) && ends[i]&activeEnd == 0; i++ { // the active ones stand last
		s := endSymbol(ends[i])
		taken[i] = s
		d.present[s/64] |= 1 << (s % 64)
	}
	for ; i < len(ends); i++ {
		s := endSymbol(ends[i])
		taken[i] = s
		d.present[s/64] |= 1 << (s % 64)
		d.active = append(d.active, s)
		d.cues |= symbols[s].cue
	}
	t.typed = true
}

// give gives a token the symbol of an end.
func (d *document) give(t *token, end uint32) {
	s := endSymbol(end)
	d.symbols = append(d.symbols, s)
	d.present[s/64] |= 1 << (s % 64)
	if end&activeEnd != 0 {
		d.active = append(d.active, s)
		d.cues |= symbols[s].cue
	}
}

// giveWhole gives a token what stands for exactly a word: an ordinary word that carries a listed stem keeps no more than that.
func (d *document) giveWhole(t *token, word []byte) {
	n := rootWords
	for _, l := range word {
		if n = n.step(l); n == 0 {
			return
		}
	}
	if n.list() == 0 {
		return
	}
	for i := endStarts[n.list()]; ; i++ {
		end := endLists[i]
		if m := mode(end & 7); m == whole || m == stem && t.alsoTo > 0 {
			d.give(t, end)
		}
		if end&lastEnd != 0 {
			return
		}
	}
}

// isEnding is 1 for an inflection of one of the languages, else 0.
func isEnding(rest []byte) int {
	n := rootEndings
	for _, l := range rest {
		if n = n.step(l); n == 0 {
			return 0
		}
	}
	if n.list() == 0 {
		return 0
	}
	return 1
}

// isTrade reports whether what token i names is what somebody works as: "er psykolog", "is a prison officer", "är en känd socionom".
func (d *document) isTrade(i int) bool {
	for between, article := 0, false; i > 0 && between < 3; between++ {
		i--
		switch c := d.tokens[i].cues; {
		case c&cueCopula != 0:
			return between == 0 || article
		case c&cueArticle != 0:
			article = true
		}
	}
	return false
}

// isPlace reports whether the thing at token i is only where something happens ("on the bus", "i bilen"), not what the clause is about.
func (d *document) isPlace(i int) bool {
	if i > 0 && d.tokens[i-1].cues&cueArticle != 0 {
		i--
	}
	return i > 0 && d.tokens[i-1].cues&cuePrep != 0
}
