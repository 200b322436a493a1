package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"testing"
	"time"

	"budstikke.example/app/postgres"
	"budstikke.example/notify/queue"
)

// growthSlots is what `budstikke notify` has for APNs when nothing is set.
const growthSlots = 200

// BenchmarkGrowth lets a worker process carry out 1,000 to a million queued deliveries, alerts to 10,000 guardians each, on tables that hold all that went
// before: deliveries per second, and the worker's memory at its largest.
func BenchmarkGrowth(b *testing.B) {
	sizes := []int{1_000, 10_000, 100_000, 1_000_000}
	each := 10_000
	if *quick {
		sizes, each = []int{100, 1_000, 10_000}, 1_000
	}
	p := startProviderThatKeeps(b, 2*sizes[len(sizes)-1]) // room for each of them twice, so that none is forgotten before it is counted
	many, few := newTown(b, each), newTown(b, sizes[0])
	cases := make([]*measured, len(sizes))
	for i, n := range sizes {
		cases[i] = &measured{bench: "growth", name: fmt.Sprintf("%d queued", n), unit: "deliveries/s", more: true}
	}
	for round := range *rounds {
		for i, n := range sizes {
			t := many
			if n < each {
				t = few
			}
			cases[i].grow(b, t, p, n, len(t.people))
		}
		b.Logf("round %d of %d", round+1, *rounds)
	}
	base := cases[1].of("Budstikke")
	for _, larger := range cases[2:] {
		s := larger.of("Budstikke")
		s.atLeast("throughput ≥ 0.8 of that with "+fmt.Sprint(sizes[1]), 0.8, middle(s.figures)/middle(base.figures))
		s.atMost("memory ≤ 1.5 × that with "+fmt.Sprint(sizes[1]), 1.5, s.rss/base.rss)
	}
	for _, m := range cases {
		m.publish(b)
	}
}

// grow is one turn: n deliveries are queued while no worker runs, then one is started and watched until none is left.
func (m *measured) grow(b *testing.B, t *town, p *provider, n, each int) {
	b.Helper()
	t.freshen(b)
	p.become(b, conditions{})
	q, office := t.bell(b)
	o := &ours{town: t, queue: q, office: office}
	for range n / each {
		if err := o.raise(b.Context(), t.school); err != nil {
			b.Fatal(err)
		}
	}
	s := m.of("Budstikke")
	s.cal = append(s.cal, calibration())
	before := busy()
	worker := notifyProcess(b, t, p, growthSlots)
	began, left, finished := time.Now(), n, true // began: when none had gone yet
	for deadline := time.Now().Add(6 * time.Minute); left > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Logf("%d of %d were left after six minutes", left, n)
			finished = false
			break
		}
		asked := time.Now()
		left = t.number(b, "select coalesce(sum(cardinality(deliveries)), 0)::int from notify.parcels")
		if left == n {
			began = asked
		}
		s.rss = max(s.rss, worker.rss())
	}
	figure := math.NaN()
	if finished {
		figure = float64(n) / time.Since(began).Seconds()
	}
	s.figures = append(s.figures, figure)
	s.cpu = append(s.cpu, busy()-before)
	arrived := p.tally(b, "apns")
	if arrived.Accepted != uint64(arrived.Kept) {
		b.Fatalf("the provider has forgotten %d of %d pushes, and nobody can count what was lost: let its journal hold more", arrived.Accepted-uint64(arrived.Kept), arrived.Accepted)
	}
	s.counted(arrived.Duplicates, max(n-distinct(arrived), 0))
	worker.kill()
	if err := q.Close(); err != nil {
		b.Fatal(err)
	}
}

// prefix is where the town's belt is kept in Redis.
func (t *town) prefix() string { return "bench-" + t.Name }

// bell is the API's side of the belt, for a worker in another process.
func (t *town) bell(b *testing.B) (*queue.Queue, postgres.Office) {
	b.Helper()
	q, err := queue.Open(queue.Config{URL: os.Getenv("REDIS_URL"), Prefix: t.prefix()})
	if err != nil {
		b.Fatal(err)
	}
	return q, postgres.New(t.API, q.Ring, slog.New(slog.DiscardHandler)).Office(t.head)
}

// number asks the database for one.
func (t *town) number(b *testing.B, sql string) (n int) {
	b.Helper()
	if err := t.Admin.QueryRow(context.Background(), sql).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}
