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
	warmed          = 2                 // devices that each process of a peer pushes to when it starts, three processes in all
	recoveryMost    = 180 * time.Second // what a contender gets to come back; asynq may need 170 by its code
	killings        = 5                 // how often a round is begun until a kill has caught something
)

// BenchmarkRecovery kills the worker process (kill -9) when half of the receivers have their push, starts another at once, as systemd would, and measures
// how long it is from the kill until the last receiver has theirs. A kill that caught nothing (caught) leaves nothing to recover from: that round is begun
// again. Peers have a quarter of the receivers, and their turns wait side by side, each with a provider and a store of its own: what takes their time are
// timers. So nobody can say which of the processor's time was whose, and CPU seconds are ours alone.
func BenchmarkRecovery(b *testing.B) {
	m := &measured{bench: "recovery", name: "kill -9 halfway", unit: "s", alone: true}
	own := m.of("Budstikke")
	p := startProvider(b)
	t := newTown(b, *receivers)
	for round := range *rounds {
		own.cal = append(own.cal, calibration())
		for range killings {
			r := t.recover(b, p)
			if r.caught == 0 {
				own.spared++
				continue
			}
			own.figures, own.cpu = append(own.figures, r.took), append(own.cpu, r.cpu)
			own.counted(r.end.Duplicates, *receivers-r.end.Receivers)
			b.Logf("round %d of %d: %.1f s; the kill caught %d", round+1, *rounds, r.took, r.caught)
			break
		}
		if len(own.figures) == round {
			own.figures = append(own.figures, math.NaN())
		}
	}
	own.note = own.recoveries(*receivers)
	if !*quick {
		m.peersRecover(b)
		best := m.better("asynq, tuned", "river, tuned")
		m.against(best)
	}
	own.atMost("≤ 15 s", 15, middle(own.figures))
	own.lossless()
	m.publish(b)
}

// recoveries says what was killed, for the tables.
func (s *series) recoveries(receivers int) string {
	words := fmt.Sprintf("%d receivers", receivers)
	if s.spared > 0 {
		words += fmt.Sprintf("; kills that caught nothing and are not counted: %d", s.spared)
	}
	return words
}

// recovered is what came after a kill.
type recovered struct {
	took   float64
	cpu    time.Duration
	caught int
	end    sandbox.Tally
}

// recover kills Budstikke's worker halfway through an alert and waits until everybody has it.
func (t *town) recover(b *testing.B, p *provider) recovered {
	b.Helper()
	t.freshen(b)
	p.become(b, conditions{latency: recoveryLatency})
	before := busy()
	q, office := t.bell(b)
	worker := notifyProcess(b, t, p, recoverySlots)
	if err := (&ours{town: t, office: office}).raise(b.Context(), t.school); err != nil {
		b.Fatal(err)
	}
	p.arrived(b, *receivers/2)
	killed := time.Now()
	worker.kill()
	held := t.held(b, heldByUs)
	worker = notifyProcess(b, t, p, recoverySlots)
	took, end := p.lastOf(*receivers, killed)
	worker.kill()
	cpu := busy() - before
	if err := q.Close(); err != nil {
		b.Fatal(err)
	}
	return recovered{took: took, cpu: cpu, caught: p.caught(b, held, killed), end: end}
}

// peersRecover kills the peers' workers one after the other, and waits for all of them side by side.
func (m *measured) peersRecover(b *testing.B) {
	n := *receivers / 4
	var waiting sync.WaitGroup
	var mu sync.Mutex
	for round := range min(*rounds, 5) {
		for _, peer := range []string{"asynq", "river"} {
			s := m.of(peer + ", tuned")
			s.cal = append(s.cal, calibration())
			k := killPeer(b, peer, n, round)
			for tries := 1; k.caught == 0 && tries < killings; tries++ {
				k.worker.kill()
				s.spared++
				k = killPeer(b, peer, n, round)
			}
			mu.Lock()
			s.figures = append(s.figures, math.NaN()) // in the order of the rounds, whoever is there first
			mu.Unlock()
			b.Logf("round %d, %s: the kill caught %d", round+1, s.subject, k.caught)
			if k.caught == 0 {
				k.worker.kill()
				s.spared++
				continue
			}
			waiting.Go(func() {
				took, end := k.provider.lastOf(n+warmed, k.at)
				mu.Lock()
				defer mu.Unlock()
				s.figures[round] = took
				s.counted(max(end.Duplicates-2*warmed, 0), n+warmed-end.Receivers)
			})
		}
	}
	waiting.Wait()
	for _, peer := range []string{"asynq, tuned", "river, tuned"} {
		m.of(peer).note = m.of(peer).recoveries(n)
	}
}

// killing is a peer whose worker was killed halfway, and started again.
type killing struct {
	provider *provider
	worker   *process // the second
	at       time.Time
	caught   int
}

// killPeer lets a peer begin to send to n receivers, with a provider and a store of its own, and kills its worker when half of them have their push.
func killPeer(b *testing.B, peer string, n, round int) killing {
	b.Helper()
	p := startProvider(b)
	p.become(b, conditions{latency: recoveryLatency})
	t := newTown(b, n)
	if peer == "asynq" { // river's turn of the same round must not wipe asynq's, which still waits
		flush(b, redisOf(b, round+1))
	}
	role := peerRole(b, t, p, peer, round)
	hand(b, t, p, peer, round) // first: river's tables are made by whoever comes first, and two at once fail
	worker := start(b, role, os.Args[0])
	p.arrived(b, n/2+warmed)
	killed := time.Now()
	worker.kill()
	held := heldByAsynq
	if peer == "river" {
		held = func(b *testing.B, _ int) []string { return t.held(b, heldByRiver) }
	}
	tokens := held(b, round)
	worker = start(b, role, os.Args[0])
	return killing{provider: p, worker: worker, at: killed, caught: p.caught(b, tokens, killed)}
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
