package sensitive

import "slices"

// likenessCategories are those that the learned weight tells apart, and likenessRules what its findings are called: all but numbers, which are checked, and small
// matters of health, which are never warned about.
var likenessCategories, likenessRules = func() (list [learnedCategories]uint8, rules [learnedCategories]uint16) {
	k := 0
	for i, c := range categories {
		if c != NationalID && c != HealthMinor {
			list[k], rules[k] = uint8(i), ruleIndex(string(c)+".likeness")
			k++
		}
	}
	return list, rules
}()

// likely is how much a text has to be like the lines to warn about for a warning whatever the rules say: of the ordinary training lines held back from the
// training, 8 in 1,000 are. Like everything here it was chosen on such lines, and on the figures, never the lines, of what is measured with.
const (
	likely      = 0.45
	inFrame     = 0.2   // what it is more where a book, a game or a joke is being told
	anyCategory = -0.45 // how much like one category it has to be besides
	asLikely    = 0.25  // how near a second category has to be to the likeliest
	asPlain     = 0.5   // how near a category that the rules hint at has to be, to be it
	leastText   = 2     // words to be compared at all
	denied      = 5     // words of a text from which a warning can be taken back: fewer say too little
)

// hold is how firmly a rule holds on to its warning against the learned weight.
type hold uint8

const (
	loose hold = iota // a rule that needs something beside it
	tight             // a rule that stands by itself
	grave             // such a rule about violence, or a child at risk
	fast              // a number that was checked, an address that is a secret, a wish to hurt oneself
)

// takenBack is how unlike the lines to warn about a text has to be for the warning of a rule to become a hint. Of the lines to warn about that were held back
// from the training, 25 in 1,000 are less than the first, 7 less than the second, 4 less than the third.
var takenBack = [...]float64{loose: -0.5, tight: -0.7, grave: -0.8, fast: unlikeAnyLine}

// ruleSelfHarm is the rule about who hurts themselves.
var ruleSelfHarm = ruleIndex("mental_health" + selfHarm)

// hold is how firmly the row holds on to what it warns of.
func (r *row) hold() hold {
	switch category := categories[r.category]; {
	case category == ProtectedAddress, r.rule == ruleSelfHarm:
		return fast
	case r.strength != firm:
		return loose
	case category == ViolenceAbuse, category == ChildProtection:
		return grave
	}
	return tight
}

// compare sets what the rules found against the learned weight. The two know different things: rules know words, and what they mean in which place; the weight
// knows what texts look like as a whole, and finds what no rule foresaw.
func (d *document) compare() {
	if len(d.tokens) < leastText {
		return
	}
	warned, held := false, loose
	for _, h := range d.hits {
		if h.severity == Warn {
			warned, held = true, max(held, h.hold)
		}
	}
	if held == fast || warned && len(d.tokens) < denied {
		return
	}
	s := d.likest()
	switch {
	case !warned && s.margin > likely+d.framed(s):
		d.lift(s)
	case warned && s.margin < takenBack[held]:
		for i := range d.hits {
			d.hits[i].severity = Hint
		}
	}
}

// framed is how much more a stretch has to weigh because of what it tells of.
func (d *document) framed(s stretch) float64 {
	for i := s.from; i < s.to; i++ {
		if d.sentences[d.tokens[i].sentence]&(cueJoke|cuePlay|cueAbout) != 0 {
			return inFrame
		}
	}
	return 0
}

// lift warns of a stretch, of the category that it is likest. One that the rules hint at already is taken before.
func (d *document) lift(s stretch) {
	margins := d.likeCategories(s)
	likeliest := slices.Max(margins[:])
	if likeliest < anyCategory {
		return // like lines to warn about, but for nothing that anybody could be told
	}
	hinted := false
	for i := range d.hits {
		h := &d.hits[i]
		if k := slices.Index(likenessCategories[:], h.category); k >= 0 && margins[k] > likeliest-asPlain {
			h.severity, hinted = Warn, true
		}
	}
	if hinted {
		return
	}
	start, end := d.weightiest(s)
	for k, margin := range margins {
		if margin > max(anyCategory, likeliest-asLikely) {
			d.hits = append(d.hits, hit{likenessCategories[k], likenessRules[k], Warn, loose, start, end})
		}
	}
}
