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
	times    times     // for whoever traces
}

// leaseOf is how long a claimed delivery is safely ours: somewhat less than the lease, for the time that the claim's answer took and the
// settling will take.
func (w *Worker) leaseOf(d notify.Delivery) time.Duration {
	lease := w.config.Terms.Lease(d.Urgency)
	return lease - lease/16
}

// deliver sends one claimed delivery and hands its result on.
func (c *carrier) deliver(h held) {
	left := h.until.Sub(c.w.config.Clock())
	if left <= 0 || c.w.sendCtx.Err() != nil {
		c.giveBack(h)
		return
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
	if c.slots.give(result.Outcome) {
		// One line per outage, not one per notice: this is what wakes the operator.
		c.w.log.Error("notify: the provider refuses our credentials; notices wait", "provider", c.provider, "status", result.Status,
			"reason", result.Reason)
	}
	c.w.settler.put(finished{held: h, settlement: outbox.Settlement{
		Delivery: h.delivery, Result: result, Wait: c.w.wait(h.delivery, result),
	}})
}

// giveBack returns a delivery that was not sent. If that fails, its lease ends by itself.
func (c *carrier) giveBack(h held) {
	defer c.slots.give("")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.w.sendCtx), claimTimeout)
	defer cancel()
	if err := c.w.outbox.GiveBack(ctx, []notify.Delivery{h.delivery}); err != nil {
		c.w.log.Warn("notify: a claim was not given back", "delivery", h.delivery.ID, "error", err)
		return
	}
	c.w.stats.givenBack.Add(1)
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
