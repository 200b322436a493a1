package sensitive

// mode says where in a written word a lexicon word may stand. Nordic languages write compounds together, so most stems match inside words.
type mode uint8

const (
	whole     mode = iota // the word itself
	stem                  // the word and an ordinary ending
	beginning             // the first part of a compound
	anywhere              // any part of a compound; only for long stems that nothing ordinary contains
)

var modes = map[string]mode{"word": whole, "stem": stem, "first": beginning, "any": anywhere}

// endings are the inflections that stem accepts, of all five languages together.
var endings = func() map[string]bool {
	set := make(map[string]bool)
	for _, e := range []string{
		"", "a", "e", "n", "s", "t", "r", "en", "et", "er", "ar", "or", "na", "ne", "ns", "ts", "es", "ed", "as", "de", "te", "ens", "ets", "ene", "ane", "ers",
		"arna", "arne", "erna", "erne", "orna", "enes", "ernes", "arnas", "ing", "ede", "ade", "ad", "ande", "ende", "nar", "nes", "ly", "lig", "ligt", "lige", "la", "den",
	} {
		set[e] = true
	}
	return set
}()

// symbol is one word row or one group of words; a token carries those that it matches.
type symbol int32

// trie finds all lexicon words inside a written word in time linear in its length. Nodes are kept as first child and next sibling.
type trie struct{ nodes []node }

type node struct {
	r           rune
	child, next int32
	entries     []entry
}

type entry struct {
	symbol symbol
	mode   mode
}

func newTrie() *trie { return &trie{nodes: []node{{}}} }

func (t *trie) step(at int32, r rune) int32 {
	for c := t.nodes[at].child; c != 0; c = t.nodes[c].next {
		if t.nodes[c].r == r {
			return c
		}
	}
	return 0
}

func (t *trie) add(word string, e entry) {
	at := int32(0)
	for _, r := range word {
		next := t.step(at, r)
		if next == 0 {
			t.nodes = append(t.nodes, node{r: r, next: t.nodes[at].child})
			next = int32(len(t.nodes) - 1)
			t.nodes[at].child = next
		}
		at = next
	}
	for _, have := range t.nodes[at].entries {
		if have == e {
			return
		}
	}
	t.nodes[at].entries = append(t.nodes[at].entries, e)
}

// find calls found for every entry that matches the word under its mode.
func (t *trie) find(word string, found func(symbol)) {
	for start := range word {
		at := int32(0)
		for i, r := range word[start:] {
			if at = t.step(at, r); at == 0 {
				break
			}
			end := start + i + len(string(r))
			for _, e := range t.nodes[at].entries {
				if fits(e.mode, start, word[end:]) {
					found(e.symbol)
				}
			}
		}
	}
}

func fits(m mode, start int, rest string) bool {
	switch m {
	case whole:
		return start == 0 && rest == ""
	case stem:
		return start == 0 && endings[rest]
	case beginning:
		return start == 0
	}
	return true
}
