package sensitive

import (
	_ "embed" // the weights
	"math"
)

// weights are what internal/learn made of the training lines: first one byte for each place of the table of warnings, then one for each place of the table of
// hints, then nine bytes for each place of the table of categories, half a byte for each and one half over.
//
//go:embed likeness.bin
var weights string

// The sizes of the tables as powers of two, where they begin, how many categories the last tells apart, and in how many bytes.
const (
	learnedCategories = 17
	categoryBytes     = (learnedCategories + 1) / 2
	warnBits          = 19
	hintBits          = 17
	categoryBits      = 14
	hintsFrom         = 1 << warnBits
	categoriesFrom    = hintsFrom + 1<<hintBits
	halfByteZero      = 8 // the half byte of a weight of nothing
)

// stretch is a run of tokens and how much it is like the lines that were to be warned about: about 1 for one of those, -1 for one of the others.
type stretch struct {
	from, to int // tokens
	margin   float64
}

// Sizes of stretches in tokens: a text up to wholeText is also read as one; a longer one in pieces, each beginning half a piece after the one before; and a
// sentence has to have a few words to be read by itself.
const (
	wholeText     = 40
	pieceOfText   = 24
	wordsAlone    = 3
	unlikeAnyLine = -9
)

// likest are the stretches of the text that are most like a line to warn about, and most like one to say anything about. A sentence is looked at by itself too,
// since what matters drowns in a long text.
func (d *document) likest() (warn, hint stretch) {
	warn.margin, hint.margin = unlikeAnyLine, unlikeAnyLine
	d.findTraits()
	d.sum()
	try := func(from, to int) {
		root := math.Sqrt(float64(d.traitsEnd(to-1) - d.tokens[from].traits))
		if m := float64(float64(d.sums[to].warn-d.sums[from].warn)*warnStep)/root + warnBias; m > warn.margin {
			warn = stretch{from, to, m}
		}
		if m := float64(float64(d.sums[to].hint-d.sums[from].hint)*hintStep)/root + hintBias; m > hint.margin {
			hint = stretch{from, to, m}
		}
	}
	n := len(d.tokens)
	if n <= wholeText {
		try(0, n)
	} else {
		for from := 0; from < n; from += pieceOfText / 2 {
			try(from, min(n, from+pieceOfText))
		}
	}
	for from, i := 0, 1; i <= n; i++ {
		if i < n && d.tokens[i].sentence == d.tokens[from].sentence {
			continue
		}
		if i-from >= wordsAlone && i-from < n {
			try(from, i)
		}
		from = i
	}
	return warn, hint
}

// sums are what the weights of the traits of some tokens add up to.
type sums struct{ warn, hint int32 }

// sum adds up the weights: sums[i] is that of the traits of all tokens before token i.
func (d *document) sum() {
	warns, hints := weights[:hintsFrom], weights[hintsFrom:categoriesFrom]
	var total sums
	d.sums = append(d.sums[:0], total)
	for i := range d.tokens {
		for _, trait := range d.traits[d.tokens[i].traits:d.traitsEnd(i)] {
			total.warn += int32(int8(warns[trait>>(32-warnBits)]))
			total.hint += int32(int8(hints[trait>>(32-hintBits)]))
		}
		d.sums = append(d.sums, total)
	}
}

// likeCategories is how much a stretch is like the lines of each category.
func (d *document) likeCategories(s stretch) (margins [learnedCategories]float64) {
	var totals [2 * categoryBytes]int32
	traits := d.traits[d.tokens[s.from].traits:d.traitsEnd(s.to-1)]
	for _, trait := range traits {
		at := categoriesFrom + int(trait>>(32-categoryBits))*categoryBytes
		for i, both := range []byte(weights[at : at+categoryBytes]) {
			totals[2*i] += int32(both&15) - halfByteZero
			totals[2*i+1] += int32(both>>4) - halfByteZero
		}
	}
	root := math.Sqrt(float64(len(traits)))
	for i := range margins {
		margins[i] = float64(float64(totals[i])*categorySteps[i])/root + categoryBiases[i]
	}
	return margins
}

// weightiest are the few words of a stretch side by side that weigh most.
func (d *document) weightiest(s stretch, weight func(sums) int32) (start, end place) {
	const most = 6
	best, from, to := int32(math.MinInt32), s.from, s.from+1
	for i := s.from; i < s.to; i++ {
		for j := i + 1; j <= min(s.to, i+most) && d.tokens[j-1].sentence == d.tokens[i].sentence; j++ {
			if w := weight(d.sums[j]) - weight(d.sums[i]); w > best {
				best, from, to = w, i, j
			}
		}
	}
	return d.tokens[from].start, d.tokens[to-1].end
}
