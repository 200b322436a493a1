package worker_test

import (
	"context"
	"testing"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// One municipality with thousands of notices does not hold up another's ten: they leave within the first sends after they are announced, whatever waited
// before them. It is so with the belt and without, in both lanes. What counts is the order at the provider.
func TestAFloodHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	for name, without := range map[string]bool{"belt": false, "no belt": true} {
		for _, urgency := range []notify.Urgency{notify.UrgencyRoutine, notify.UrgencyCritical} {
			t.Run(name+" "+string(urgency), func(t *testing.T) {
				t.Parallel()
				const people, rounds, few, slots = 250, 2, 10, 16
				flooded := newRig(t, people)
				quiet := flooded.neighbour(t, few)
				c := flooded.config()
				c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
				if without {
					c.Queue = nil
				}
				announce := (*rig).post
				if urgency == notify.UrgencyCritical {
					announce = (*rig).raise
				}
				open := make(chan struct{})
				flooded.phones.on(func(context.Context, notify.Delivery) notify.Result {
					<-open
					return notify.Result{Outcome: notify.Accepted}
				})
				for range rounds {
					announce(flooded, t, flooded.everybody())
				}
				w := flooded.start(t, c)
				eventually(t, "the flood holds what it may", func() bool { return flooded.phones.len() >= slots-slots/8 })
				announce(quiet, t, quiet.everybody())
				before := flooded.phones.len()
				close(open)
				eventually(t, "everything is sent", func() bool { return w.Stats().Sent == people*rounds+few })
				last, found := 0, 0
				for i, d := range flooded.phones.all() {
					if d.Municipality == quiet.municipality {
						last, found = i+1, found+1
					}
				}
				// While the ten leave, as many of the flood do, and what was claimed before the ten were read: that is little more than what may be claimed ahead.
				const ahead = 64
				if most := before + 2*few + 4*slots + ahead; found != few || last > most {
					t.Errorf("the last of %d notices was number %d of all, want at most %d", found, last, most)
				}
				if n := flooded.pushes(t, outbox.StateSent); n != people*rounds+few {
					t.Errorf("%d are settled as sent", n)
				}
			})
		}
	}
}
