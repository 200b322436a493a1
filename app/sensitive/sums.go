package sensitive

import "slices"

// weight is what one trait weighs: for a warning, and for a hint.
type weight struct{ warn, hint int8 }

// weightOf looks a trait up: one look in memory gives both.
func weightOf(trait uint32) weight {
	place := weights[trait>>(32-hintBits)*placeBytes:][:placeBytes]
	return weight{int8(place[trait>>(32-warnBits)%warnsInHint]), int8(place[warnsInHint])} //nolint:gosec // meant to be negative for half of the bytes
}

// sums are what the weights of some traits add up to, and how many traits those are.
type sums struct{ warn, hint, traits int32 }

// They are values, not pointers, so that they stay in registers.
func (s sums) plus(w weight) sums {
	return sums{s.warn + int32(w.warn), s.hint + int32(w.hint), s.traits + 1}
}

func (s sums) minus(w weight) sums {
	return sums{s.warn - int32(w.warn), s.hint - int32(w.hint), s.traits - 1}
}

// What traits weigh that are not about two words is known beforehand: by cue, by rule (its hints first, then its warnings), by length of a number.
var (
	cueWeights = func() (known [32]weight) {
		for i := range known {
			known[i] = weightOf(hashed(uint64(1)<<i ^ ofClass))
		}
		return known
	}()
	ruleWeights = func() (known [len(ruleNames)][2]weight) {
		for i := range known {
			known[i] = [2]weight{weightOf(hashed(ruleTraits[i])), weightOf(hashed(ruleTraits[i] + 1))}
		}
		return known
	}()
	numberWeights = func() (known [longestDigit + 1]weight) {
		for i := range known {
			known[i] = weightOf(hashed(uint64(numberTrait+i) | ofNumber))
		}
		return known
	}()
)

// conceptCount is one more than the highest concept.
var conceptCount = func() int {
	highest := uint16(0)
	for _, c := range conceptLists {
		highest = max(highest, c)
	}
	return int(highest) + 1
}()

// pairsOfConcepts is what it weighs that a concept stands shortly before another: for each concept those before it side by side, which is quicker to look at
// than as many places of the weights.
func pairsOfConcepts() []weight {
	pairs := make([]weight, conceptCount*conceptCount)
	for c := range conceptCount {
		for before := range conceptCount {
			pairs[c*conceptCount+before] = weightOf(hashed(uint64(before)<<16 | uint64(c) | ofConcepts)) //nolint:gosec // some hundred
		}
	}
	return pairs
}

// company is a concept in its company.
type company struct {
	concept  uint16
	token    int32
	before   uint32 // by which the word before is known
	from, to int32  // the concepts of the words shortly before
}

// sum adds up the weights of the traits, those that traitsOf notes: sums[i] is that of all tokens before token i. What does not take concepts is done token by token, and
// the rest concept by concept: most words have none, and a processor cannot guess which have.
func (d *document) sum() {
	d.linkHits()
	d.sums = slices.Grow(d.sums[:0], len(d.tokens)+1)[:len(d.tokens)+1]
	d.company = slices.Grow(d.company[:0], mostConcepts*(len(d.tokens)+1))
	d.sums[0] = sums{}
	concepts := d.company[:cap(d.company)]
	n := 0
	before, secondBefore, sentence, first := uint32(0), uint32(0), int32(-1), 0
	for i := range d.tokens {
		t := &d.tokens[i]
		e := t.entry
		if t.sentence != sentence {
			before, secondBefore, sentence, first = 0, 0, t.sentence, i
		}
		t.company = int32(n) //nolint:gosec // four a word at most
		known := e.beginning
		total := sums{int32(e.warn), int32(e.hint), int32(e.traits)}
		if t.number {
			digits := min(longestDigit, t.end.runes-t.start.runes)
			known = numberTrait + uint32(digits) //nolint:gosec // never negative
			total = total.plus(numberWeights[digits])
		}
		total = total.plus(weightOf(hashed(uint64(before)*31 ^ uint64(known)*17 | ofNeighbours))).plus(weightOf(hashed(uint64(secondBefore)*31 ^ uint64(known)*17 | ofNextButOne)))
		if e.concepts != 0 {
			from, to := d.tokens[max(first, i-conceptsBefore)].company, int32(n) //nolint:gosec // four a word at most
			for _, c := range e.concepts.all() {
				at := &concepts[n]
				at.concept, at.token, at.before, at.from, at.to = c, int32(i), before, from, to //nolint:gosec // at most MaxRunes
				n++
			}
		}
		t.known = known
		if t.cues != e.cues {
			total = total.changed(e.cues, t.cues)
		}
		for k := t.hits; k > 0; k = d.hits[k-1].next {
			total = total.plus(ruleWeights[d.hits[k-1].rule][d.hits[k-1].loud/warns])
		}
		d.sums[i+1] = total
		before, secondBefore = known, before
	}
	d.company = concepts[:n]
	d.sumConcepts()
	var total sums
	for i, s := range d.sums {
		total = sums{total.warn + s.warn, total.hint + s.hint, total.traits + s.traits}
		d.sums[i] = total
	}
}

// sumConcepts adds the weights of the traits of concepts.
func (d *document) sumConcepts() {
	pairs := d.frequent.pairs
	for i := range d.company {
		c := &d.company[i]
		at := &d.sums[c.token+1]
		row := pairs[int(c.concept)*conceptCount:][:conceptCount]
		total := at.plus(weightOf(hashed(conceptBeside(c.concept, uint64(c.before)) | ofConceptAndLast)))
		for _, b := range d.company[c.from:c.to] {
			total = total.plus(row[b.concept])
		}
		*at = total
		if next := int(c.token) + 1; next < len(d.tokens) && d.tokens[next].sentence == d.tokens[c.token].sentence {
			d.sums[next+1] = d.sums[next+1].plus(weightOf(hashed(conceptBeside(c.concept, uint64(d.tokens[next].known)) | ofConceptAndNext)))
		}
	}
}

// changed takes the weights of the cues that a word no longer has where it stands, and adds those of others that it has.
func (s sums) changed(from, to cues) sums {
	for c := from &^ to; c != 0; c &= c - 1 {
		s = s.minus(cueWeights[trailing(uint32(c))])
	}
	for c := to &^ from; c != 0; c &= c - 1 {
		s = s.plus(cueWeights[trailing(uint32(c))])
	}
	return s
}
