package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// The packed form of a node: 32 bits of which letters follow, 19 bits of where its children stand, 13 bits of what ends here.
const (
	childBits = 19
	endBits   = 13
	mostEnds  = 255 // of one word: an entry of the guide counts them in a byte
)

// activeEnd marks an end whose symbol is more than one place of a phrase; the guide looks at these first (lastEnd and activeEnd in tables.go).
const activeEnd = 1 << 30

// build is a trie while it grows.
type build struct {
	children map[rune]*build
	ends     []uint32 // symbol<<3 | mode, sorted
}

func (b *build) add(form string, end uint32) {
	for _, r := range form {
		if b.children == nil {
			b.children = map[rune]*build{}
		}
		next := b.children[r]
		if next == nil {
			next = &build{}
			b.children[r] = next
		}
		b = next
	}
	if at, found := slices.BinarySearch(b.ends, end); !found {
		b.ends = slices.Insert(b.ends, at, end)
	}
}

// packed holds nodes in which equal parts are stored once: children of a node stand side by side, in the order of the alphabet.
type packed struct {
	nodes   []uint64
	blocks  map[string]int
	lists   []uint32 // all lists of ends, one after the other; the last of a list has its top bit set
	listIDs map[string]int
	starts  []uint32 // by list: where it begins
	inFiles []int    // by symbol: its number in the order of the files
	parts   []uint32 // by list: where what may fit a part of a word begins (upper half) and ends (lower half), counted from its beginning
}

func newPacked(inFiles []int) *packed {
	return &packed{inFiles: inFiles, nodes: []uint64{0}, blocks: map[string]int{}, listIDs: map[string]int{}, starts: []uint32{0}, parts: []uint32{0}, lists: []uint32{1 << 31}}
}

// pack returns the packed node of b; it stores what hangs below.
func (p *packed) pack(b *build) (uint64, error) {
	var mask uint64
	var block []uint64
	for code, r := range []rune(alphabet) {
		child := b.children[r]
		if child == nil {
			continue
		}
		node, err := p.pack(child)
		if err != nil {
			return 0, err
		}
		mask |= 1 << code
		block = append(block, node)
	}
	at := 0
	if len(block) > 0 {
		key := fmt.Sprint(block)
		known, ok := p.blocks[key]
		if !ok {
			known = len(p.nodes)
			p.nodes = append(p.nodes, block...)
			p.blocks[key] = known
		}
		at = known
	}
	if len(b.ends) > mostEnds {
		return 0, fmt.Errorf("a word stands in %d rows, classes and places of phrases: the guide keeps %d of one word", len(b.ends), mostEnds)
	}
	list := p.list(b.ends)
	if at >= 1<<childBits || list >= 1<<endBits {
		return 0, fmt.Errorf("the tables are full: %d nodes, %d lists", at, list)
	}
	return mask | uint64(at)<<32 | uint64(list)<<(32+childBits), nil
}

// fitting is where an end stands in its list: what fits nothing but the very word stands first and last, and of the two halves the active one last.
func fitting(end uint32) int {
	switch word, active := end&7 == whole, end&activeEnd != 0; {
	case word && !active:
		return 0
	case !active:
		return 1
	case !word:
		return 2
	}
	return 3
}

func (p *packed) list(ends []uint32) int {
	if len(ends) == 0 {
		return 0
	}
	ends = slices.Clone(ends)
	inFiles := func(end uint32) int { return p.inFiles[end&^activeEnd>>3] }
	slices.SortStableFunc(ends, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(fitting(x), fitting(y)), cmp.Compare(inFiles(x), inFiles(y)))
	})
	key := fmt.Sprint(ends)
	id, ok := p.listIDs[key]
	if !ok {
		id = len(p.starts)
		p.starts = append(p.starts, uint32(len(p.lists)))
		of := func(place int) uint32 {
			n, _ := slices.BinarySearchFunc(ends, place, func(e uint32, p int) int { return cmp.Compare(fitting(e), p) })
			return uint32(n)
		}
		p.parts = append(p.parts, of(1)<<16|of(3))
		p.lists = append(p.lists, ends...)
		p.lists[len(p.lists)-1] |= 1 << 31
		p.listIDs[key] = id
	}
	return id
}

// roots of the four tries: words from their first letter; what may stand inside a word; words long enough to be mistyped; endings.
type roots struct{ words, inside, mistyped, endings uint64 }

func (lex *lexicon) tries() (*packed, roots, error) {
	var words, inside, mistyped, endings build
	active := make([]bool, len(lex.symbolRow)) // finds, says or begins something by itself
	for s := range active {
		active[s] = lex.symbolRow[s] >= 0 || lex.symbolCue[s] != 0 || s == lex.classes["ordinary"]
	}
	for _, p := range lex.patterns {
		active[p.elements[p.anchor].symbol] = true
	}
	for _, e := range lex.entries {
		if ending, ok := strings.CutPrefix(e.form, "\x00"); ok {
			endings.add(ending, 1)
			endings.add(twoLetters.Replace(ending), 1)
			endings.add(bareLetters.Replace(ending), 1)
			continue
		}
		end := uint32(e.symbol)<<3 | uint32(e.mode)
		if active[e.symbol] {
			end |= activeEnd
		}
		words.add(e.form, end)
		if e.mode >= anywhere {
			inside.add(e.form, end)
		}
		if e.fuzzy {
			mistyped.add(e.form, end)
		}
	}
	p := newPacked(lex.inFiles)
	var r roots
	for _, each := range []struct {
		root *uint64
		trie *build
	}{{&r.words, &words}, {&r.inside, &inside}, {&r.mistyped, &mistyped}, {&r.endings, &endings}} {
		node, err := p.pack(each.trie)
		if err != nil {
			return nil, roots{}, err
		}
		*each.root = node
	}
	return p, r, nil
}
