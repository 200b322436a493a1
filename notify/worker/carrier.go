package worker

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

const (
	criticalBatch = 500                    // refs per read and claim
	routineBatch  = 64                     // few, so that a claim of routine ones does not keep an alert waiting
	idleBlock     = time.Second            // how long a read waits for refs when there are none
	gatedWait     = 20 * time.Millisecond  // how soon the critical lane is looked at again while all but the reserve is busy
	errorWait     = 100 * time.Millisecond // first wait after Postgres failed; doubles
	errorWaitMost = 2 * time.Second
	claimTimeout  = 5 * time.Second
)

// carrier serves one provider: one loop that takes and claims, and a goroutine per send. It takes no more than it has slots for, so nothing
// waits between its claim and its sending (V15).
type carrier struct {
	w        *Worker
	provider notify.Provider
	slots    *slots
	send     func(context.Context, notify.Delivery, notify.Words) notify.Result
	takeOver atomic.Bool // set by the relay from time to time: look for refs that a dead process holds
}

func (c *carrier) run() {
	wait := errorWait
	for !c.w.stopped() {
		if c.w.beltHere.Load() {
			c.fromBelt()
			continue
		}
		err := c.fromPostgres()
		if err == nil {
			wait = errorWait
			continue
		}
		c.w.log.Error("notify: claims fail", "provider", c.provider, "error", err)
		c.w.rest(wait)
		wait = min(wait*2, errorWaitMost)
	}
}

// fromBelt takes one batch from the belt: critical refs as many as there are free slots, and routine ones only when there was no critical
// one and more than the reserve is free. The belt's errors make the worker poll.
func (c *carrier) fromBelt() {
	all, routine := c.slots.free()
	if all == 0 {
		c.slots.wait(c.w.stopping, idleBlock)
		return
	}
	messages, err := c.take(all, routine)
	if err != nil {
		c.w.belt(false, err)
	}
	if len(messages) > 0 {
		c.carry(messages)
	}
}

func (c *carrier) take(all, routine int) ([]queue.Message, error) {
	ctx, belt := c.w.sendCtx, c.w.config.Queue
	if c.takeOver.CompareAndSwap(true, false) {
		for _, lane := range queue.Lanes(c.provider) {
			most := all
			if lane.Urgency == notify.UrgencyRoutine {
				most = routine
			}
			if most == 0 {
				continue
			}
			stale, err := belt.Stale(ctx, lane, c.w.config.Terms.Lease(lane.Urgency), most)
			if err != nil || len(stale) > 0 {
				return stale, err
			}
		}
	}
	messages, err := belt.Read(ctx, c.provider, min(all, criticalBatch), 0, notify.UrgencyCritical)
	if err != nil || len(messages) > 0 {
		return messages, err
	}
	if routine > 0 {
		messages, err = belt.Read(ctx, c.provider, min(routine, routineBatch), 0, notify.UrgencyRoutine)
		if err != nil || len(messages) > 0 {
			return messages, err
		}
		// Nothing anywhere: wait on both lanes. Each may answer with as many as asked for, and there must be slots for all.
		if n := min(routine, all/2); n > 0 {
			return belt.Read(ctx, c.provider, min(n, routineBatch), idleBlock, notify.UrgencyCritical, notify.UrgencyRoutine)
		}
	}
	c.slots.wait(c.w.stopping, gatedWait)
	return nil, nil
}

// carry claims what was taken and sends it. While Postgres is away it holds on to the messages; when the worker stops meanwhile, they
// stay on the belt for another.
func (c *carrier) carry(messages []queue.Message) {
	refs := make([]outbox.Ref, len(messages))
	for i, m := range messages {
		refs[i] = m.Ref
	}
	for wait := errorWait; ; wait = min(wait*2, errorWaitMost) {
		_, err := c.claim(messages, func(ctx context.Context) (outbox.Claimed, error) {
			return c.w.outbox.Claim(ctx, c.provider, refs)
		})
		if err == nil {
			return
		}
		c.w.log.Error("notify: claims fail", "provider", c.provider, "error", err)
		if !c.w.rest(wait) {
			return
		}
	}
}

// fromPostgres takes one batch without the belt: the same claims, found by what is due.
func (c *carrier) fromPostgres() error {
	all, routine := c.slots.free()
	if all == 0 {
		c.slots.wait(c.w.stopping, idleBlock)
		return nil
	}
	c.w.stats.polls.Add(1)
	for _, lane := range queue.Lanes(c.provider) {
		most := min(all, criticalBatch)
		if lane.Urgency == notify.UrgencyRoutine {
			most = min(routine, routineBatch)
		}
		if most == 0 {
			continue
		}
		more, err := c.claim(nil, func(ctx context.Context) (outbox.Claimed, error) {
			return c.w.outbox.ClaimDue(ctx, lane, most)
		})
		if more || err != nil {
			return err
		}
	}
	c.slots.wait(c.w.stopping, c.w.config.PollEvery)
	return nil
}

// claim makes a claim and starts sending what it gives. It answers whether to look for more at once: the claim found something,
// or the worker is stopping.
func (c *carrier) claim(messages []queue.Message, make func(context.Context) (outbox.Claimed, error)) (more bool, err error) {
	if !c.w.gate.pass(c.w.stopping) {
		return true, nil
	}
	defer c.w.gate.leave()
	if c.w.stopped() {
		return true, nil
	}
	began := c.w.config.Clock()
	ctx, cancel := context.WithTimeout(c.w.sendCtx, claimTimeout)
	defer cancel()
	claimed, err := make(ctx)
	if err != nil {
		return false, err
	}
	c.w.noteClaim(claimed)
	mine := map[uuid.UUID][]queue.Message{}
	for _, d := range claimed.Deliveries {
		mine[d.ID] = nil
	}
	var rest []queue.Message // not ours: ended, taken by somebody else, or not due
	for _, m := range messages {
		if held, ok := mine[m.Ref.Delivery]; ok {
			mine[m.Ref.Delivery] = append(held, m)
		} else {
			rest = append(rest, m)
		}
	}
	c.w.settler.acknowledge(rest)
	c.slots.take(len(claimed.Deliveries))
	for _, d := range claimed.Deliveries {
		h := held{delivery: d, messages: mine[d.ID], until: began.Add(c.w.leaseOf(d))}
		c.w.sends.Go(func() { c.deliver(h) })
	}
	return len(claimed.Deliveries)+len(claimed.Ended) > 0, nil
}
