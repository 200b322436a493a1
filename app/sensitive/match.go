package sensitive

// mark gives every token its symbols and cues, and every clause and sentence the cues of its words.
func (d *document) mark() {
	for i := range d.tokens {
		t := &d.tokens[i]
		t.marks = int32(len(d.symbols))
		if t.number {
			d.symbols = append(d.symbols, symbolNum)
			if digits := d.text[t.start.bytes:t.end.bytes]; digits == "6" || digits == "7" {
				d.symbols = append(d.symbols, symbolCode)
			}
		} else {
			d.lookUp(t)
		}
		t.marksEnd = int32(len(d.symbols))
		for _, s := range d.symbols[t.marks:t.marksEnd] {
			t.cues |= symbols[s].cue
		}
		if t.cues&cue_given != 0 || t.capital && t.marks == t.marksEnd {
			d.symbols = append(d.symbols, symbolName)
			t.marksEnd++
		}
		if t.cues&cue_thing != 0 && d.isPlace(i) {
			t.cues &^= cue_thing
		}
		if t.cues&cue_trade != 0 && d.isTrade(i) {
			t.cues |= cue_job
		}
		d.clauses[t.clause] |= t.cues
		d.sentences[t.sentence] |= t.cues
	}
}

// lookUp walks the tries: from the first letter, then from every later one for what may stand inside a compound. Paths are short, so the time is
// linear in the length of the word.
func (d *document) lookUp(t *token) {
	word := d.letters[t.from:t.to]
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
	own := d.symbols[t.marks:]
	for _, s := range own {
		if s == symbolOrdinary {
			d.keepWhole(t, word)
			return
		}
	}
	if !t.typed && len(word) >= shortestMistyped && len(word) <= longestMistyped {
		d.mistyped(t, word)
	}
}

// take gives a token what ends here and fits there.
func (d *document) take(t *token, list uint32, start int, rest []byte) {
	ending := -1 // not looked up yet
	for i := endStarts[list]; ; i++ {
		end := endLists[i]
		s, m := symbol(end&^lastEnd>>3), mode(end&7)
		fits := true
		switch m {
		case whole:
			fits = start == 0 && len(rest) == 0
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
			d.symbols = append(d.symbols, s)
			t.typed = t.typed || m <= stem || symbols[s].row >= 0
		}
		if end&lastEnd != 0 {
			return
		}
	}
}

// keepWhole leaves an ordinary word only what stands for exactly itself.
func (d *document) keepWhole(t *token, word []byte) {
	d.symbols = d.symbols[:t.marks]
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
		if mode(end&7) == whole {
			d.symbols = append(d.symbols, symbol(end&^lastEnd>>3))
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
		case c&cue_copula != 0:
			return between == 0 || article
		case c&cue_article != 0:
			article = true
		}
	}
	return false
}

// isPlace reports whether the thing at token i is only where something happens ("on the bus", "i bilen"), not what the clause is about.
func (d *document) isPlace(i int) bool {
	if i > 0 && d.tokens[i-1].cues&cue_article != 0 {
		i--
	}
	return i > 0 && d.tokens[i-1].cues&cue_prep != 0
}
