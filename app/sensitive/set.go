package sensitive

import "math/bits"

// A group is the bits of 128 symbols side by side. A set of symbols is a bit for every group that has any, and those groups in their order: a word stands in dozens of
// places of phrases and most groups have none of them, so a set is small, and one symbol is looked for in it by two steps. There is room for 64 groups;
// internal/compile refuses more symbols.
type group [2]uint64

const (
	groupBits = 7
	allGroups = len(symbols)>>groupBits + 1
)

// groupOf is the group of a symbol.
func groupOf(s symbol) symbol { return s >> groupBits & 63 }

func (g *group) has(s symbol) bool { return g[s>>6&1]>>(s&63)&1 != 0 }

func (g *group) add(s symbol) { g[s>>6&1] |= 1 << (s & 63) }

// allSymbols is a set of symbols with room for all of them.
type allSymbols [allGroups]group

// asked is what a whole text stands for of the symbols that are looked for in all of it, which have the first numbers: the second rarest places of
// phrases, all places of those in any order, and the classes that rows name. Nearly always there is none, which is quick to see.
type asked [symbolsAsked>>groupBits + 1]group

func (a *asked) has(s symbol) bool { return a[groupOf(s)].has(s) }

func (a *asked) add(s symbol) {
	if s < symbolsAsked {
		a[groupOf(s)].add(s)
	}
}

// addAll adds what a word stands for. Its first groups are those asked for.
func (a *asked) addAll(e *entry, r *room) {
	from := e.groupsAt
	for groups := e.groups & (1<<len(a) - 1); groups != 0; groups &= groups - 1 {
		to, g := &a[bits.TrailingZeros64(groups)], &r.groups[from]
		to[0], to[1] = to[0]|g[0], to[1]|g[1]
		from++
	}
}

func (a *allSymbols) add(s symbol) { a[groupOf(s)].add(s) }

// room is where entries keep their lists.
type room struct {
	groups []group
	lists  []symbol
}

// carries reports whether the word of an entry of this room stands for a symbol.
func (r *room) carries(e *entry, s symbol) bool {
	g := groupOf(s)
	return e.groups>>g&1 != 0 && r.groups[int(e.groupsAt)+bits.OnesCount64(e.groups&(1<<g-1))].has(s)
}

// keepSet keeps a set of symbols for an entry.
func (r *room) keepSet(e *entry, symbols []symbol, scratch *allSymbols) {
	e.groups, e.groupsAt = 0, uint32(len(r.groups)) //nolint:gosec // some hundred thousand
	for _, s := range symbols {
		e.groups |= 1 << groupOf(s)
		scratch.add(s)
	}
	for groups := e.groups; groups != 0; groups &= groups - 1 {
		g := &scratch[bits.TrailingZeros64(groups)]
		r.groups = append(r.groups, *g)
		*g = group{}
	}
}

// The lists of an entry stand one after the other.
func (r *room) anchors(e *entry) []symbol { return r.lists[e.listsAt:][:e.anchors] }
func (r *room) rows(e *entry) []symbol    { return r.lists[int(e.listsAt)+int(e.anchors):][:e.rows] }
