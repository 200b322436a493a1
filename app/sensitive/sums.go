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

func (s *sums) add(w weight) {
	s.warn, s.hint, s.traits = s.warn+int32(w.warn), s.hint+int32(w.hint), s.traits+1
}

func (s *sums) take(w weight) {
	s.warn, s.hint, s.traits = s.warn-int32(w.warn), s.hint-int32(w.hint), s.traits-1
}

// addAll adds the weights of traits.
func (s *sums) addAll(traits []uint32) {
	for _, trait := range traits {
		s.add(weightOf(trait))
	}
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

// company is the concepts of the words before a word in its sentence.
type company struct {
	concepts []uint16
	from     [conceptsBefore + 1]int32 // round and round, by token: where its concepts begin
}

// before are the concepts of the words that stand at most so many before token i.
func (c *company) before(i, words int) []uint16 {
	return c.concepts[c.from[(i-words)&conceptsBefore]:]
}

// sum adds up the weights of the traits: sums[i] is that of all tokens before token i. What is said about traits.go's lists holds for it too: it adds up exactly the
// traits that are noted there.
func (d *document) sum() {
	d.linkHits()
	pairs := d.frequent.pairs
	var total sums
	d.sums = append(d.sums[:0], total)
	before, secondBefore, sentence := uint64(0), uint64(0), int32(-1)
	near := company{concepts: d.company[:0]}
	for i := range d.tokens {
		t := &d.tokens[i]
		e := t.entry
		if t.sentence != sentence {
			before, secondBefore, sentence = 0, 0, t.sentence
			near.concepts, near.from = near.concepts[:0], [conceptsBefore + 1]int32{}
		}
		total.warn, total.hint, total.traits = total.warn+int32(e.warn), total.hint+int32(e.hint), total.traits+int32(e.traits)
		known := uint64(e.beginning)
		if t.number {
			digits := min(longestDigit, t.end.runes-t.start.runes)
			known = numberTrait + uint64(digits) //nolint:gosec // never negative
			total.add(numberWeights[digits])
		}
		total.add(weightOf(hashed(before*31 ^ known*17 | ofNeighbours)))
		total.add(weightOf(hashed(secondBefore*31 ^ known*17 | ofNextButOne)))
		if t.cues != e.cues {
			total.change(e.cues, t.cues)
		}
		for _, c := range near.before(i, 1) {
			total.add(weightOf(hashed(conceptBeside(c, known) | ofConceptAndNext)))
		}
		for _, c := range e.concepts.all() {
			total.add(weightOf(hashed(conceptBeside(c, before) | ofConceptAndLast)))
			row := pairs[int(c)*conceptCount:][:conceptCount]
			for _, b := range near.before(i, conceptsBefore) {
				total.add(row[b])
			}
		}
		near.from[i&conceptsBefore] = int32(len(near.concepts)) //nolint:gosec // four a word at most
		near.concepts = append(near.concepts, e.concepts.all()...)
		for k := t.hits; k > 0; k = d.hits[k-1].next {
			said := 0
			if d.hits[k-1].loud == warns {
				said = 1
			}
			total.add(ruleWeights[d.hits[k-1].rule][said])
		}
		d.sums = append(d.sums, total)
		before, secondBefore = known, before
	}
	d.company = near.concepts
}

// change takes the weights of the cues that a word no longer has where it stands, and adds those of others that it has.
func (s *sums) change(from, to cues) {
	for c := from &^ to; c != 0; c &= c - 1 {
		s.take(cueWeights[trailing(uint32(c))])
	}
	for c := to &^ from; c != 0; c &= c - 1 {
		s.add(cueWeights[trailing(uint32(c))])
	}
}
