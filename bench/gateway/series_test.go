package gateway

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"budstikke.example/bench/gateway/result"
	"budstikke.example/notify/sandbox"
)

// What a run is told; smaller figures are for trying out a benchmark itself.
var (
	rounds = flag.Int("rounds", 5, "how many turns each contender has")
	out    = flag.String("out", "", "the file that the figures are merged into; none when empty")
)

// measured is one case of a benchmark: what every subject did in it, a figure for each round.
type measured struct {
	bench, name, unit string
	more              bool // more of the unit is better: a rate, no time
	alone             bool // the benchmark has no other case
	all               []*series
}

// series is what one subject did. A figure is NaN for a round that was not finished.
type series struct {
	subject          string
	figures          []float64
	cal, cpu         []time.Duration
	duplicates, lost *int // nil: nobody counted
	spared           int  // kills that caught nothing, see caught
	note             string
	rss              float64
	floor            string
	checks           []result.Check
}

// of returns the series of a subject, in the order in which they were asked for first.
func (m *measured) of(subject string) *series {
	for _, s := range m.all {
		if s.subject == subject {
			return s
		}
	}
	s := &series{subject: subject}
	m.all = append(m.all, s)
	return s
}

// counted adds what a round repeated and lost.
func (s *series) counted(duplicates, lost int) {
	add(&s.duplicates, duplicates)
	add(&s.lost, lost)
}

// add adds to a count that begins when something is counted for the first time, be it 0.
func add(count **int, n int) {
	if *count == nil {
		*count = new(int)
	}
	**count += n
}

// distinct is how many different pushes have arrived: each name counts once for each receiver, however often it came.
func distinct(t sandbox.Tally) int { return t.Kept - t.Duplicates }

// lossless asks that nothing was lost. Nobody having counted does not meet it.
func (s *series) lossless() {
	lost := math.NaN()
	if s.lost != nil {
		lost = float64(*s.lost)
	}
	s.atMost("no loss", 0, lost)
}

// ratios are how fast a subject was in shares of another's speed, within each round that both finished.
func (m *measured) ratios(subject, reference string) []float64 {
	own, other := m.of(subject).figures, m.of(reference).figures
	var all []float64
	for i := range min(len(own), len(other)) {
		r := other[i] / own[i]
		if m.more {
			r = own[i] / other[i]
		}
		if !math.IsNaN(r) {
			all = append(all, r)
		}
	}
	return all
}

// against holds everybody against a floor.
func (m *measured) against(floor string) {
	for _, s := range m.all {
		s.floor = floor
	}
}

// demand asks that a subject is at least so many times as fast as a reference. A reference that never finished asks nothing; a subject that did not
// finish every round does not meet it.
func (m *measured) demand(subject, reference string, least float64) {
	c := result.Check{What: fmt.Sprintf("≥ %g × %s", least, reference), Want: least}
	ratios := m.ratios(subject, reference)
	finished := !slices.ContainsFunc(m.of(subject).figures, math.IsNaN)
	if len(ratios) > 0 {
		got := middle(ratios)
		c.Got = &got
		c.Met = got >= least && finished
	} else {
		c.Met = finished
	}
	m.of(subject).checks = append(m.of(subject).checks, c)
}

// atMost asks that a figure is no more than so much.
func (s *series) atMost(what string, most, got float64) {
	s.check(what, most, got, got <= most)
}

// atLeast asks that a figure is no less than so much.
func (s *series) atLeast(what string, least, got float64) {
	s.check(what, least, got, got >= least)
}

// check keeps a demand. A figure that is no number, because a round was not finished, does not meet it.
func (s *series) check(what string, want, got float64, met bool) {
	c := result.Check{What: what, Want: want, Met: met}
	if !math.IsNaN(got) && !math.IsInf(got, 0) {
		c.Got = &got
	}
	s.checks = append(s.checks, c)
}

// publish prints the case's table and writes its lines.
func (m *measured) publish(b *testing.B) {
	b.Helper()
	var lines []result.Line
	for _, s := range m.all {
		lines = append(lines, m.line(s))
	}
	fmt.Printf("\n%s, %s\n\n%s\n", m.bench, m.name, result.Table(lines))
	if *out == "" {
		return
	}
	if err := result.Merge(*out, lines, m.alone); err != nil {
		b.Fatal(err)
	}
}

func (m *measured) line(s *series) result.Line {
	l := result.Line{
		Bench: m.bench, Case: m.name, Subject: s.subject, Unit: m.unit, Rounds: len(s.figures), Duplicates: s.duplicates, Lost: s.lost, Note: s.note,
		MeasuredAt: time.Now().UTC().Format(time.RFC3339), RSSMegabytes: s.rss, Checks: s.checks,
	}
	finished := slices.DeleteFunc(slices.Clone(s.figures), math.IsNaN)
	l.Unfinished = len(s.figures) - len(finished)
	if len(finished) > 0 {
		mid, least, most := middle(finished), slices.Min(finished), slices.Max(finished)
		l.Median, l.Min, l.Max = &mid, &least, &most
	}
	if len(s.cal) > 0 {
		l.CalibrationMS = float64(median(s.cal).Milliseconds())
	}
	if len(s.cpu) > 0 {
		l.CPUSeconds = median(s.cpu).Seconds()
	}
	if ratios := m.ratios(s.subject, s.floor); s.floor != "" && len(ratios) > 0 {
		mid := middle(ratios)
		l.Floor, l.FloorRatio, l.RatioMin, l.RatioMax = s.floor, &mid, slices.Min(ratios), slices.Max(ratios)
	}
	met := l.Unfinished == 0
	var words []string
	for _, c := range s.checks {
		met = met && c.Met
		words = append(words, c.What)
	}
	if l.Demand = strings.Join(words, "; "); l.Demand != "" {
		l.Met = &met
	}
	return l
}

// middle is the median; of an even number the mean of the two.
func middle(f []float64) float64 {
	sorted := slices.Sorted(slices.Values(f))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}
