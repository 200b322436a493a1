package sensitive

import "math"

// entry is all that is known of a word wherever it stands: what it stands for, how expressions and torn compounds go on from it, and what its letters weigh.
// It fits into 64 bytes, which a processor fetches at once: most of the time of a check is waiting for memory.
type entry struct {
	key        uint64 // of its letters; 0 for none
	groups     uint64 // of the symbols that it stands for
	expression node   // where the expressions go on that begin with it; 0 when none does
	half       node   // where the words go on whose first half it is; 0 when there are none
	cues       cues
	groupsAt   uint32 // where its groups stand in their room
	listsAt    uint32 // and its lists
	beginning  uint32 // its edge and first letters, by which its neighbours know it
	concepts   conceptList
	warn, hint int16 // what its letters, its cues and its concepts weigh
	traits     uint8 // how many traits those are
	anchors    uint8 // of its symbols: by how many phrases are found
	rows       uint8 // how many find or say something by themselves
	traitsOfWord
}

// traitsOfWord are what a word is besides.
type traitsOfWord struct {
	ordinary bool // carries a listed stem and means something ordinary
	own      bool // is an entry of the text, not of the frequent words
}

// reader makes entries: it gathers what a word may stand for. The zero value is ready.
type reader struct {
	room
	symbols, active []symbol // of the word being read; active ones are more than one place of a phrase
	cues            cues
	typed           bool // found in the tries without a correction
	genitive        bool // the word is read without its ending, too
	traits          []uint32
	scratch         allSymbols
}

// forget makes the room of the entries free for others.
func (r *reader) forget() { r.lists, r.groups = r.lists[:0], r.groups[:0] }

// read makes the entry of a word; also is what else it is read as, or nothing.
func (r *reader) read(word, also []byte) (e entry) {
	r.symbols, r.active, r.cues, r.typed, r.genitive = r.symbols[:0], r.active[:0], 0, false, len(also) > 0
	e.ordinary, e.expression = r.walk(word, also)
	e.cues = r.cues
	r.keep(&e)
	e.half = follow(rootMistyped, word)
	r.traits, e.beginning, e.concepts = lettersInARow(r.traits[:0], word)
	alone := sums{}.changed(0, e.cues)
	for _, trait := range r.traits {
		alone = alone.plus(weightOf(trait))
	}
	for _, c := range e.concepts.all() {
		alone = alone.plus(weightOf(hashed(uint64(c) | ofConcept)))
	}
	e.warn, e.hint, e.traits = int16(alone.warn), int16(alone.hint), uint8(alone.traits) //nolint:gosec // 90 traits at most, of 127 at most
	return e
}

// keep keeps the symbols that were gathered, as a set and by what they are for.
func (r *reader) keep(e *entry) {
	if len(r.symbols) == 0 {
		return
	}
	r.keepSet(e, r.symbols, &r.scratch)
	e.listsAt = uint32(len(r.lists)) //nolint:gosec // some hundred thousand
	e.anchors = r.list(r.active, func(s symbol) bool { return symbols[s].to > symbols[s].from })
	e.rows = r.list(r.active, func(s symbol) bool { return symbols[s].row >= 0 })
}

// list keeps the symbols that are of a kind, and returns how many.
func (r *reader) list(from []symbol, kind func(symbol) bool) (count uint8) {
	for _, s := range from {
		if kind(s) && count < math.MaxUint8 {
			r.lists = append(r.lists, s)
			count++
		}
	}
	return count
}

// follow goes on from a node by letters; 0 when no word does.
func follow(n node, letters []byte) node {
	for _, l := range letters {
		if n = n.step(l); n == 0 {
			break
		}
	}
	return n
}

// walk walks the tries: from the first letter, then from every later one for what may stand inside a compound. Paths are short, so the time is
// linear in the length of the word. It reports whether the word is an ordinary one, which has nothing to do with the stem in it, and where expressions go on after it.
func (r *reader) walk(word, also []byte) (ordinary bool, expression node) {
	n := rootWords
	for i, l := range word {
		if n = n.step(l); n == 0 {
			break
		}
		if n.list() != 0 {
			r.take(n.list(), 0, word[i+1:])
		}
	}
	expression = n.step(betweenWords)
	for start := 1; start+4 <= len(word); start++ {
		if !insideBeginnings.have(word[start:]) {
			continue
		}
		n := rootInside
		for i := start; i < len(word); i++ {
			if n = n.step(word[i]); n == 0 {
				break
			}
			if n.list() != 0 {
				r.take(n.list(), start, word[i+1:])
			}
		}
	}
	for _, s := range r.active {
		if s == symbolOrdinary {
			r.symbols, r.active, r.cues = r.symbols[:0], r.active[:0], 0
			r.giveWhole(word)
			return true, expression
		}
	}
	if len(also) > 0 {
		r.giveWhole(also)
	}
	if !r.typed && len(word) >= shortestMistyped && len(word) <= longestMistyped {
		r.mistyped(word)
	}
	return false, expression
}

// take gives a word what ends here and fits there.
func (r *reader) take(list uint32, start int, rest []byte) {
	if start == 0 && len(rest) == 0 {
		r.takeAll(list)
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
			r.give(end)
			r.typed = r.typed || m <= stem || end&activeEnd != 0 && symbols[s].row >= 0
		}
	}
}

// takeAll is take for the very word, which fits every mode.
func (r *reader) takeAll(list uint32) {
	for i := endStarts[list]; ; i++ {
		r.give(endLists[i])
		if endLists[i]&lastEnd != 0 {
			break
		}
	}
	r.typed = true
}

// give gives a word the symbol of an end.
func (r *reader) give(end uint32) {
	s := endSymbol(end)
	r.symbols = append(r.symbols, s)
	if end&activeEnd != 0 {
		r.active = append(r.active, s)
		r.cues |= symbols[s].cue
	}
}

// giveWhole gives a word what stands for exactly these letters: an ordinary word that carries a listed stem keeps no more than that.
func (r *reader) giveWhole(word []byte) {
	list := follow(rootWords, word).list()
	if list == 0 {
		return
	}
	for i := endStarts[list]; ; i++ {
		end := endLists[i]
		if m := mode(end & 7); m == whole || m == stem && r.genitive {
			r.give(end)
		}
		if end&lastEnd != 0 {
			return
		}
	}
}

// isEnding is 1 for an inflection of one of the languages, else 0.
func isEnding(rest []byte) int {
	if follow(rootEndings, rest).list() == 0 {
		return 0
	}
	return 1
}
