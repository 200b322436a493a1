package sensitive

import (
	"strings"
	"testing"
)

// A word that is known beforehand says what it says when it is read in its text: for all words of the list, and for what stands beside them.
func TestFrequentWordsSayWhatTheySayInATextOfTheirOwn(t *testing.T) {
	t.Parallel()
	known, unread := frequentWords(), tableOf(nil)
	if len(known.entries) < 10_000 {
		t.Fatalf("only %d words are known beforehand", len(known.entries))
	}
	var beforehand, once document
	for word := range strings.Lines(frequentList) {
		text := "mannen min " + strings.TrimSpace(word) + " barna"
		for d, table := range map[*document]*wordTable{&beforehand: known, &once: unread} {
			d.reset()
			d.cut(text)
			d.mark(table)
			d.phrases()
			d.words()
			d.weighPhrases()
			d.sum()
		}
		if len(beforehand.entries) != 0 {
			t.Fatalf("%q is read again", text)
		}
		if a, b := &beforehand, &once; len(a.hits) != len(b.hits) || len(a.sums) != len(b.sums) || a.sums[len(a.sums)-1] != b.sums[len(b.sums)-1] {
			t.Errorf("%q: %d findings and %v, read in the text %d and %v", text, len(a.hits), a.sums[len(a.sums)-1], len(b.hits), b.sums[len(b.sums)-1])
		}
		for i := range beforehand.tokens {
			a, b := &beforehand.tokens[i], &once.tokens[i]
			if a.cues != b.cues || a.entry.groups != b.entry.groups || a.entry.ordinary != b.entry.ordinary {
				t.Errorf("%q: word %d has %x, read in the text %x", text, i, a.cues, b.cues)
			}
		}
	}
}
