package gateway

import (
	"context"
	"flag"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

// receivers is how many people there are; smaller figures are for trying out the benchmark itself.
var receivers = flag.Int("receivers", 20_000, "how many receivers get a push each")

// patience is how long a turn may take before its contender counts as one that did not finish.
const patience = 60 * time.Second

// BenchmarkFanOut sends one push to each of 20,000 receivers, by every contender in turn, under three conditions of the provider.
func BenchmarkFanOut(b *testing.B) {
	for _, c := range []struct {
		conditions
		workers int
	}{
		{conditions{}, 200},
		{conditions{latency: 50 * time.Millisecond}, 400},
		{conditions{errors: true}, 200},
	} {
		b.Run(c.name(), func(b *testing.B) { fanOut(b, c.conditions, c.workers) })
	}
}

func fanOut(b *testing.B, weather conditions, workers int) {
	p := startProvider(b)
	t := newTown(b, *receivers)
	m := &measured{bench: "fan-out", name: fmt.Sprintf("%d receivers, provider %s", *receivers, weather.name()), unit: "s"}
	for round := range *rounds {
		for _, c := range contenders(b, t, p, workers) {
			p.become(b, weather)
			if s := m.of(c.Name()); c.Name() != "Budstikke" && slices.ContainsFunc(s.figures, math.IsNaN) {
				s.note = "not run again after a round that it did not finish within " + patience.String()
			} else {
				turn(b, s, c, t, p, sandbox.APNs)
			}
			shut(b, c)
		}
		b.Logf("round %d of %d", round+1, *rounds)
	}
	m.against("bare apns2")
	least := map[bool]float64{true: 0.88, false: 0.65}[weather.latency > 0]
	m.demand("Budstikke", "bare apns2", least)
	if !*quick {
		m.demand("Budstikke", "river, tuned", 2)
		m.demand("Budstikke", "asynq, tuned", 2.5)
	}
	m.of("Budstikke").lossless()
	m.publish(b)
}

// turn is one turn of a contender: its figure is the time until everything was done, NaN when it did not come so far.
func turn(b *testing.B, s *series, c Contender, t *town, p *provider, by sandbox.Provider) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	work := t.work()
	s.cal = append(s.cal, calibration())
	before := busy()
	run, err := c.Send(ctx, work)
	s.cpu = append(s.cpu, busy()-before)
	b.Logf("%s: accepted after %s, done after %s", s.subject, run.Accepted.Round(time.Millisecond), run.Total.Round(time.Millisecond))
	if err != nil {
		b.Logf("%s: %v", s.subject, err)
		s.figures = append(s.figures, math.NaN())
	} else {
		s.figures = append(s.figures, run.Total.Seconds())
	}
	arrived := p.tally(b, by)
	s.counted(arrived.Duplicates, max(len(work)-arrived.Receivers-run.Gone, 0))
}

// closer is what has a turn and is ended after it.
type closer interface {
	Name() string
	Close(ctx context.Context) error
}

// shut ends a contender; one that did not finish is not waited for, and what it leaves behind is taken away by the next one's start.
func shut(b *testing.B, c closer) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(b.Context()), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		b.Logf("%s: %v", c.Name(), err)
	}
}
