package worker_test

import (
	"context"
	"net"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

func TestEverybodyGetsExactlyOne(t *testing.T) {
	t.Parallel()
	const people = 2000
	r := newRig(t, people)
	r.start(t, r.config())
	r.raise(t, append(r.everybody(), r.everybody()[:500]...)) // 500 of them have two children
	eventually(t, "every push is settled", func() bool { return r.pushes(t, outbox.StateSent) == people })
	r.phones.exactlyOnce(t, people)
	if n := r.count(t, `select sum(possible_duplicates) from notify.deliveries`); n != 0 {
		t.Errorf("%d possible duplicates without any fault", n)
	}
	eventually(t, "the belt is empty", func() bool {
		n, err := r.queue.Depth(context.Background(), r.municipality, outbox.Lane{Provider: notify.ProviderAPNs, Urgency: notify.UrgencyCritical})
		return err == nil && n == 0
	})
}

// B3: Redis emptied in the middle costs nothing but some seconds.
func TestBeltWipedMidway(t *testing.T) {
	t.Parallel()
	const people, before = 1000, 100
	r := newRig(t, people)
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: 20}
	reached, wiped := make(chan struct{}, people), make(chan struct{})
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		reached <- struct{}{}
		if len(reached) >= before {
			<-wiped // the rest waits on the belt while it is wiped
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "some have been sent", func() bool { return len(reached) >= before })
	if err := r.queue.Wipe(context.Background(), queue.Lanes(notify.Providers()...)); err != nil {
		t.Fatal(err)
	}
	close(wiped)
	eventually(t, "every push is settled", func() bool { return r.pushes(t, outbox.StateSent) == people })
	r.phones.exactlyOnce(t, people)
	if w.Stats().Rung == 0 {
		t.Error("the relay rang for nobody, so the wipe wiped nothing")
	}
}

// B3: without Redis everything arrives all the same.
func TestBeltAwayFromTheStart(t *testing.T) {
	t.Parallel()
	const people = 300
	r := newRig(t, people)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	r.queue = r.belt(t, "redis://"+l.Addr().String()+"/0")
	w := r.start(t, r.config())
	r.raise(t, r.everybody())
	r.post(t, r.everybody()[:50])
	eventually(t, "every push is settled, and the worker has counted it", func() bool { return w.Stats().Sent == people+50 })
	if n := r.pushes(t, outbox.StateSent); n != people+50 {
		t.Errorf("%d pushes are sent, want %d", n, people+50)
	}
	if s := w.Stats(); s.Polls == 0 || s.BeltLost != 1 || s.Sent != people+50 {
		t.Errorf("stats %+v", s)
	}
}

func TestNoBeltAtAll(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3)
	c := r.config()
	c.Queue = nil
	r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "every push is settled", func() bool { return r.pushes(t, outbox.StateSent) == 3 })
	r.phones.exactlyOnce(t, 3)
}

func TestBeltGoesAwayAndComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, 30)
	redis := miniredis.RunT(t)
	r.queue = r.belt(t, "redis://"+redis.Addr()+"/0")
	c := r.config()
	here := make(chan bool, 100)
	c.Signals.Belt = func(h bool) { here <- h }
	w := r.start(t, c)
	r.raise(t, r.everybody()[:10])
	eventually(t, "sent by the belt", func() bool { return r.pushes(t, outbox.StateSent) == 10 })

	redis.Close()
	if <-here {
		t.Fatal("the belt came before it went")
	}
	r.raise(t, r.everybody()[10:20])
	eventually(t, "sent without the belt", func() bool { return r.pushes(t, outbox.StateSent) == 20 })
	polls := w.Stats().Polls
	if polls == 0 {
		t.Error("nothing was polled")
	}

	redis.FlushAll() // it has lost its memory as well
	if err := redis.Restart(); err != nil {
		t.Fatal(err)
	}
	if !<-here {
		t.Fatal("the belt went twice")
	}
	r.raise(t, r.everybody()[20:])
	eventually(t, "sent by the belt again", func() bool { return r.pushes(t, outbox.StateSent) == 30 })
	r.phones.exactlyOnce(t, 30)
}

// B14: an alert overtakes everything that waits. The order is asserted where it counts: at the provider.
func TestCriticalOvertakesRoutine(t *testing.T) {
	t.Parallel()
	// With so few slots a claim gives eight deliveries, and each is a round trip: as many as show who comes first, and no more.
	const routine, alerted, slots = 1000, 200, 16
	r := newRig(t, 200)
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
	open := make(chan struct{})
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		<-open
		return notify.Result{Outcome: notify.Accepted}
	})
	for range routine / len(r.guardians) {
		r.post(t, r.everybody())
	}
	w := r.start(t, c)
	// All slots but the reserve are taken by routine pushes, and the provider hangs.
	eventually(t, "routine pushes hold what they may", func() bool { return r.phones.len() == slots-slots/8 })
	r.raise(t, r.everybody()[:alerted])
	eventually(t, "critical pushes take the reserve", func() bool { return r.phones.len() == slots })
	close(open)
	eventually(t, "everything is sent", func() bool { return w.Stats().Sent == routine+alerted })
	last, overtaken := 0, 0
	for i, d := range r.phones.all() {
		if d.Urgency == notify.UrgencyCritical {
			last = i
		}
	}
	for _, d := range r.phones.all()[:last] {
		if d.Urgency == notify.UrgencyRoutine {
			overtaken++
		}
	}
	// Besides those that were on their way already, one batch may have been claimed while the first critical ones were read.
	if overtaken > 2*slots {
		t.Errorf("%d routine pushes left before the last of %d critical ones, want at most %d", overtaken, alerted, 2*slots)
	}
}

// B14: a rate holds back what is routine, and an alert only when all that may leave is the alert's own: nothing routine begins while it waits for its turn.
func TestAnAlertHasTheRateToItself(t *testing.T) {
	t.Parallel()
	const people, alerted, perSecond = 60, 30, 40
	r := newRig(t, people)
	c := r.config()
	c.Rates = map[notify.Provider]float64{notify.ProviderAPNs: perSecond}
	r.post(t, r.everybody())
	w := r.start(t, c)
	eventually(t, "routine pushes leave", func() bool { return r.phones.len() > 0 })
	r.raise(t, r.everybody()[:alerted])
	left := r.phones.len()
	eventually(t, "everything is sent", func() bool { return w.Stats().Sent == people+alerted })
	critical, between := 0, 0
	for i, d := range r.phones.all() {
		switch {
		case d.Urgency == notify.UrgencyCritical:
			critical++
		case i >= left && critical < alerted:
			between++
		}
	}
	if between > perSecond/4 { // what one claim may have held when the alert came
		t.Errorf("%d routine pushes left before the last of %d critical ones", between, alerted)
	}
}
