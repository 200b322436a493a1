package sensitive

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

// conceptsAt are the concepts of a key; nil for one that is not listed.
func conceptsAt(key uint64) []uint16 {
	for slot := conceptSlot(key); ; slot = (slot + 1) & (1<<conceptBits - 1) {
		switch conceptKeys[slot] {
		case key:
			from := conceptStarts[slot]
			return conceptLists[from>>3 : from>>3+from&7]
		case 0:
			return nil
		}
	}
}

// recentConcepts are the concepts of the words before, round and round.
type recentConcepts struct {
	of [conceptsBefore][]uint16
	at int
}

// conceptTraits notes the concepts of a word, each with those of the words before and with the beginnings of this word's neighbour.
func (d *document) conceptTraits(near *recentConcepts, concepts []uint16, before, known uint64) {
	last := near.of[(near.at+conceptsBefore-1)%conceptsBefore]
	for _, c := range last {
		d.traits = append(d.traits, hashed((uint64(c)*1315423911+known)&(1<<40-1)|ofConceptAndNext))
	}
	for _, c := range concepts {
		d.traits = append(d.traits, hashed(uint64(c)|ofConcept), hashed((uint64(c)*1315423911+before)&(1<<40-1)|ofConceptAndLast))
		for _, earlier := range near.of {
			for _, e := range earlier {
				d.traits = append(d.traits, hashed(uint64(e)<<16|uint64(c)|ofConcepts))
			}
		}
	}
	near.of[near.at] = concepts
	near.at = (near.at + 1) % conceptsBefore
}
