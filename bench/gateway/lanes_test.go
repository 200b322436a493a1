package gateway

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"os"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/sandbox"
)

// What stands in the way of what is critical, and how many sends the worker has.
const (
	routineAhead    = 30_000
	criticalBehind  = 3_000
	lanesWorkers    = 400
	lanesLatency    = 50 * time.Millisecond
	routineFirst    = 400 // so many have arrived when the critical ones are handed over: all sends are busy with routine ones
	lanesTurnEnough = 90 * time.Second
)

// lane is one contender's way through it: routine hands over what stands in the way and begins to send it, critical hands over what is critical and
// returns when every one of these has ended.
type lane struct {
	name     string
	routine  func(ctx context.Context, to []Receiver) error
	critical func(ctx context.Context, to []Receiver) error
	end      closer
}

// BenchmarkLanes measures how long the last of 3,000 critical pushes takes behind 30,000 routine ones.
func BenchmarkLanes(b *testing.B) {
	p := startProvider(b)
	critical, routine := criticalBehind, routineAhead
	if *quick {
		critical, routine = critical/10, routine/10
	}
	t := newTownOf(b, critical+routine, critical)
	m := &measured{bench: "lanes", name: fmt.Sprintf("%d critical behind %d routine, provider 50 ms", critical, routine), unit: "s"}
	for round := range *rounds {
		for _, open := range []func() lane{
			func() lane { return bareLane(b, p, critical, routine) },
			func() lane { return ourLane(b, t, p, critical) },
			func() lane { return asynqLane(b, t, p) },
			func() lane { return riverLane(b, t, p) },
		} {
			t.freshen(b)
			p.become(b, conditions{latency: lanesLatency})
			work := t.work()
			l := open()
			s := m.of(l.name)
			s.cal = append(s.cal, calibration())
			took, cpu := l.take(b, p, work[critical:], work[:critical])
			s.figures, s.cpu = append(s.figures, took), append(s.cpu, cpu)
			s.counted(p.copies(b, work[:critical]))
			shut(b, l.end)
		}
		b.Logf("round %d of %d", round+1, *rounds)
	}
	best := m.better("asynq, strict priority", "river, priority")
	m.against(best)
	ours := m.of("Budstikke")
	for i, r := range m.ratios("Budstikke", best) {
		b.Logf("round %d: %.2f of the time of %s", i+1, 1/r, best)
	}
	if ratios := m.ratios("Budstikke", best); len(ratios) > 0 {
		ours.atMost("≤ 0.6 of the time of the better peer", 0.6, 1/middle(ratios))
	}
	m.publish(b)
}

// take is one turn.
func (l lane) take(b *testing.B, p *provider, routine, critical []Receiver) (float64, time.Duration) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), lanesTurnEnough)
	defer cancel()
	if err := l.routine(ctx, routine); err != nil {
		b.Fatalf("%s: %v", l.name, err)
	}
	p.arrived(b, routineFirst)
	began, before := time.Now(), busy()
	if err := l.critical(ctx, critical); err != nil {
		b.Logf("%s: %v", l.name, err)
		return math.NaN(), busy() - before
	}
	return time.Since(began).Seconds(), busy() - before
}

// copies is how many pushes to these receivers came more than once under their name, and to how many of them nothing came. What goes to others at the
// same time does not count.
func (p *provider) copies(b *testing.B, to []Receiver) (duplicates, lost int) {
	b.Helper()
	missing := map[string]bool{}
	for _, r := range to {
		missing[r.Token] = true
	}
	lost = len(missing)
	seen := map[[2]string]bool{}
	for _, d := range p.journal(b, sandbox.APNs, 0) {
		waiting, ours := missing[d.To]
		if !ours {
			continue
		}
		if waiting {
			missing[d.To] = false
			lost--
		}
		if name := [2]string{d.To, d.Key}; seen[name] {
			duplicates++
		} else {
			seen[name] = true
		}
	}
	return duplicates, lost
}

// bareLane is what nobody who sends through apns2 can be faster than: nothing is kept, and what is critical is at hand when the clock starts.
func bareLane(b *testing.B, p *provider, critical, routine int) lane {
	f := NewFloorLanes(apple(b, p), lanesWorkers, critical, routine)
	return lane{
		name: f.Name(), end: f,
		routine: func(ctx context.Context, to []Receiver) error {
			f.Start(ctx, to)
			return nil
		},
		critical: f.Critical,
	}
}

func ourLane(b *testing.B, t *town, p *provider, critical int) lane {
	o := newOurs(b, t, p, lanesWorkers)
	return lane{
		name: "Budstikke", end: o,
		routine: func(context.Context, []Receiver) error {
			o.worker.Pause()
			t.announce(b, o.queue, critical)
			o.worker.Resume()
			return nil
		},
		critical: func(ctx context.Context, to []Receiver) error {
			run, err := o.alert(ctx, t.school, len(to), notify.UrgencyCritical)
			b.Logf("Budstikke: accepted after %s, done after %s", run.Accepted.Round(time.Millisecond), run.Total.Round(time.Millisecond))
			return err
		},
	}
}

func asynqLane(b *testing.B, _ *town, p *provider) lane {
	a, err := MakeAsynq(apple(b, p), os.Getenv("REDIS_URL"), lanesWorkers, true)
	if err != nil {
		b.Fatal(err)
	}
	return lane{
		name: "asynq, strict priority", end: a,
		routine: func(ctx context.Context, to []Receiver) error {
			if err := a.Enqueue(ctx, to, "routine"); err != nil {
				return err
			}
			return a.Start()
		},
		critical: func(ctx context.Context, to []Receiver) error {
			turn := newTally(to)
			a.turn.Store(turn)
			if err := a.Enqueue(ctx, to, "critical"); err != nil {
				return err
			}
			return turn.wait(ctx)
		},
	}
}

func riverLane(b *testing.B, t *town, p *provider) lane {
	r, err := MakeRiver(b.Context(), apple(b, p), t.adminURL(b), lanesWorkers, true)
	if err != nil {
		b.Fatal(err)
	}
	return lane{
		name: "river, priority", end: r,
		routine: func(ctx context.Context, to []Receiver) error {
			if err := r.Enqueue(ctx, to, 4); err != nil {
				return err
			}
			return r.Start()
		},
		critical: func(ctx context.Context, to []Receiver) error {
			turn := newTally(to)
			r.turn.Store(turn)
			if err := r.Enqueue(ctx, to, 1); err != nil {
				return err
			}
			return turn.wait(ctx)
		},
	}
}

// better is the peer that was faster in the median.
func (m *measured) better(a, b string) string {
	if ratios := m.ratios(a, b); len(ratios) == 0 || middle(ratios) >= 1 {
		return a
	}
	return b
}

// arrived waits until so many have arrived since the last become.
func (p *provider) arrived(b *testing.B, n int) {
	b.Helper()
	response, err := http.Get(fmt.Sprintf("%s/wait?n=%d&timeout=60s", p.Addresses.Control, n))
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("fewer than %d arrived within a minute", n)
	}
}
