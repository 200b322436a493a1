package sensitive

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

// sum adds up the weights of the traits, those that traitsOf notes: sums[i] is that of all tokens before token i.
func (d *document) sum() {
	d.linkHits()
	pairs := d.frequent.pairs
	var total sums
	d.sums = append(d.sums[:0], total)
	before, secondBefore, sentence, first := uint64(0), uint64(0), int32(-1), 0
	company := d.company[:0] // the concepts of all tokens
	for i := range d.tokens {
		t := &d.tokens[i]
		e := t.entry
		if t.sentence != sentence {
			before, secondBefore, sentence, first = 0, 0, t.sentence, i
		}
		t.company = int32(len(company)) //nolint:gosec // four a word at most
		known := uint64(e.beginning)
		if t.number {
			digits := min(longestDigit, t.end.runes-t.start.runes)
			known = numberTrait + uint64(digits) //nolint:gosec // never negative
			total = total.plus(numberWeights[digits])
		}
		total = sums{total.warn + int32(e.warn), total.hint + int32(e.hint), total.traits + int32(e.traits)}.
			plus(weightOf(hashed(before*31 ^ known*17 | ofNeighbours))).plus(weightOf(hashed(secondBefore*31 ^ known*17 | ofNextButOne)))
		if i > first {
			for _, c := range company[d.tokens[i-1].company:] {
				total = total.plus(weightOf(hashed(conceptBeside(c, known) | ofConceptAndNext)))
			}
		}
		if e.concepts != 0 {
			shortlyBefore := company[d.tokens[max(first, i-conceptsBefore)].company:]
			for _, c := range e.concepts.all() {
				total = total.plus(weightOf(hashed(conceptBeside(c, before) | ofConceptAndLast)))
				row := pairs[int(c)*conceptCount:][:conceptCount]
				for _, b := range shortlyBefore {
					total = total.plus(row[b])
				}
			}
			company = append(company, e.concepts.all()...)
		}
		if t.cues != e.cues {
			total = total.changed(e.cues, t.cues)
		}
		for k := t.hits; k > 0; k = d.hits[k-1].next {
			total = total.plus(ruleWeights[d.hits[k-1].rule][d.hits[k-1].loud/warns])
		}
		d.sums = append(d.sums, total)
		before, secondBefore = known, before
	}
	d.company = company
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
