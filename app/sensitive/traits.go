package sensitive

// A trait is something small about a text that the learned weight has a number for: three or five letters in a row, the beginnings of two words near each
// other, a class or a concept that a word belongs to, two concepts near each other, what a rule said. It is named by a hash; which texts share it is all that is
// known of it.
//
// Letters are read as the rules read them (accents, look-alikes and what cannot be seen are folded away), and then more coarsely: å, ä, æ, aa and ae are one
// letter, ö, ø and oe another, and a doubled letter is a single one. So the five languages share what they have in common, and a slip of the finger
// touches few traits. Concepts (concepts.go) are what they have in common beyond their letters: what is learned of words in one language serves the others.
const (
	edgeOfWord   = 28
	foreign      = 27 // a letter of another script
	coarseA      = 1
	coarseE      = 5
	coarseO      = 15
	coarseWord   = 24 // letters of a word that are looked at
	knownBy      = 4  // edge and letters of a word by which it is known to its neighbours
	numberTrait  = 7777
	longestDigit = 12
)

// The kinds of traits, so that two of different kinds are not the same by chance.
const (
	ofThree uint64 = (iota + 1) << 40
	ofFive
	ofNeighbours
	ofNextButOne
	ofClass
	ofNumber
	ofConcept
	ofConcepts
	ofConceptAndNext
	ofConceptAndLast
	ofRule
)

// ruleTraits are the traits of what rules say, by rule; one more for a warning. They are made of the names, so that a new rule does not change those of the
// others.
var ruleTraits = func() []uint64 {
	traits := make([]uint64, len(ruleNames))
	for i, name := range ruleNames {
		h := uint64(14695981039346656037) // FNV-1a
		for _, c := range []byte(name) {
			h = (h ^ uint64(c)) * 1099511628211
		}
		traits[i] = h&^1&(1<<40-1) | ofRule
	}
	return traits
}()

// coarse is the code of a folded letter for traits.
var coarse = func() (table [64]byte) {
	for i := range table {
		table[i] = foreign
	}
	for i, r := range []rune(alphabet) {
		switch r {
		case 'å', 'ä', 'æ':
			table[i] = coarseA
		case 'ö', 'ø':
			table[i] = coarseO
		default:
			table[i] = byte(i + 1)
		}
	}
	return table
}()

// hashed spreads a trait over 32 bits; the tables take as many of the first as they are large.
func hashed(x uint64) uint32 {
	x *= 0x9E3779B97F4A7C15
	x ^= x >> 29
	return uint32(x * 0xBF58476D1CE4E5B9 >> 32)
}

// traitsOf appends the traits of the tokens from one to another. Neighbours are those of the same sentence, so a stretch of sentences has the traits of its tokens.
// document.sum adds up what they weigh without noting them.
func (d *document) traitsOf(from, to int, traits []uint32) []uint32 {
	before, secondBefore, sentence := uint64(0), uint64(0), int32(-1)
	var near recentConcepts
	for i := max(0, from-conceptsBefore); i < to; i++ {
		t := &d.tokens[i]
		if t.sentence != sentence {
			before, secondBefore, sentence = 0, 0, t.sentence
			near = recentConcepts{}
		}
		known := uint64(t.entry.beginning)
		if t.number {
			known = numberTrait + uint64(min(longestDigit, t.end.runes-t.start.runes)) //nolint:gosec // never negative
		}
		if i < from {
			near.pass(t.entry.concepts)
		} else {
			traits = d.traitsAt(t, &near, known, before, secondBefore, traits)
		}
		before, secondBefore = known, before
	}
	return traits
}

// traitsAt appends the traits of a token in the company of the words before it.
func (d *document) traitsAt(t *token, near *recentConcepts, known, before, secondBefore uint64, traits []uint32) []uint32 {
	if t.number {
		traits = append(traits, hashed(known|ofNumber))
	} else {
		traits, _, _ = lettersInARow(traits, d.letters[t.from:t.to])
	}
	traits = append(traits, hashed(before*31^known*17|ofNeighbours), hashed(secondBefore*31^known*17|ofNextButOne))
	for c := t.cues; c != 0; c &= c - 1 {
		traits = append(traits, hashed(uint64(c&-c)^ofClass))
	}
	traits = near.note(traits, t.entry.concepts, before, known)
	for k := t.hits; k > 0; k = d.hits[k-1].next {
		trait := ruleTraits[d.hits[k-1].rule]
		if d.hits[k-1].loud == warns {
			trait++
		}
		traits = append(traits, hashed(trait))
	}
	return traits
}

// linkHits links the hits that begin at each token.
func (d *document) linkHits() {
	for k := range d.hits {
		d.tokens[d.hits[k].token].hits = 0
	}
	for k := range d.hits {
		h := &d.hits[k]
		t := &d.tokens[h.token]
		h.next, t.hits = t.hits, int32(k+1) //nolint:gosec // some a word
	}
}

// lettersInARow appends the traits of three and five letters in a row of a word, and returns the beginning of the word and its concepts.
func lettersInARow(traits []uint32, word []byte) (all []uint32, beginning uint32, concepts conceptList) {
	row, key := uint64(edgeOfWord), uint64(0)
	length, last := 1, byte(0)
	for _, l := range word {
		c := coarse[l&63]
		if c == last || last == coarseA && c == coarseE || last == coarseO && c == coarseE {
			continue
		}
		last = c
		row = row<<5 | uint64(c)
		if length++; length > 2 {
			traits = append(traits, hashed(row&(1<<15-1)|ofThree))
			if length > 4 {
				traits = append(traits, hashed(row&(1<<25-1)|ofFive))
			}
		}
		if length <= knownBy+1 {
			beginning = uint32(row) //nolint:gosec // an edge and four letters of five bits
		}
		if length <= longestConcept+1 {
			key = key<<5 | uint64(c)
			if length > shortestBeginning {
				if found := conceptsAt(key); found != 0 {
					concepts = found
				}
			}
		} else {
			key = 0
		}
		if length > coarseWord {
			break
		}
	}
	if key != 0 {
		if found := conceptsAt(key | wholeConcept); found != 0 {
			concepts = found
		}
	}
	row = row<<5 | edgeOfWord
	if length <= knownBy {
		beginning = uint32(row) //nolint:gosec // an edge and four letters of five bits
	}
	traits = append(traits, hashed(row&(1<<15-1)|ofThree))
	if length++; length > 4 {
		traits = append(traits, hashed(row&(1<<25-1)|ofFive))
	}
	return traits, beginning, concepts
}

// Traits returns the traits of a text by its sentences. It is for internal/learn, which gives each its weight.
func Traits(text string) [][]uint32 {
	var d document
	d.cut(text)
	d.mark(frequentWords())
	d.phrases()
	d.words()
	d.weighPhrases()
	d.numbers("")
	d.linkHits()
	var sentences [][]uint32
	for from, i := 0, 1; i <= len(d.tokens); i++ {
		if i == len(d.tokens) || d.tokens[i].sentence != d.tokens[from].sentence {
			sentences, from = append(sentences, d.traitsOf(from, i, nil)), i
		}
	}
	return sentences
}
