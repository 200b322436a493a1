package sensitive

import (
	"cmp"
	"slices"
	"strings"
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

// findings groups the hits by category; each finding carries the rules and spans of its highest severity.
func (d *document) findings(opt Options) []Finding {
	if len(d.hits) == 0 {
		return nil
	}
	var top [len(categories)]loudness
	for i := range d.hits {
		h := &d.hits[i]
		top[h.category] = max(top[h.category], h.loud)
	}
	d.hits = slices.DeleteFunc(d.hits, func(h hit) bool { return h.loud != top[h.category] })
	d.sort(top)
	room := new(answer)
	found, spans, rules := room.findings[:0], room.spans[:0], room.rules[:0]
	telling := false // somebody may be in danger: nothing in this report may discourage telling
	for from := 0; from < len(d.hits); {
		to := from
		for to < len(d.hits) && d.hits[to].category == d.hits[from].category {
			to++
		}
		f := Finding{Category: categories[d.hits[from].category], Severity: severities[d.hits[from].loud]}
		f.Action = action(f.Category, f.Severity)
		spans, f.Spans = stretches(spans, d.hits[from:to])
		rules, f.Rules = names(rules, d.hits[from:to])
		if slices.Contains(f.Rules, ruleCard) {
			f.Action = BlockSuggest
		}
		telling = telling || concernsSafety(f)
		found = append(found, f)
		from = to
	}
	for i := range found {
		found[i].Reason, found[i].Advice = words(found[i], opt, telling)
	}
	return found
}

// sort sorts the hits by category, the loudest categories first, and those of each by where they begin and end.
func (d *document) sort(top [len(categories)]loudness) {
	var count, from [len(categories)]int
	for i := range d.hits {
		count[d.hits[i].category]++
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
		d.order[from[h.category]] = ordered{h.order(), int32(i)} //nolint:gosec // some a word
		from[h.category]++
	}
	for c, to := range from {
		slices.SortFunc(d.order[to-count[c]:to], func(a, b ordered) int { return cmp.Compare(a.key, b.key) })
	}
	for _, o := range d.order {
		d.sorted = append(d.sorted, d.hits[o.hit])
	}
	d.hits, d.sorted = d.sorted, d.hits[:0]
}

// stretches appends the spans of sorted hits, joining those that overlap, and returns them apart from what stood there before.
func stretches(spans []Span, hits []hit) (all, own []Span) {
	first := len(spans)
	for _, h := range hits {
		if n := len(spans); n > first && int(h.start.runes) < spans[n-1].EndRune {
			if last := &spans[n-1]; int(h.end.runes) > last.EndRune {
				last.EndRune, last.EndUTF16 = int(h.end.runes), int(h.end.units)
			}
			continue
		}
		spans = append(spans, Span{StartRune: int(h.start.runes), EndRune: int(h.end.runes), StartUTF16: int(h.start.units), EndUTF16: int(h.end.units)})
	}
	return spans, spans[first:len(spans):len(spans)]
}

// names appends the rules of the hits, each once, sorted.
func names(rules []string, hits []hit) (all, own []string) {
	first := len(rules)
	var named [len(ruleNames)/64 + 1]uint64
	for i := range hits {
		if rule := hits[i].rule; named[rule/64]>>(rule%64)&1 == 0 {
			named[rule/64] |= 1 << (rule % 64)
			rules = append(rules, ruleNames[rule])
		}
	}
	own = rules[first:len(rules):len(rules)]
	slices.Sort(own)
	return rules, own
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

// selfHarm ends the names of rules about who hurts themselves.
const selfHarm = ".selfharm"

// concernsSafety reports whether a child or an adult may be in danger behind this finding.
func concernsSafety(f Finding) bool {
	return f.Category == ViolenceAbuse || f.Category == ChildProtection ||
		slices.ContainsFunc(f.Rules, func(r string) bool { return strings.HasSuffix(r, selfHarm) })
}
