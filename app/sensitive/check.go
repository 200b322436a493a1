package sensitive

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxRunes is the longest text that is read; longer ones are let through unread. Ordinary limits of the API are far below.
const MaxRunes = 10_000

// Check reads a text and reports what in it is sensitive. It never fails: at worst it finds nothing and says so in Skipped. Time is linear in the
// length of the text; for an ordinary message it is some tens of microseconds.
func Check(text string, opt Options) Report { return check(text, opt, lexicon) }

// check takes the lexicon as a function, so that a test can let it fail.
func check(text string, opt Options, lexicon func() *lexiconData) (report Report) {
	report = Report{Severity: None, Ruleset: Ruleset()}
	if len(text) > MaxRunes && utf8.RuneCountInString(text) > MaxRunes {
		report.Skipped = TooLong
		return report
	}
	defer func() {
		if recover() != nil {
			// B4: a bug here must not keep a guardian from writing. The panic value may quote the text, so it is not logged either.
			report = Report{Severity: None, Ruleset: Ruleset(), Skipped: Failed}
		}
	}()
	lex := lexicon()
	doc := read(text, lex)
	hits := append(lex.match(doc), numbers(doc, opt.Country)...)
	report.Findings = findings(doc, hits, opt)
	for _, f := range report.Findings {
		report.Severity = louder(report.Severity, f.Severity)
	}
	return report
}

// hit is one rule that matched a stretch of runes.
type hit struct {
	category   Category
	rule       string
	severity   Severity
	start, end int // runes
}

func rank(s Severity) int { return slices.Index([]Severity{None, Hint, Warn}, s) }

func louder(a, b Severity) Severity {
	if rank(b) > rank(a) {
		return b
	}
	return a
}

// findings groups hits by category; each finding carries the rules and spans of its highest severity.
func findings(doc *document, hits []hit, opt Options) []Finding {
	top := make(map[Category]Severity)
	for _, h := range hits {
		top[h.category] = louder(top[h.category], h.severity)
	}
	var found []Finding
	telling := false // somebody may be in danger: nothing in this report may discourage telling
	for _, c := range Categories() {
		if rank(top[c]) < rank(Hint) {
			continue
		}
		f := Finding{Category: c, Severity: top[c], Action: action(c, top[c])}
		var stretches [][2]int
		for _, h := range hits {
			if h.category != c || h.severity != f.Severity {
				continue
			}
			stretches = append(stretches, [2]int{h.start, h.end})
			if rule := string(c) + "." + h.rule; !slices.Contains(f.Rules, rule) {
				f.Rules = append(f.Rules, rule)
			}
		}
		slices.Sort(f.Rules)
		f.Spans = doc.spans(stretches)
		telling = telling || concernsSafety(f)
		found = append(found, f)
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank(b.Severity) - rank(a.Severity) })
	for i := range found {
		found[i].Reason, found[i].Advice = words(found[i], opt, telling)
	}
	return found
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

// concernsSafety reports whether a child or an adult may be in danger behind this finding.
func concernsSafety(f Finding) bool {
	return f.Category == ViolenceAbuse || f.Category == ChildProtection ||
		slices.ContainsFunc(f.Rules, func(r string) bool { return strings.HasSuffix(r, ".selfharm") })
}
