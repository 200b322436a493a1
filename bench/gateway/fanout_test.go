package gateway

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"
)

// How much is sent and how often each contender has its turn; smaller figures are for trying out the benchmark itself.
var (
	receivers = flag.Int("receivers", 20_000, "how many receivers get a push each")
	rounds    = flag.Int("rounds", 5, "how many turns each contender has")
)

// patience is how long a turn may take before the benchmark fails.
const patience = 5 * time.Minute

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
	turns := map[string]*turnsOf{}
	for round := range *rounds {
		for _, c := range contenders(b, t, p, workers) {
			name := c.Name()
			if turns[name] == nil {
				turns[name] = &turnsOf{name: name}
			}
			p.become(b, weather)
			turns[name].take(b, c, t, p)
			if err := c.Close(context.WithoutCancel(b.Context())); err != nil {
				b.Fatalf("%s: %v", name, err)
			}
		}
		b.Logf("round %d of %d", round+1, *rounds)
	}
	printFanOut(weather, workers, turns)
}

// turnsOf is what one contender did, a figure for each round.
type turnsOf struct {
	name                      string
	accepted, total, cpu, cal []time.Duration
	duplicates, lost          int
}

func (x *turnsOf) take(b *testing.B, c Contender, t *town, p *provider) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), patience)
	defer cancel()
	work := t.work()
	x.cal = append(x.cal, calibration())
	before := busy()
	run, err := c.Send(ctx, work)
	if err != nil {
		b.Fatalf("%s: %v", x.name, err)
	}
	x.cpu = append(x.cpu, busy()-before)
	x.accepted, x.total = append(x.accepted, run.Accepted), append(x.total, run.Total)
	arrived := p.tally(b)
	x.duplicates += arrived.Duplicates
	x.lost += len(work) - arrived.Receivers
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[len(sorted)/2]
}

func printFanOut(weather conditions, workers int, turns map[string]*turnsOf) {
	floor := turns["bare apns2"]
	fmt.Printf("\n%d receivers, provider %s, %d sends at a time, %d rounds\n\n", *receivers, weather.name(), workers, *rounds)
	fmt.Println("| contender | accepted | all done (min–max) | pushes/s | of the floor | CPU s | calibration | duplicates | not delivered |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|")
	for _, x := range sortedTurns(turns) {
		var share []float64
		for i := range x.total {
			share = append(share, floor.total[i].Seconds()/x.total[i].Seconds())
		}
		slices.Sort(share)
		fmt.Printf("| %s | %d ms | %.2f s (%.2f–%.2f) | %.0f | %.2f (%.2f–%.2f) | %.1f | %d ms | %d | %d |\n", x.name, median(x.accepted).Milliseconds(),
			median(x.total).Seconds(), slices.Min(x.total).Seconds(), slices.Max(x.total).Seconds(), float64(*receivers)/median(x.total).Seconds(),
			share[len(share)/2], share[0], share[len(share)-1], median(x.cpu).Seconds(), median(x.cal).Milliseconds(), x.duplicates, x.lost)
	}
}

func sortedTurns(turns map[string]*turnsOf) []*turnsOf {
	var list []*turnsOf
	for _, x := range turns {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b *turnsOf) int { return int(median(a.total) - median(b.total)) })
	return list
}
