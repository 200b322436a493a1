package sensitive

import "math/bits"

// A concept is what words of five languages mean alike ("hent*", "hämt*", "fetch*"): lexicon/concepts.tsv. Only the learned weight asks for them. Words are known
// by their coarse letters (traits.go), so a missing ring or a doubled letter makes no difference.
const (
	shortestBeginning = 3       // letters of a listed beginning of words at least
	longestConcept    = 12      // and of anything listed at most: so many fit into a key
	wholeConcept      = 1 << 63 // in a key: the word ends here
	mostConcepts      = 4       // of one word
	conceptsBefore    = 7       // words before a word in whose company a concept is noted
)

// conceptSlot is where a key is looked for first; the next slots follow.
func conceptSlot(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - conceptBits) }

// conceptList is where some concepts stand in conceptLists, above three bits of how many they are; 0 for none.
type conceptList uint32

func (l conceptList) all() []uint16 { return conceptLists[l>>3:][:l&7] }

// conceptBitmap has a bit for each listed key: nearly every key that is not listed is turned away by it, from a table that is always at hand.
var conceptBitmap = func() (bitmap [1 << conceptBits / 16]uint64) {
	for _, key := range conceptKeys {
		if key != 0 {
			bit := conceptBit(key)
			bitmap[bit>>6] |= 1 << (bit & 63)
		}
	}
	return bitmap
}()

// conceptBit is the bit of a key, four for each slot.
func conceptBit(key uint64) uint64 { return key * 0x9E3779B97F4A7C15 >> (64 - conceptBits - 2) }

// conceptsAt are the concepts of a key; 0 for one that is not listed.
func conceptsAt(key uint64) conceptList {
	if bit := conceptBit(key); conceptBitmap[bit>>6]>>(bit&63)&1 == 0 {
		return 0
	}
	for slot := conceptSlot(key); ; slot = (slot + 1) & (1<<conceptBits - 1) {
		switch conceptKeys[slot] {
		case key:
			return conceptList(conceptStarts[slot])
		case 0:
			return 0
		}
	}
}

// recentConcepts are the concepts of the words before, round and round.
type recentConcepts struct {
	of   [conceptsBefore]conceptList
	some uint32 // those of them that are any, as bits
	at   int
	last conceptList
}

// note appends the traits of the concepts of a word, each with those of the words before and with the beginnings of this word's neighbour.
func (near *recentConcepts) note(traits []uint32, concepts conceptList, before, known uint64) []uint32 {
	for _, c := range near.last.all() {
		traits = append(traits, hashed(conceptBeside(c, known)|ofConceptAndNext))
	}
	for _, c := range concepts.all() {
		traits = append(traits, hashed(uint64(c)|ofConcept), hashed(conceptBeside(c, before)|ofConceptAndLast))
		for some := near.some; some != 0; some &= some - 1 {
			for _, e := range near.of[bits.TrailingZeros32(some)].all() {
				traits = append(traits, hashed(uint64(e)<<16|uint64(c)|ofConcepts))
			}
		}
	}
	near.pass(concepts)
	return traits
}

// pass goes on to the next word.
func (near *recentConcepts) pass(concepts conceptList) {
	near.last, near.of[near.at] = concepts, concepts
	if near.some &^= 1 << near.at; concepts != 0 {
		near.some |= 1 << near.at
	}
	if near.at++; near.at == conceptsBefore {
		near.at = 0
	}
}

// conceptBeside names a concept together with the beginning of a neighbour.
func conceptBeside(c uint16, neighbour uint64) uint64 {
	return (uint64(c)*1315423911 + neighbour) & (1<<40 - 1)
}
