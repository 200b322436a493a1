package sensitive

import (
	"bytes"
	"slices"
)

// mark gives every token its entry and what it carries besides, and every clause and sentence the cues of its words.
func (d *document) mark(frequent *wordTable) {
	d.frequent = frequent
	for i := range d.tokens { // before anything else is done, so that a processor fetches several at once
		if t := &d.tokens[i]; t.key != 0 && t.alsoTo == t.alsoFrom {
			t.entry, _ = frequent.find(t.key)
		}
	}
	d.groups = slices.Grow(d.groups[:0], len(d.tokens))[:len(d.tokens)]
	for i := range d.tokens {
		t := &d.tokens[i]
		if t.entry == nil {
			t.entry = d.enter(t, i)
		}
		e := t.entry
		t.marks = int32(len(d.symbols)) //nolint:gosec // some a word
		t.cues |= e.cues
		d.groups[i] = e.groups
		d.present.addAll(e, d.roomOf(e))
		if (e.expression != 0 || len(d.promised) > d.kept) && !t.number && !e.ordinary {
			d.express(i)
		}
		if t.cues&cueGiven != 0 || t.capital && len(d.symbols) == int(t.marks) && e.groups == 0 {
			d.give(t, symbolName)
		}
		t.marksEnd = int32(len(d.symbols)) //nolint:gosec // some a word
		for _, s := range d.symbols[t.marks:t.marksEnd] {
			d.groups[i] |= 1 << groupOf(s)
		}
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

// enter is the entry of a word that is not frequent: that of the same word before, or a new one.
func (d *document) enter(t *token, i int) *entry {
	if t.number {
		return d.digitsAlone(t)
	}
	word := d.letters[t.from:t.to]
	if t.alsoTo > t.alsoFrom {
		return d.read(word, d.letters[t.alsoFrom:t.alsoTo])
	}
	before := &d.repeats[repeat(t.key, word)]
	if k := int(*before) - 1; k >= 0 && d.alike(&d.tokens[k], t) {
		return d.tokens[k].entry
	}
	*before = int32(i + 1) //nolint:gosec // at most MaxRunes
	return d.read(word, nil)
}

// digitsAlone is the entry of a run of digits.
func (d *document) digitsAlone(t *token) *entry {
	if digits := d.text[t.start.bytes:t.end.bytes]; digits == "6" || digits == "7" {
		return &d.frequent.code
	}
	return &d.frequent.number
}

// read reads a word.
func (d *document) read(word, also []byte) *entry {
	d.entries = append(d.entries, d.reader.read(word, also))
	e := &d.entries[len(d.entries)-1]
	e.own = true
	return e
}

// roomOf is the room of an entry.
func (d *document) roomOf(e *entry) *room {
	if e.own {
		return &d.reader.room
	}
	return &d.frequent.room
}

// repeats is how many words of a text are remembered, by a hash of their letters.
const repeats = 256

func repeat(key uint64, word []byte) uint8 {
	if key == 0 {
		for _, l := range word {
			key = key*31 + uint64(l)
		}
	}
	return uint8((key * 0x9E3779B97F4A7C15) >> 56)
}

// alike reports whether two tokens are the same word.
func (d *document) alike(a, b *token) bool {
	if a.key != 0 || b.key != 0 {
		return a.key == b.key
	}
	return bytes.Equal(d.letters[a.from:a.to], d.letters[b.from:b.to])
}

// give gives a token a symbol that its word alone does not stand for.
func (d *document) give(t *token, s symbol) {
	d.symbols = append(d.symbols, s)
	d.present.add(s)
	t.cues |= symbols[s].cue
}

// carries reports whether a token carries a symbol.
func (d *document) carries(t *token, s symbol) bool {
	if d.roomOf(t.entry).carries(t.entry, s) {
		return true
	}
	for _, own := range d.symbols[t.marks:t.marksEnd] {
		if own == s {
			return true
		}
	}
	return false
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
