package gateway

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/worker"
)

const (
	firstNotices = 200    // one at a time, in each round
	stuckNotices = 50_000 // for a provider that is dead
)

// BenchmarkFirstNotice measures how long a single critical notice takes from its commit until the provider has taken it: with nothing else to do, and
// while 50,000 routine notices are stuck because FCM is dead. The critical one goes by APNs.
func BenchmarkFirstNotice(b *testing.B) {
	p := startProvider(b)
	stuck, notices := stuckNotices, firstNotices
	if *quick {
		stuck, notices = stuck/10, notices/4
	}
	t := newTown(b, stuck)
	t.readdress(b, notify.ChannelPush, notify.ProviderFCM, "fcm-device-%s")
	idle := &measured{bench: "first notice", name: "idle", unit: "ms"}
	under := &measured{bench: "first notice", name: fmt.Sprintf("with %d stuck on a dead provider", stuck), unit: "ms"}
	for round := range *rounds {
		for _, m := range []*measured{idle, under} {
			t.freshen(b)
			p.become(b, conditions{})
			w := p.ways(b)
			o := startOurs(b, t, ways{Push: map[notify.Provider]worker.Pusher{notify.ProviderAPNs: w.apns, notify.ProviderFCM: w.fcm}, apns: w.apns, fcm: w.fcm}, nil)
			if m == under {
				p.call(b, http.MethodPost, "/faults/fcm", sandbox.Fault{Mode: "503"})
				t.announce(b, o.queue, 0)
				waitFor(b, "FCM is seen to be dead", func() bool { s := o.worker.Stats(); return s.Broken > 0 || s.Retried+s.Unknown >= 100 })
			}
			cal, before := calibration(), busy()
			took := o.one(b, p, notices)
			cpu := busy() - before
			arrived := p.tally(b, sandbox.APNs)
			lost := max(notices+1-distinct(arrived), 0) // the one more is what warmed the connections
			for subject, at := range map[string]int{"Budstikke, p99": notices * 99 / 100, "Budstikke, p50": notices / 2} {
				s := m.of(subject)
				s.cal, s.cpu = append(s.cal, cal), append(s.cpu, cpu)
				s.counted(arrived.Duplicates, lost)
				s.figures = append(s.figures, float64(took[at].Microseconds())/1000)
			}
			p.call(b, http.MethodDelete, "/faults", struct{}{})
			shut(b, o)
		}
		b.Logf("round %d of %d", round+1, *rounds)
	}
	p99 := idle.of("Budstikke, p99")
	p99.atMost("p99 ≤ 50 ms", 50, middle(p99.figures))
	var ratios []float64
	for i, f := range under.of("Budstikke, p99").figures {
		ratios = append(ratios, f/p99.figures[i])
	}
	under.of("Budstikke, p99").atMost("p99 ≤ 2 × that of the idle system", 2, middle(ratios))
	idle.publish(b)
	under.publish(b)
}

// one raises alerts to one guardian, one after the other, and returns how long each took from its commit to the provider, the shortest first.
func (o *ours) one(b *testing.B, p *provider, n int) []time.Duration {
	b.Helper()
	took := make([]time.Duration, n)
	for i := range n {
		if _, err := o.alert(b.Context(), o.town.small, 1, notify.UrgencyCritical); err != nil {
			b.Fatal(err)
		}
		took[i] = p.newest(b).Sub(*o.rung.Load())
	}
	slices.Sort(took)
	return took
}

// newest is when APNs took the last push.
func (p *provider) newest(b *testing.B) time.Time {
	b.Helper()
	list := p.journal(b, sandbox.APNs, 1)
	if len(list) != 1 {
		b.Fatal("nothing has arrived")
	}
	return list[0].At
}

// waitFor waits until something holds.
func waitFor(b *testing.B, what string, holds func() bool) {
	b.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatal("not within a minute: " + what)
		}
	}
}
