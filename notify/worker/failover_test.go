package worker_test

import (
	"context"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue/redistest"
)

// B3: a master of a Redis Cluster dies in the middle of work, and its replica takes over.
func TestClusterFailsOverMidway(t *testing.T) {
	t.Parallel()
	cluster := redistest.Cluster(t)
	failsOver(t, cluster.URL, func(r *rig) { cluster.KillMasterOf(t, "{"+r.municipality.String()+"}") })
}

// B3: the same with one master that Sentinels watch.
func TestSentinelFailsOverMidway(t *testing.T) {
	t.Parallel()
	watched := redistest.Sentinel(t)
	failsOver(t, watched.URL, func(*rig) { watched.KillMaster() })
}

// failsOver kills what carries the belt while an alert is on its way, sends another while the belt is away, and one more when it is back: everybody gets
// each of them once, and the worker uses the belt again by itself.
func failsOver(t *testing.T, url string, kill func(*rig)) {
	t.Helper()
	const people, before = 300, 50
	r := newRig(t, people)
	r.queue = r.belt(t, url)
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: 20}
	here := make(chan bool, 100)
	c.Signals.Belt = func(h bool) { here <- h }
	reached, killed := make(chan struct{}, 3*people), make(chan struct{})
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		reached <- struct{}{}
		if len(reached) >= before {
			<-killed
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "some have been sent", func() bool { return len(reached) >= before })
	kill(r)
	close(killed)
	r.raise(t, r.everybody())
	eventually(t, "everything is settled", func() bool { return r.pushes(t, outbox.StateSent) == 2*people })
	for back := false; !back; {
		select {
		case back = <-here:
		case <-time.After(patience):
			t.Fatalf("the belt did not come back; stats %+v", w.Stats())
		}
	}
	r.raise(t, r.everybody())
	eventually(t, "what is raised afterwards is settled", func() bool { return r.pushes(t, outbox.StateSent) == 3*people })
	if n := r.phones.len(); n != 3*people {
		t.Errorf("%d pushes left for %d notices", n, 3*people)
	}
	if w.Stats().BeltLost == 0 {
		t.Error("the worker did not notice that the belt was away")
	}
}
