package sensitive

import "slices"

// likenessCategories are those that the learned weight tells apart, and likenessRules what its findings are called: all but numbers, which are checked.
var likenessCategories, likenessRules = func() (list [learnedCategories]uint8, rules [learnedCategories]uint16) {
	k := 0
	for i, c := range categories {
		if c != NationalID {
			list[k], rules[k] = uint8(i), ruleIndex(string(c)+".likeness")
			k++
		}
	}
	return list, rules
}()

// likeSmall is the place of small matters of health among the likenessCategories.
var likeSmall = slices.Index(likenessCategories[:], categoryIndex(HealthMinor))

// likely is how much a text has to be like the lines to warn about for a warning where no rule gives one. Like everything here it was chosen on training lines held
// back from the training, those whose writers knew nothing of the rules: at these numbers 2 to 4 in 100 lines to say nothing about are warned about, most of them
// traps, and 85 in 100 of the lines to warn about.
const (
	likely      = 0.1
	likelyHint  = 0.4   // how much like a line to say anything about for a hint where no rule finds anything
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
	kept              // a rule about an address that is a secret, or a wish to hurt oneself
	fast              // a number that was checked
)

// takenBack is how unlike the lines to warn about a text has to be for the warning of a rule to become a hint: chosen as likely was. What the rule said is itself
// part of what is weighed, so a rule that is often wrong needs more beside it.
var takenBack = [...]float64{loose: -0.25, tight: -0.05, grave: -0.8, kept: -0.4, fast: unlikeAnyLine}

// hold is how firmly the row holds on to what it warns of.
func (r *row) hold() hold {
	switch {
	case r.category == secretAddress, selfHarmRules.has(rankOfRule[r.rule]):
		return kept
	case r.strength != firm:
		return loose
	case r.category == violence, r.category == childAtRisk:
		return grave
	}
	return tight
}

// compare sets what the rules found against the learned weight. The two know different things: rules know words, and what they mean in which place; the weight
// knows what texts look like as a whole, what the rules said among it, and finds what no rule foresaw.
func (d *document) compare() {
	if len(d.tokens) < leastText {
		return
	}
	warned, held := false, loose
	for _, h := range d.hits {
		if h.loud == warns {
			warned, held = true, max(held, h.hold)
		}
	}
	if held == fast || warned && len(d.tokens) < denied {
		return
	}
	warn, hint := d.likest()
	switch {
	case !warned && warn.margin > likely+d.framed(warn):
		d.lift(warn)
	case warned && warn.margin < takenBack[held]:
		for i := range d.hits {
			d.hits[i].loud = hints
		}
	case len(d.hits) == 0 && hint.margin > likelyHint+d.framed(hint):
		d.liftToHint(hint)
	}
}

// liftToHint hints at a stretch, of the category that it is likest.
func (d *document) liftToHint(s stretch) {
	margins := d.likeCategories(s)
	likeliest := slices.Max(margins[:])
	if likeliest < anyCategory {
		return
	}
	k := slices.Index(margins[:], likeliest)
	start, end := d.weightiest(s, func(s sums) int32 { return s.hint })
	d.hits = append(d.hits, hit{category: likenessCategories[k], rule: likenessRules[k], loud: hints, start: start, end: end})
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
	margins[likeSmall] = unlikeAnyLine // small matters of health are never warned about
	likeliest := slices.Max(margins[:])
	if likeliest < anyCategory {
		return // like lines to warn about, but for nothing that anybody could be told
	}
	hinted := false
	for i := range d.hits {
		h := &d.hits[i]
		if k := slices.Index(likenessCategories[:], h.category); k >= 0 && margins[k] > likeliest-asPlain {
			h.loud, hinted = warns, true
		}
	}
	if hinted {
		return
	}
	start, end := d.weightiest(s, func(s sums) int32 { return s.warn })
	for k, margin := range margins {
		if margin > max(anyCategory, likeliest-asLikely) {
			d.hits = append(d.hits, hit{category: likenessCategories[k], rule: likenessRules[k], loud: warns, start: start, end: end})
		}
	}
}
