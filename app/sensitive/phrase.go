package sensitive

// stepsPerWord bounds the work on phrases; ordinary texts use a few dozen per word.
const stepsPerWord = 400

// phrases finds the patterns. Each is looked for only where its rarest word stands, and from there to both sides.
func (d *document) phrases() {
	steps := stepsPerWord * len(d.tokens)
	for i := range d.tokens {
		t := &d.tokens[i]
		for _, s := range d.roomOf(t.entry).anchors(t.entry) {
			d.phrasesOf(s, i, &steps)
		}
		for _, s := range d.symbols[t.marks:t.marksEnd] {
			d.phrasesOf(s, i, &steps)
		}
	}
}

// phrasesOf finds the phrases whose rarest place is met by token i, which carries its symbol. Nearly always the next rarest place has no word where it may stand, and
// phrases that share both are left aside at once.
func (d *document) phrasesOf(s symbol, i int, steps *int) {
	for k, to := symbols[s].from, symbols[s].to; k < to; {
		p := &patterns[k]
		alike := k + uint16(p.alike)
		if d.present.has(p.partner) && (p.alike == 1 || p.last == anywhereNear || d.hasBeside(p, i)) {
			for ; k < alike; k++ {
				d.phrase(&patterns[k], i, steps)
			}
		}
		k = alike
	}
}

// hasBeside reports whether the next rarest place of a phrase has a word where it may stand, seen from token i.
func (d *document) hasBeside(p *pattern, i int) bool {
	group := uint64(1) << groupOf(p.partner)
	for j := max(0, i+int(p.first)); j <= min(len(d.groups)-1, i+int(p.last)); j++ {
		if d.groups[j]&group != 0 && d.holds(element{symbol: p.partner}, j) {
			return true
		}
	}
	return false
}

// phrase finds a phrase whose rarest place is met by token i.
func (d *document) phrase(p *pattern, i int, steps *int) {
	places := elements[p.from : int(p.from)+int(p.length)]
	if places[p.anchor].stop && !d.tokens[i].stop {
		return
	}
	if len(places) > 1 && places[1].gap == anyOrder {
		if d.possible(places) {
			d.together(p, places, i, steps)
		}
		return
	}
	start, ok := d.backward(places, int(p.anchor), i, steps)
	if !ok {
		return
	}
	if end, ok := d.forward(places, int(p.anchor), i, steps); ok {
		d.found(&rows[p.row], start, end)
	}
}

// match is a phrase found, before it is weighed.
type match struct {
	row        *row
	start, end int32 // tokens
}

// found notes a match. What a phrase says about its clause counts at once, since all words are weighed after it.
func (d *document) found(r *row, start, end int) {
	if r.category != noCategory {
		d.matches = append(d.matches, match{r, int32(start), int32(end)})
		return
	}
	t := &d.tokens[start]
	d.clauses[t.clause] |= r.frame
	d.sentences[t.sentence] |= r.frame
	for i := start; i <= end; i++ {
		if r.frame == 0 {
			d.tokens[i].idiom = true
		} else {
			d.tokens[i].cues |= r.frame
		}
	}
}

// weighPhrases turns what was matched into hits.
func (d *document) weighPhrases() {
	for _, m := range d.matches {
		start, end := int(m.start), int(m.end)
		severity := d.weighPhrase(m.row, start, end)
		if severity == "" || d.tokens[start].idiom || d.tokens[end].idiom {
			continue
		}
		if severity == Warn && m.row.strength != withWarn && d.warnedBetween(m.row.category, start, end) {
			continue // the word says it more exactly
		}
		h := hit{category: m.row.category, rule: m.row.rule, loud: loudly(severity), hold: m.row.hold(), token: m.start, start: d.tokens[start].start, end: d.tokens[end].end}
		if m.row.strength == withWarn {
			d.later = append(d.later, h)
		} else {
			d.hits = append(d.hits, h)
		}
	}
}

// possible reports whether all places of a phrase in any order have a word somewhere in the text.
func (d *document) possible(places []element) bool {
	for _, place := range places {
		if !d.present.has(place.symbol) {
			return false
		}
	}
	return true
}

// anyOrder is the gap of places that may stand in any order; near is how many words away from the rarest.
const (
	anyOrder = 255
	near     = 22
)

// together matches a phrase whose places may stand in any order around token at: what nobody says in one set form of words.
func (d *document) together(p *pattern, places []element, at int, steps *int) {
	start, end := at, at
	for k, place := range places {
		if k == int(p.anchor) {
			continue
		}
		found, distance := d.nearest(place, at)
		if *steps -= distance; *steps < 0 || found < 0 {
			return
		}
		start, end = min(start, found), max(end, found)
		if d.tokens[end].sentence-d.tokens[start].sentence > 1 {
			return // two sentences belong together, three do not
		}
	}
	d.found(&rows[p.row], start, end)
}

// nearest is the token nearest to token at that meets a place, and how far away it is; -1 and near when none does. Of two as near it is the one that follows.
func (d *document) nearest(place element, at int) (found, distance int) {
	group := uint64(1) << groupOf(place.symbol)
	for distance := 1; distance <= near; distance++ {
		if j := at + distance; j < len(d.groups) && d.groups[j]&group != 0 && d.holds(place, j) {
			return j, distance
		}
		if j := at - distance; j >= 0 && d.groups[j]&group != 0 && d.holds(place, j) {
			return j, distance
		}
	}
	return -1, near
}

// warnedBetween reports whether a word among the tokens warns of the category by itself.
func (d *document) warnedBetween(category uint8, start, end int) bool {
	for i := start; i <= end; i++ {
		if d.tokens[i].warned&(1<<category) != 0 {
			return true
		}
	}
	return false
}

// forward matches the places after at, which stands at token i; end is where the last one stands.
func (d *document) forward(places []element, at, i int, steps *int) (end int, ok bool) {
	if at == len(places)-1 {
		return i, true
	}
	next := places[at+1]
	for j := i + 1; j < len(d.tokens) && j <= i+1+int(next.gap); j++ {
		if *steps--; *steps < 0 || d.tokens[j].clause != d.tokens[i].clause {
			return 0, false
		}
		if d.holds(next, j) {
			if end, ok := d.forward(places, at+1, j, steps); ok {
				return end, true
			}
		}
	}
	return 0, false
}

// backward matches the places before at, which stands at token i.
func (d *document) backward(places []element, at, i int, steps *int) (start int, ok bool) {
	if at == 0 {
		return i, true
	}
	for j := i - 1; j >= 0 && j >= i-1-int(places[at].gap); j-- {
		if *steps--; *steps < 0 || d.tokens[j].clause != d.tokens[i].clause {
			return 0, false
		}
		if d.holds(places[at-1], j) {
			if start, ok := d.backward(places, at-1, j, steps); ok {
				return start, true
			}
		}
	}
	return 0, false
}

// holds reports whether token i meets a place.
func (d *document) holds(e element, i int) bool {
	if d.groups[i]>>groupOf(e.symbol)&1 == 0 {
		return false
	}
	t := &d.tokens[i]
	return (!e.stop || t.stop) && d.carries(t, e.symbol)
}
