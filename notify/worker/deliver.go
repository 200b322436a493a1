package worker

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/render"
)

// held is a delivery under this worker's lease.
type held struct {
	delivery notify.Delivery
	until    time.Time // by the worker's clock: no call to a provider may run past it
	asked    time.Time // when its claim began: access was asked about after that
	outage   int       // see slots.wentAway
	period   int       // see slots.turn
	times    times     // for whoever traces
}

// leaseOf is how long a claimed delivery is safely ours: somewhat less than the lease, for the time that the claim's answer took and the
// settling will take.
func (w *Worker) leaseOf(d notify.Delivery) time.Duration {
	lease := w.config.Terms.Lease(d.Urgency)
	return lease - lease/16
}

// occupy holds a slot: it sends a delivery, and then whichever is next, until none is. One goroutine for them all, because a new one for each send grows its
// stack anew, which costs a third of what a send does.
func (c *carrier) occupy(h held) {
	for some := true; some; {
		h, some = c.deliver(h)
	}
}

// deliver sends one claimed delivery, hands its result on, and answers who has its slot next.
func (c *carrier) deliver(h held) (next held, some bool) {
	left := h.until.Sub(c.w.config.Clock())
	if left <= 0 || c.w.sendCtx.Err() != nil {
		c.giveBack([]notify.Delivery{h.delivery})
		next, some, _ = c.free(h, "")
		return next, some
	}
	ctx, cancel := context.WithTimeout(c.w.sendCtx, min(left, c.w.config.SendTimeout(h.delivery.Urgency)))
	defer cancel()
	if c.w.traces != nil {
		h.times.sending = c.w.config.Clock()
	}
	result := c.attempt(ctx, h.delivery)
	if c.w.traces != nil {
		h.times.sent = c.w.config.Clock()
	}
	// Before the slot is given back: while results cannot be written, nothing more is sent than there is room to remember (B3).
	c.w.settler.put(finished{held: h, settlement: outbox.Settlement{
		Delivery: h.delivery, Result: result, Wait: c.w.wait(h.delivery, result),
	}})
	next, some, narrowed := c.free(h, result.Outcome)
	if narrowed {
		// One line per outage, not one per notice: this is what wakes the operator.
		c.w.log.Error("notify: the provider refuses our credentials; notices wait", "provider", c.provider, "status", result.Status,
			"reason", result.Reason)
	}
	return next, some
}

// free gives a slot back, and answers who has it next, and whether the provider refuses our credentials since then.
func (c *carrier) free(h held, outcome notify.Outcome) (next held, some, narrowed bool) {
	now := time.Now()
	c.recall(now.Add(-leaveWithin))
	everything := c.valve.wide(now)
	p := c.slots.give(h, outcome, everything, everything && c.expecting(now))
	switch {
	case !everything || p.narrowed:
		c.recall(now)
	case p.watch:
		p.next, p.some = c.goOn()
	}
	return p.next, p.some, p.narrowed
}

// expecting tells whether an alert is being written that will be here in a moment. A worker that stops waits for none.
func (c *carrier) expecting(now time.Time) bool {
	return c.reader != nil && c.reader.Forewarned(now, expectedMost) && !c.w.stopped()
}

// goOn waits until nothing routine is held back for an alert, lets go on who may, and answers one of them. What is held back too long is recalled, so it waits
// for leaveWithin at most.
func (c *carrier) goOn() (next held, some bool) {
	var leaving []held
	for over := false; !over; {
		now := time.Now()
		everything := c.valve.wide(now)
		c.recall(now.Add(-leaveWithin))
		if leaving, over = c.slots.resume(everything, everything && c.expecting(now)); !over {
			time.Sleep(heldLook)
		} else if !everything {
			c.recall(now)
		}
	}
	if len(leaving) == 0 {
		return held{}, false
	}
	for _, h := range leaving[1:] {
		c.w.sends.Go(func() { c.occupy(h) })
	}
	return leaving[0], true
}

// recall gives back what was asked about before then and still waits for a slot: what leaves is asked about shortly before (V15).
func (c *carrier) recall(then time.Time) {
	if back := c.slots.recall(then, func() { c.w.sends.Add(1) }); len(back) > 0 {
		go func() {
			defer c.w.sends.Done()
			c.giveBack(back)
		}()
	}
}

// giveBack returns deliveries that were not sent. If that fails, their lease ends by itself.
func (c *carrier) giveBack(back []notify.Delivery) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.w.sendCtx), claimTimeout)
	defer cancel()
	if err := c.w.outbox.GiveBack(ctx, back); err != nil {
		c.w.log.Warn("notify: claims were not given back", "deliveries", len(back), "first", back[0].ID, "error", err)
		return
	}
	c.w.stats.givenBack.Add(int64(len(back)))
}

// attempt renders and sends. A panic of either is one more outcome: the delivery is tried again, and is dead after its last attempt.
func (c *carrier) attempt(ctx context.Context, d notify.Delivery) (result notify.Result) {
	result = notify.Result{Outcome: notify.Unavailable, Reason: "panic"} // while rendering: nothing has left
	defer func() {
		if cause := recover(); cause != nil {
			c.w.stats.panics.Add(1)
			// The cause itself may quote what was being sent.
			c.w.log.Error("notify: a sender panicked", "provider", c.provider, "kind", d.Kind, "delivery", d.ID, "stack", string(debug.Stack()))
		}
	}()
	words, err := c.w.config.Render(d)
	switch {
	case errors.Is(err, render.ErrNoWords):
		return notify.Result{Outcome: notify.Refused, Reason: "no_words"}
	case err != nil:
		return notify.Result{Outcome: notify.Unavailable, Reason: "not_rendered"}
	}
	if known, taken := c.taken(ctx, d, words); taken {
		return known
	}
	result = notify.Result{Outcome: notify.Unknown, Reason: "panic"} // while sending: it may have left
	result = c.send(ctx, d, words)
	c.valve.saw(result, time.Now())
	return result
}

const (
	retryAfterMost = 30 * time.Minute // what a provider asks for beyond this is not waited for
	brokenCritical = 15 * time.Second // between tries with credentials that the provider refuses
	brokenRoutine  = time.Minute
	againAtOnce    = 5 // attempts of a critical delivery whose end nobody saw, before the next one waits
)

// wait draws the time before the next attempt: full jitter below the back-off, after what the provider asked for.
func (w *Worker) wait(d notify.Delivery, r notify.Result) time.Duration {
	bound := w.config.Backoff(d.Urgency, d.Attempt)
	if r.Outcome == notify.Misconfigured {
		bound = brokenRoutine
		if d.Urgency == notify.UrgencyCritical {
			bound = brokenCritical
		}
		return bound/2 + jitter(bound/2)
	}
	if r.Outcome == notify.Unknown && d.Urgency == notify.UrgencyCritical && d.Attempt <= againAtOnce {
		return 0 // one too many is better than one too late, and the phone shows one: they have the same id
	}
	if r.RetryAfter > 0 {
		return min(r.RetryAfter, retryAfterMost) + jitter(bound/4)
	}
	return jitter(bound)
}

func jitter(bound time.Duration) time.Duration {
	if bound <= 0 {
		return 0
	}
	return rand.N(bound)
}
