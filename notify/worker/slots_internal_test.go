package worker

import (
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/queue"
)

func claimedOf(u notify.Urgency, n int, asked time.Time) []held {
	list := make([]held, n)
	for i := range list {
		list[i] = held{delivery: notify.Delivery{ID: uuid.New(), Urgency: u}, asked: asked}
	}
	return list
}

// ends lets so many sends end well.
func (s *slots) ends(u notify.Urgency, n int) (next []held) {
	for range n {
		if p := s.give(held{delivery: notify.Delivery{Urgency: u}}, notify.Accepted, true, false); p.some {
			next = append(next, p.next)
		}
	}
	return next
}

// Nothing is claimed ahead before sends have ended, then as many as will leave within paceAhead, within bounds, and nothing once the provider falters.
func TestClaimedAheadByThePace(t *testing.T) {
	t.Parallel()
	s := newSlots(16)
	if all, routine := s.room(at, true, false); all != 16 || routine != 14 {
		t.Fatalf("at first there is room for %d, %d, want the slots", all, routine)
	}
	s.put(claimedOf(notify.UrgencyCritical, 16, at), false)
	s.ends(notify.UrgencyCritical, 4)
	now := at.Add(2 * paceOver)
	if all, _ := s.room(now, true, false); all != 4+10 { // 4 in 40 ms are 10 in 100 ms
		t.Errorf("room for %d, want 4 slots and the 10 that leave within %s", all, paceAhead)
	}
	s.put(claimedOf(notify.UrgencyCritical, 14, now), false)
	if next := s.ends(notify.UrgencyCritical, 10); len(next) != 10 {
		t.Errorf("%d slots went to those that waited, want 10", len(next))
	}
	s.put(claimedOf(notify.UrgencyCritical, 1000, now), false)
	s.ends(notify.UrgencyCritical, 1000)
	now = now.Add(paceOver)
	if all, _ := s.room(now, true, false); all != aheadSmall {
		t.Errorf("room for %d, want no more than %d", all, aheadSmall)
	}
	if all, _ := s.room(now, false, false); all != 0 {
		t.Errorf("room for %d with a provider that falters, want what is free", all)
	}
	s.ends(notify.UrgencyCritical, s.busy)
	s.room(now.Add(paceOver), true, false)
	if all, _ := s.room(now.Add(time.Minute), true, false); all <= 16 {
		t.Errorf("room for %d after a minute in which there was nothing to send, want the pace of before", all)
	}
}

// B14: of those that wait for a slot critical ones go first, and the reserve is theirs.
func TestCriticalOnesHaveTheNextSlot(t *testing.T) {
	t.Parallel()
	s := newSlots(16)
	if leaving, waits, _ := s.put(claimedOf(notify.UrgencyRoutine, 30, at), false); len(leaving) != 14 || !waits {
		t.Fatalf("%d routine ones have a slot, want all but the reserve", len(leaving))
	}
	if leaving, _, _ := s.put(claimedOf(notify.UrgencyCritical, 4, at), false); len(leaving) != 2 {
		t.Fatalf("%d critical ones have a slot, want the reserve", len(leaving))
	}
	for i := range 2 {
		if p := s.give(claimedOf(notify.UrgencyRoutine, 1, at)[0], notify.Accepted, true, false); !p.some || p.next.delivery.Urgency != notify.UrgencyCritical {
			t.Errorf("slot %d went to %+v, want the critical ones", i, p.next.delivery)
		}
	}
	if next := s.ends(notify.UrgencyRoutine, 2); len(next) != 0 {
		t.Error("the reserve went to routine ones")
	}
	if next := s.ends(notify.UrgencyRoutine, 1); len(next) != 0 {
		t.Error("a routine one begins while more critical ones leave than the reserve is for")
	}
	if next := s.ends(notify.UrgencyCritical, 2); len(next) != 1 || next[0].delivery.Urgency != notify.UrgencyRoutine {
		t.Error("routine ones do not go on")
	}
}

// B14: what is claimed and routine begins not while an alert is expected, and all that may begins when it is there or does not come.
func TestWhatIsRoutineWaitsForTheAlert(t *testing.T) {
	t.Parallel()
	s := newSlots(16)
	if leaving, waits, watch := s.put(claimedOf(notify.UrgencyRoutine, 30, at), true); len(leaving) != 0 || !waits || !watch {
		t.Fatalf("%d routine ones begin while an alert is expected, or nobody is to resume them", len(leaving))
	}
	if all, routine := s.room(at, true, true); all != 16 || routine != 0 {
		t.Errorf("room for %d, %d, want all slots for what is critical", all, routine)
	}
	if leaving, _, watch := s.put(claimedOf(notify.UrgencyCritical, 3, at), true); len(leaving) != 3 || watch {
		t.Fatalf("%d critical ones begin, want all, and nobody else to wait", len(leaving))
	}
	if p := s.give(claimedOf(notify.UrgencyCritical, 1, at)[0], notify.Accepted, true, true); p.some || p.watch {
		t.Errorf("%q begins while an alert is expected", p.next.delivery.Urgency)
	}
	if leaving, over := s.resume(true, true); over || len(leaving) != 0 {
		t.Errorf("%d begin while an alert is expected", len(leaving))
	}
	if leaving, over := s.resume(true, false); !over || len(leaving) != 12 {
		t.Errorf("%d routine ones go on, want all but the reserve", len(leaving))
	}
	if p := s.give(claimedOf(notify.UrgencyRoutine, 1, at)[0], notify.Accepted, true, true); !p.watch {
		t.Error("nobody is to resume what is held back")
	}
	if leaving, over := s.resume(false, true); !over || len(leaving) != 0 {
		t.Errorf("%d begin with a provider that falters", len(leaving))
	}
	s.routine = nil
	if p := s.give(claimedOf(notify.UrgencyRoutine, 1, at)[0], notify.Accepted, true, true); p.watch {
		t.Error("somebody waits for an alert, and nothing waits for them")
	}
}

// B14: while an alert leaves nothing routine begins, and when no more of it is on its way than the reserve is for, all that may does.
func TestWhatIsRoutineWaitsUntilTheAlertHasLeft(t *testing.T) {
	t.Parallel()
	s := newSlots(16)
	s.put(claimedOf(notify.UrgencyRoutine, 30, at), true)
	s.put(claimedOf(notify.UrgencyCritical, 16, at), false)
	if next := s.ends(notify.UrgencyCritical, 13); len(next) != 0 {
		t.Fatalf("%d routine ones begin while an alert leaves", len(next))
	}
	if leaving, over := s.resume(true, false); over || len(leaving) != 0 {
		t.Fatalf("%d routine ones begin while an alert leaves", len(leaving))
	}
	if next := s.ends(notify.UrgencyCritical, 1); len(next) != 1 {
		t.Fatalf("%d routine ones begin when the alert has left but for the reserve, want one in its place", len(next))
	}
	if leaving, over := s.resume(true, false); !over || len(leaving) != 16-2-2-1 {
		t.Errorf("%d more begin, want all but the reserve", len(leaving))
	}
}

// B14: the reserve is there for what is critical, however many routine ones wait for the other slots.
func TestWhatWaitsHidesNoReserve(t *testing.T) {
	t.Parallel()
	s := newSlots(16)
	s.put(claimedOf(notify.UrgencyRoutine, 14+40, at), false)
	if all, routine := s.room(at, false, false); all != 2 || routine != 0 {
		t.Errorf("room for %d, %d, want the reserve for critical ones", all, routine)
	}
}

// V15: what was asked about longer than leaveWithin ago does not leave, and neither does anything while the provider does not know us or takes nothing.
func TestWhatWaitsTooLongIsRecalled(t *testing.T) {
	t.Parallel()
	s := newSlots(2)
	told := 0
	found := func() { told++ }
	s.put(claimedOf(notify.UrgencyCritical, 5, at), false)                 // 3 wait
	s.put(claimedOf(notify.UrgencyRoutine, 2, at.Add(leaveWithin)), false) // 2 more, later
	if back := s.recall(at, found); len(back) != 0 || told != 0 {
		t.Fatalf("%d were given back too early", len(back))
	}
	if p := s.give(claimedOf(notify.UrgencyCritical, 1, at)[0], notify.Unavailable, false, false); p.some {
		t.Fatalf("%s left to a provider that takes nothing", p.next.delivery.ID)
	}
	if back := s.recall(at.Add(time.Millisecond), found); len(back) != 3 || told != 1 || back[0].Urgency != notify.UrgencyCritical {
		t.Errorf("%d were given back, want the 3 that waited too long", len(back))
	}
	if p := s.give(claimedOf(notify.UrgencyCritical, 1, at)[0], notify.Misconfigured, true, false); p.some || !p.narrowed {
		t.Errorf("%s left to a provider that does not know us", p.next.delivery.ID)
	}
	if back := s.recall(at, found); len(back) != 2 || told != 2 {
		t.Errorf("%d were given back, want all that waited for a provider that does not know us", len(back))
	}
}

// B14: nothing routine is claimed while something critical is being written.
func TestNothingRoutineIsClaimedWhenForewarned(t *testing.T) {
	t.Parallel()
	q, err := queue.Open(queue.Config{URL: "redis://" + miniredis.RunT(t).Addr() + "/0"})
	if err != nil {
		t.Fatal(err)
	}
	ear := q.Listen(notify.ProviderAPNs)
	t.Cleanup(func() { _ = errors.Join(ear.Close(), q.Close()) })
	c := &carrier{w: &Worker{stopping: make(chan struct{})}, slots: newSlots(16), valve: newValve(16, 0, func(bool) {}), reader: ear.Reader(notify.ProviderAPNs)}
	if all, routine := c.room(); all != 16 || routine != 14 {
		t.Fatalf("room for %d, %d, want all slots", all, routine)
	}
	until := func(what string, condition func() bool) {
		for deadline := time.Now().Add(20 * time.Second); !condition(); c.reader.Await(t.Context().Done(), 50*time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal(what)
			}
		}
	}
	until("the warning is not heard", func() bool {
		if err := q.Forewarn(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, routine := c.room()
		return all == 16 && routine == 0
	})
	until("the warning is never over", func() bool {
		_, routine := c.room()
		return routine == 14
	})
}

// B14: a slot that comes free while an alert is expected goes to nobody, and to something routine as soon as the alert is there.
func TestASlotWaitsForTheAlert(t *testing.T) {
	t.Parallel()
	q, err := queue.Open(queue.Config{URL: "redis://" + miniredis.RunT(t).Addr() + "/0"})
	if err != nil {
		t.Fatal(err)
	}
	ear := q.Listen(notify.ProviderAPNs)
	t.Cleanup(func() { _ = errors.Join(ear.Close(), q.Close()) })
	c := &carrier{w: &Worker{stopping: make(chan struct{})}, slots: newSlots(16), valve: newValve(16, 0, func(bool) {}), reader: ear.Reader(notify.ProviderAPNs)}
	leaving, _, _ := c.slots.put(claimedOf(notify.UrgencyRoutine, 15, time.Now().Add(time.Hour)), false) // nothing of it waits too long
	for deadline := time.Now().Add(20 * time.Second); !c.expecting(time.Now()); c.reader.Await(t.Context().Done(), 50*time.Millisecond) {
		if err := q.Forewarn(t.Context()); err != nil || time.Now().After(deadline) {
			t.Fatalf("the warning is not heard: %v", err)
		}
	}
	over := make(chan struct{})
	close(over)
	if stopping := (&carrier{w: &Worker{stopping: over}, reader: c.reader}); stopping.expecting(time.Now()) {
		t.Error("a worker that stops waits for an alert")
	}
	watching := make(chan held)
	go func() {
		next, _, _ := c.free(leaving[0], notify.Accepted)
		watching <- next
	}()
	select {
	case next := <-watching:
		if c.expecting(time.Now()) {
			t.Fatalf("%s has the slot while an alert is expected", next.delivery.Urgency)
		}
	case <-time.After(expectedMost / 4):
		c.reader.Came(time.Now())
		if next := <-watching; next.delivery.Urgency != notify.UrgencyRoutine {
			t.Errorf("%+v has the slot, want what waits", next.delivery)
		}
	}
}

// B14: critical sends that have been on their way for long keep their slots, and nothing routine from the others any more.
func TestCriticalOnesThatHangHoldNothingBack(t *testing.T) {
	t.Parallel()
	s := newSlots(16)
	s.room(at, true, false)
	hung, _, _ := s.put(claimedOf(notify.UrgencyCritical, 6, at), false)
	if leaving, _, watch := s.put(claimedOf(notify.UrgencyRoutine, 3, at), false); len(leaving) != 0 || !watch {
		t.Fatalf("%d routine ones begin beside an alert", len(leaving))
	}
	s.room(at.Add(alertFresh), true, false)
	if leaving, over := s.resume(true, false); len(leaving) != 0 || over {
		t.Errorf("%d routine ones begin beside an alert of a moment ago", len(leaving))
	}
	s.room(at.Add(2*alertFresh), true, false)
	if leaving, over := s.resume(true, false); len(leaving) != 3 || !over {
		t.Errorf("%d routine ones begin beside sends that hang, want all", len(leaving))
	}
	if _, routine := s.room(at.Add(2*alertFresh), true, false); routine != 16-6-3-s.reserve {
		t.Errorf("room for %d routine ones, want the slots that do not hang", routine)
	}
	for _, h := range hung {
		s.give(h, notify.Unknown, true, false)
	}
	s.put(claimedOf(notify.UrgencyCritical, s.reserve, at), false)
	if leaving, _, _ := s.put(claimedOf(notify.UrgencyRoutine, 1, at), false); len(leaving) != 1 {
		t.Error("those that hung are missing in the count of the next alert")
	}
	s.put(claimedOf(notify.UrgencyCritical, 1, at), false)
	if leaving, _, _ := s.put(claimedOf(notify.UrgencyRoutine, 1, at), false); len(leaving) != 0 {
		t.Error("something routine begins beside the next alert")
	}
}
