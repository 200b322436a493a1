package gateway

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

const (
	recoverySlots   = 400
	recoveryLatency = 50 * time.Millisecond
	recoveryMost    = 180 * time.Second // what a contender gets to come back; asynq may need 170 by its code
)

// BenchmarkRecovery kills the worker process (kill -9) when half of the receivers have their push, starts another at once, as systemd would, and measures
// how long it is from the kill until the last receiver has theirs. Peers have a quarter of the receivers, and their turns wait side by side, each with a
// provider and a store of its own: what takes their time are timers.
func BenchmarkRecovery(b *testing.B) {
	m := &measured{bench: "recovery", name: fmt.Sprintf("kill -9 halfway through %d", *receivers), unit: "s"}
	own := m.of("Budstikke")
	p := startProvider(b)
	t := newTown(b, *receivers)
	for round := range *rounds {
		t.freshen(b)
		p.become(b, conditions{latency: recoveryLatency})
		own.cal = append(own.cal, calibration())
		q, office := t.bell(b)
		worker := notifyProcess(b, t, p, recoverySlots)
		if err := (&ours{town: t, office: office}).raise(b.Context(), t.school); err != nil {
			b.Fatal(err)
		}
		p.arrived(b, *receivers/2)
		killed := time.Now()
		worker.kill()
		worker = notifyProcess(b, t, p, recoverySlots)
		took, end := p.lastOf(*receivers, killed)
		worker.kill()
		own.figures = append(own.figures, took)
		own.duplicates += end.Duplicates
		own.lost += *receivers - end.Receivers
		if err := q.Close(); err != nil {
			b.Fatal(err)
		}
		b.Logf("round %d of %d: %.1f s", round+1, *rounds, took)
	}
	if !*quick {
		m.peersRecover(b)
		best := m.better("asynq, tuned", "river, tuned")
		m.against(best)
	}
	own.atMost("≤ 15 s", 15, middle(own.figures))
	own.atMost("no loss", 0, float64(own.lost))
	m.publish(b)
}

// peersRecover kills the peers' workers one after the other, and waits for all of them side by side.
func (m *measured) peersRecover(b *testing.B) {
	n := *receivers / 4
	var waiting sync.WaitGroup
	var mu sync.Mutex
	for round := range min(*rounds, 5) {
		for _, peer := range []string{"asynq", "river"} {
			s := m.of(peer + ", tuned")
			s.note = fmt.Sprintf("%d receivers", n)
			s.cal = append(s.cal, calibration())
			p := startProvider(b)
			p.become(b, conditions{latency: recoveryLatency})
			t := newTown(b, n)
			role := peerRole(b, t, p, peer, round)
			worker := start(b, role, os.Args[0])
			hand(b, t, p, peer, round)
			p.arrived(b, n/2)
			killed := time.Now()
			worker.kill()
			start(b, role, os.Args[0])
			waiting.Go(func() {
				took, end := p.lastOf(n, killed)
				mu.Lock()
				defer mu.Unlock()
				s.figures = append(s.figures, took)
				s.duplicates += end.Duplicates
				s.lost += n - end.Receivers
			})
		}
	}
	waiting.Wait()
}

// peerRole is the environment of a peer's worker process.
func peerRole(b *testing.B, t *town, p *provider, peer string, round int) []string {
	b.Helper()
	return []string{roleVariable + "=" + peer, "DATABASE_URL=" + t.adminURL(b), "REDIS_URL=" + redisOf(b, round+1), "SANDBOX_URL=" + p.Addresses.Control}
}

// redisOf is a database of its own in the run's Redis.
func redisOf(b *testing.B, n int) string {
	b.Helper()
	u, err := url.Parse(os.Getenv("REDIS_URL"))
	if err != nil {
		b.Fatal(err)
	}
	u.Path = fmt.Sprint("/", n)
	return u.String()
}

// hand hands a peer its work from this process.
func hand(b *testing.B, t *town, p *provider, peer string, round int) {
	b.Helper()
	var err error
	if peer == "asynq" {
		var a *Asynq
		if a, err = MakeAsynq(apple(b, p), redisOf(b, round+1), recoverySlots, true); err == nil {
			err = a.Enqueue(b.Context(), t.work(), "critical")
			b.Cleanup(func() { _ = a.client.Close() })
		}
	} else {
		var r *River
		if r, err = MakeRiver(b.Context(), apple(b, p), t.adminURL(b), recoverySlots, true); err == nil {
			err = r.Enqueue(b.Context(), t.work(), 1)
			b.Cleanup(r.pool.Close)
		}
	}
	if err != nil {
		b.Fatal(err)
	}
}

// lastOf waits until all receivers have something, and answers how long after a moment that was: NaN when it took too long.
func (p *provider) lastOf(n int, after time.Time) (float64, sandbox.Tally) {
	var end sandbox.Tally
	for time.Since(after) < recoveryMost {
		if response, err := http.Get(p.Addresses.Control + "/stats"); err == nil {
			var all map[sandbox.Provider]sandbox.Tally
			if json.NewDecoder(response.Body).Decode(&all) == nil {
				end = all[sandbox.APNs]
			}
			response.Body.Close()
		}
		if end.Receivers >= n {
			return time.Since(after).Seconds(), end
		}
		time.Sleep(100 * time.Millisecond)
	}
	return math.NaN(), end
}
