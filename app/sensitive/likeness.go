package sensitive

import (
	_ "embed" // the weights
	"math"
)

// weights are what internal/learn made of the training lines: first, for each place of the table of hints, one byte for each place of the table of warnings that lies
// in it, and its own, so that one look in memory gives both; then nine bytes for each place of the table of categories, half a byte for each and one half over.
//
//go:embed likeness.bin
var weights string

// The sizes of the tables as powers of two, how many bytes a trait's place has in the first, where the second begins, how many categories that tells apart, and in
// how many bytes.
const (
	learnedCategories = 17
	categoryBytes     = (learnedCategories + 1) / 2
	warnBits          = 19
	hintBits          = 17
	categoryBits      = 14
	warnsInHint       = 1 << (warnBits - hintBits)
	placeBytes        = warnsInHint + 1
	categoriesFrom    = placeBytes << hintBits
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
	d.sum()
	try := func(from, to int) {
		root := math.Sqrt(float64(d.sums[to].traits - d.sums[from].traits))
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

// likeCategories is how much a stretch is like the lines of each category.
func (d *document) likeCategories(s stretch) (margins [learnedCategories]float64) {
	d.traits = d.traitsOf(s.from, s.to, d.traits[:0])
	traits := d.traits
	totals := halfBytes(traits)
	root := math.Sqrt(float64(len(traits)))
	for i := range margins {
		margins[i] = float64(float64(totals[i])*categorySteps[i])/root + categoryBiases[i]
	}
	return margins
}

// halfBytes adds up the weights of traits for each category. Eight categories are added at a time, each in a byte of a number, which has room for as many as are
// added before it is emptied.
func halfBytes(traits []uint32) (totals [2 * categoryBytes]int32) {
	const (
		evenHalves = 0x0F0F0F0F0F0F0F0F
		room       = 255 / 15
	)
	for from := 0; from < len(traits); from += room {
		some := traits[from:min(len(traits), from+room)]
		even, odd := uint64(0), uint64(0)
		for _, trait := range some {
			at := categoriesFrom + int(trait>>(32-categoryBits))*categoryBytes
			place := weights[at : at+categoryBytes]
			eight := uint64(place[0]) | uint64(place[1])<<8 | uint64(place[2])<<16 | uint64(place[3])<<24 |
				uint64(place[4])<<32 | uint64(place[5])<<40 | uint64(place[6])<<48 | uint64(place[7])<<56
			even += eight & evenHalves
			odd += eight >> 4 & evenHalves
			totals[2*categoryBytes-2] += int32(place[categoryBytes-1] & 15)
			totals[2*categoryBytes-1] += int32(place[categoryBytes-1] >> 4)
		}
		for i := range categoryBytes - 1 {
			totals[2*i] += int32(even >> (8 * i) & 255)  //nolint:gosec // a byte
			totals[2*i+1] += int32(odd >> (8 * i) & 255) //nolint:gosec // a byte
		}
	}
	for i := range totals {
		totals[i] -= halfByteZero * int32(len(traits)) //nolint:gosec // some thousands
	}
	return totals
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
