package worker_test

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// B14: an alert to receivers that hang, on a push service of their own maybe, keeps nobody else's notice from a provider that takes it: not while its sends hang, and
// not while the provider counts as away because of them.
func TestReceiversThatHangKeepNobodyElseWaiting(t *testing.T) {
	t.Parallel()
	const hanging, others = 40, 60
	r := newRig(t, hanging)
	n := r.neighbour(t, others)
	theirs := map[uuid.UUID]bool{}
	for _, person := range n.guardians {
		theirs[person] = true
	}
	var given, arrived atomic.Int64
	r.phones.on(func(ctx context.Context, d notify.Delivery) notify.Result {
		if theirs[d.Person] {
			arrived.Add(1)
			return notify.Result{Outcome: notify.Accepted}
		}
		<-ctx.Done()
		given.Add(1)
		return notify.Result{Outcome: notify.Unknown, Reason: "timeout"}
	})
	c := r.config()
	c.Backoff = nil // as in operation: they are tried again and again
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: hanging + 10}
	r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "the provider counts as away", func() bool { return given.Load() >= hanging })
	n.post(t, n.everybody())
	eventually(t, "what is for others has arrived", func() bool { return arrived.Load() == others })
	eventually(t, "and is written", func() bool { return r.pushes(t, outbox.StateSent) == others })
}
