package sensitive

import (
	"cmp"
	"math/bits"
	"slices"
)

// hit is one rule that matched a stretch of the text.
type hit struct {
	start, end place
	token      int32  // where it begins
	next       int32  // another hit that begins there, one past its place; 0 for none
	rule       uint16 // into ruleNames
	category   uint8
	loud       loudness
	hold       hold
}

// loudness is a severity as a number.
type loudness uint8

const (
	silent loudness = iota
	hints
	warns
)

// loudly is the loudness of a severity.
func loudly(s Severity) loudness {
	switch s {
	case Warn:
		return warns
	case Hint:
		return hints
	}
	return silent
}

// severities are the severities by loudness.
var severities = [...]Severity{silent: None, hints: Hint, warns: Warn}

// order is what hits of a category are sorted by: where they begin and end.
func (h *hit) order() uint64 {
	return uint64(h.start.bytes)<<32 | uint64(h.end.bytes) //nolint:gosec // never negative
}

func louder(a, b Severity) Severity {
	if loudly(b) > loudly(a) {
		return b
	}
	return a
}

// ordered is a hit by what it is sorted by: pairs of numbers are quicker to sort than hits.
type ordered struct {
	key uint64
	hit int32
}

// answer is the room that an ordinary report needs, in one piece of memory.
type answer struct {
	findings [8]Finding
	spans    [16]Span
	rules    [24]string
}

// longAnswer has room for all findings and all rules that there are.
type longAnswer struct {
	findings [len(categories)]Finding
	rules    [len(ruleNames)]string
}

// room is memory for a report: one piece, or two where there is much to say.
func (d *document) room() (findings []Finding, spans []Span, rules []string) {
	if len(d.said) > len(answer{}.findings) || len(d.rules) > len(answer{}.rules) {
		a := new(longAnswer)
		return a.findings[:0], make([]Span, 0, len(d.spans)), a.rules[:0]
	}
	a := new(answer)
	if len(d.spans) > len(a.spans) {
		return a.findings[:0], make([]Span, 0, len(d.spans)), a.rules[:0]
	}
	return a.findings[:0], a.spans[:0], a.rules[:0]
}

// about is what was found of one category, and where the lists of its spans and rules end.
type about struct {
	category     uint8
	loud         loudness
	card, danger bool // the rules of a payment card, or one that says that somebody may be in danger
	spans, rules int
}

// findings groups the hits by category; each finding carries the rules and spans of its highest severity. telling says that somebody may be in danger.
func (d *document) findings(opt Options, telling bool) []Finding {
	if len(d.hits) == 0 {
		return nil
	}
	var top [len(categories)]loudness
	for i := range d.hits {
		h := &d.hits[i]
		top[h.category] = max(top[h.category], h.loud)
	}
	for order := d.sort(top); len(order) > 0; {
		first := &d.hits[order[0].hit]
		to := 1
		for to < len(order) && d.hits[order[to].hit].category == first.category {
			to++
		}
		a := about{category: first.category, loud: first.loud}
		d.stretches(order[:to])
		d.names(&a, order[:to])
		a.spans, a.rules = len(d.spans), len(d.rules)
		d.said = append(d.said, a)
		order = order[to:]
	}
	found, spans, rules := d.room()
	for _, a := range d.said {
		f := Finding{Category: categories[a.category], Severity: severities[a.loud]}
		f.Action = action(f.Category, f.Severity)
		if a.card {
			f.Action = BlockSuggest
		}
		from := len(spans)
		spans = append(spans, d.spans[from:a.spans]...)
		f.Spans = spans[from:len(spans):len(spans)]
		from = len(rules)
		for _, rank := range d.rules[from:a.rules] {
			rules = append(rules, ruleNames[ruleOfRank[rank]])
		}
		f.Rules = rules[from:len(rules):len(rules)]
		f.Reason, f.Advice = words(a, opt, telling)
		found = append(found, f)
	}
	return found
}

// sort lists the hits that are as loud as any of their category: the loudest categories first, and those of each by where they begin and end.
func (d *document) sort(top [len(categories)]loudness) []ordered {
	var count, from [len(categories)]int
	for i := range d.hits {
		if h := &d.hits[i]; h.loud == top[h.category] {
			count[h.category]++
		}
	}
	to := 0
	for _, loud := range [...]loudness{warns, hints, silent} {
		for c := range top {
			if top[c] == loud {
				from[c], to = to, to+count[c]
			}
		}
	}
	d.order = slices.Grow(d.order[:0], to)[:to]
	for i := range d.hits {
		h := &d.hits[i]
		if h.loud != top[h.category] {
			continue
		}
		at := from[h.category]
		d.order[at] = ordered{h.order(), int32(i)} //nolint:gosec // some a word
		from[h.category]++
	}
	for c, to := range from {
		if count[c] > 1 {
			sortByPlace(d.order[to-count[c] : to])
		}
	}
	return d.order
}

// sortByPlace sorts hits by where they begin and end. There are few as a rule, and they nearly are sorted.
func sortByPlace(order []ordered) {
	const few = 32
	if len(order) > few {
		slices.SortFunc(order, func(a, b ordered) int { return cmp.Compare(a.key, b.key) })
		return
	}
	for i := 1; i < len(order); i++ {
		o, k := order[i], i
		for ; k > 0 && order[k-1].key > o.key; k-- {
			order[k] = order[k-1]
		}
		order[k] = o
	}
}

// stretches notes the spans of sorted hits, joining those that overlap.
func (d *document) stretches(order []ordered) {
	first := len(d.spans)
	for _, o := range order {
		h := &d.hits[o.hit]
		if n := len(d.spans); n > first && int(h.start.runes) < d.spans[n-1].EndRune {
			if last := &d.spans[n-1]; int(h.end.runes) > last.EndRune {
				last.EndRune, last.EndUTF16 = int(h.end.runes), int(h.end.units)
			}
			continue
		}
		d.spans = append(d.spans, Span{StartRune: int(h.start.runes), EndRune: int(h.end.runes), StartUTF16: int(h.start.units), EndUTF16: int(h.end.units)})
	}
}

// ruleSet is a set of rules, by their ranks.
type ruleSet [len(ruleNames)/64 + 1]uint64

func (s *ruleSet) add(rank uint16) { s[rank/64] |= 1 << (rank % 64) }

func (s *ruleSet) has(rank uint16) bool { return s[rank/64]>>(rank%64)&1 != 0 }

// Rules are listed by their names: rankOfRule is the place of each in that order, ruleOfRank the way back.
var rankOfRule, ruleOfRank = func() (ranks, rules [len(ruleNames)]uint16) {
	for i := range rules {
		rules[i] = uint16(i)
	}
	slices.SortFunc(rules[:], func(a, b uint16) int { return cmp.Compare(ruleNames[a], ruleNames[b]) })
	for rank, rule := range rules {
		ranks[rule] = uint16(rank)
	}
	return ranks, rules
}()

// names notes the ranks of the rules of the hits, each once and sorted, and what they say about the finding.
func (d *document) names(a *about, order []ordered) {
	var named ruleSet
	for _, o := range order {
		h := &d.hits[o.hit]
		named.add(rankOfRule[h.rule])
		a.danger = a.danger || h.dangerous()
	}
	for i, set := range named {
		for ; set != 0; set &= set - 1 {
			rank := uint16(64*i + bits.TrailingZeros64(set)) //nolint:gosec // some hundred
			d.rules = append(d.rules, rank)
			a.card = a.card || ruleOfRank[rank] == cardRule
		}
	}
}

func action(c Category, s Severity) Action {
	switch {
	case s != Warn:
		return NoAction
	case c == NationalID || c == ProtectedAddress:
		return BlockSuggest
	}
	return Confirm
}
