package sensitive

import (
	_ "embed" // the weights
	"math"
)

// weights are what internal/learn made of the training lines: first one byte for each place of the table of warnings, then eight bytes for each place of the
// table of categories, half a byte for each.
//
//go:embed likeness.bin
var weights string

// The sizes of the two tables as powers of two, where the second begins, and how many categories it tells apart.
const (
	learnedCategories = 16
	warnBits          = 18
	categoryBits      = 14
	categoriesFrom    = 1 << warnBits
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

// likest is the stretch of the text that is most like a line to warn about. A sentence is looked at by itself too, since what matters drowns in a long text.
func (d *document) likest() stretch {
	best := stretch{margin: unlikeAnyLine}
	d.findTraits()
	d.sum()
	try := func(from, to int) {
		if m := d.marginOf(from, to); m > best.margin {
			best = stretch{from, to, m}
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
	return best
}

// sum adds up the weights: sums[i] is that of the traits of all tokens before token i.
func (d *document) sum() {
	table := weights[:categoriesFrom]
	total := int32(0)
	d.sums = append(d.sums[:0], 0)
	for i := range d.tokens {
		for _, trait := range d.traits[d.tokens[i].traits:d.traitsEnd(i)] {
			total += int32(int8(table[trait>>(32-warnBits)]))
		}
		d.sums = append(d.sums, total)
	}
}

// marginOf is how much a stretch is like the lines to warn about.
func (d *document) marginOf(from, to int) float64 {
	if from >= to {
		return unlikeAnyLine
	}
	count := d.traitsEnd(to-1) - d.tokens[from].traits
	return float64(float64(d.sums[to]-d.sums[from])*warnStep)/math.Sqrt(float64(count)) + warnBias
}

// likeCategories is how much a stretch is like the lines of each category.
func (d *document) likeCategories(s stretch) (margins [learnedCategories]float64) {
	var totals [learnedCategories]int32
	traits := d.traits[d.tokens[s.from].traits:d.traitsEnd(s.to-1)]
	for _, trait := range traits {
		at := categoriesFrom + int(trait>>(32-categoryBits))*learnedCategories/2
		for i, both := range []byte(weights[at : at+learnedCategories/2]) {
			totals[2*i] += int32(both&15) - halfByteZero
			totals[2*i+1] += int32(both>>4) - halfByteZero
		}
	}
	root := math.Sqrt(float64(len(traits)))
	for i, total := range totals {
		margins[i] = float64(float64(total)*categorySteps[i])/root + categoryBiases[i]
	}
	return margins
}

// weightiest are the few words of a stretch side by side that make it like the lines to warn about.
func (d *document) weightiest(s stretch) (start, end place) {
	const most = 6
	best, from, to := int32(math.MinInt32), s.from, s.from+1
	for i := s.from; i < s.to; i++ {
		for j := i + 1; j <= min(s.to, i+most) && d.tokens[j-1].sentence == d.tokens[i].sentence; j++ {
			if w := d.sums[j] - d.sums[i]; w > best {
				best, from, to = w, i, j
			}
		}
	}
	return d.tokens[from].start, d.tokens[to-1].end
}
