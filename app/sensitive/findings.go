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

// order is what hits are sorted by: the loudest first, then by category, then where they begin and end. A text has at most 400,000 bytes.
func (h *hit) order() uint64 {
	return uint64(warns-h.loud)<<56 | uint64(h.category)<<48 | uint64(h.start.bytes)<<24 | uint64(h.end.bytes) //nolint:gosec // never negative
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
	d.order = d.order[:0]
	for i := range d.hits {
		d.order = append(d.order, ordered{d.hits[i].order(), int32(i)}) //nolint:gosec // some a word
	}
	slices.SortFunc(d.order, func(a, b ordered) int { return cmp.Compare(a.key, b.key) })
	for _, o := range d.order {
		d.sorted = append(d.sorted, d.hits[o.hit])
	}
	d.hits, d.sorted = d.sorted, d.hits[:0]
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
	for _, h := range hits {
		if name := ruleNames[h.rule]; !slices.Contains(rules[first:], name) {
			rules = append(rules, name)
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
