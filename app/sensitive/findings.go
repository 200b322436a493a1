package sensitive

import (
	"cmp"
	"slices"
	"strings"
)

// hit is one rule that matched a stretch of the text.
type hit struct {
	category   uint8
	rule       uint16
	severity   Severity
	hold       hold
	start, end place
}

func rank(s Severity) int {
	switch s {
	case Warn:
		return 2
	case Hint:
		return 1
	}
	return 0
}

func louder(a, b Severity) Severity {
	if rank(b) > rank(a) {
		return b
	}
	return a
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
	var top [len(categories)]Severity
	for _, h := range d.hits {
		top[h.category] = louder(top[h.category], h.severity)
	}
	d.hits = slices.DeleteFunc(d.hits, func(h hit) bool { return h.severity != top[h.category] })
	slices.SortFunc(d.hits, func(a, b hit) int {
		return cmp.Or(rank(b.severity)-rank(a.severity), cmp.Compare(a.category, b.category), cmp.Compare(a.start.bytes, b.start.bytes), cmp.Compare(a.end.bytes, b.end.bytes))
	})
	room := new(answer)
	found, spans, rules := room.findings[:0], room.spans[:0], room.rules[:0]
	telling := false // somebody may be in danger: nothing in this report may discourage telling
	for from := 0; from < len(d.hits); {
		to := from
		for to < len(d.hits) && d.hits[to].category == d.hits[from].category {
			to++
		}
		f := Finding{Category: categories[d.hits[from].category], Severity: d.hits[from].severity}
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
