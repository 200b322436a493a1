package sensitive

import "math/bits"

// beginnings are the first three letters of all words of a trie, as bits: nearly every word is turned away here, from a table that is always at hand, without
// looking into the trie.
type beginnings [1 << 10]uint32

// beginningsOf lists the beginnings of a trie whose words have three letters at least.
func beginningsOf(root node) *beginnings {
	set := new(beginnings)
	for first := range letters(root) {
		for second := range letters(root.step(first)) {
			set[int(first)<<5|int(second)] = uint32(root.step(first).step(second)) //nolint:gosec // the letters that follow
		}
	}
	return set
}

// letters are those that follow a node.
func letters(n node) func(func(byte) bool) {
	return func(yield func(byte) bool) {
		for mask := uint32(n); mask != 0; mask &= mask - 1 { //nolint:gosec // likewise
			if !yield(byte(bits.TrailingZeros32(mask))) { //nolint:gosec // at most 31
				return
			}
		}
	}
}

// have reports whether a word may begin with these letters, three at least.
func (b *beginnings) have(word []byte) bool {
	return word[0] < otherLetter && word[1] < otherLetter && b[int(word[0])<<5|int(word[1])]&(1<<word[2]) != 0
}

var insideBeginnings = beginningsOf(rootInside)
