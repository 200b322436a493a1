package worker

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

const (
	criticalBatch = 512                    // deliveries per claim
	routineBatch  = 64                     // few, so that a claim of routine ones does not keep an alert waiting
	idleBlock     = time.Second            // how long a carrier with nothing to do waits for a bell before it looks around
	gatedWait     = 20 * time.Millisecond  // how soon the critical lane is looked at again while all but the reserve is busy
	errorWait     = 100 * time.Millisecond // first wait after Postgres failed; doubles
	errorWaitMost = 2 * time.Second
	claimTimeout  = 5 * time.Second
	// While others are on their way, the carrier waits for room for so many, for so long at most, before it claims again; longer while some are claimed
	// and wait for a slot.
	worthClaiming = 32
	linger        = 5 * time.Millisecond
	lingerAhead   = 40 * time.Millisecond
	// What is routine, and claimed, waits so long at most for an alert that is being written: one to some thousand guardians is there by then, and most of what
	// waits was asked about lately enough to leave (leaveWithin). Whoever waits to resume it looks so often.
	expectedMost = 300 * time.Millisecond
	heldLook     = 5 * time.Millisecond
)

// carrier serves one provider: one loop that takes and claims, and a goroutine per slot in use. It claims no more than will leave in a moment (see leaveWithin), so
// that nothing waits long between its claim and its sending (V15).
type carrier struct {
	w        *Worker
	provider notify.Provider
	slots    *slots
	valve    *valve
	send     func(context.Context, notify.Delivery, notify.Words) notify.Result
	reader   *queue.Reader             // nil: there is no belt
	takeOver atomic.Bool               // set by the relay from time to time: look for refs that a dead process holds
	kept     map[notify.Urgency]*turns // taken from the belt, or left of an opened parcel, and not yet claimed; the loop's own
	had      int                       // how many there was room for when room looked; the loop's own
	aside    aside                     // what claims fail at; the loop's own
	slow     int                       // claims in a row that took too long; the loop's own
}

func (c *carrier) run() {
	c.keepNothing()
	defer c.putBack()
	wait := errorWait
	for !c.w.stopped() {
		if c.w.beltHere.Load() {
			c.fromBelt()
			continue
		}
		c.keepNothing() // they are found by what is due
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

func (c *carrier) keepNothing() {
	c.kept = map[notify.Urgency]*turns{notify.UrgencyCritical: newTurns(), notify.UrgencyRoutine: newTurns()}
}

// room tells how many deliveries may be claimed, and how many of those may be routine ones, once it is worth claiming for them: what slots are free for and
// the provider can take. Of a provider that has gone away it is none at all but a routine one, while a critical one is tried there. It waits a little where that is nothing.
func (c *carrier) room() (all, routine int) {
	look := func() {
		now := time.Now()
		wide := c.valve.wide(now)
		all, routine = c.slots.room(now, wide, wide && c.expecting(now))
		if c.reader != nil && c.reader.Forewarned(now, queue.Forewarned) {
			routine = 0
		}
	}
	look()
	if all == 0 {
		c.slots.await(c.w.stopping, 1, idleBlock)
		look()
	}
	if worth, most := c.slots.worth(); 0 < all && all < worth {
		c.slots.await(c.w.stopping, worth, most)
		look()
	}
	c.had = all
	if all == 0 {
		return 0, 0
	}
	all, routine, wait := c.valve.allow(all, routine, c.slots.taken(), c.slots.tried(), time.Now())
	if wait > 0 {
		c.w.rest(wait)
	}
	return all, routine
}

// fromBelt takes one batch from the belt: critical refs for as many deliveries as there are free slots, and routine ones only when there was no
// critical one and more than the reserve is free. The belt's errors make the worker poll.
func (c *carrier) fromBelt() {
	all, routine := c.tryAside(c.room())
	if all == 0 && routine == 0 {
		return
	}
	u, room, err := c.take(all, routine)
	if err != nil {
		c.w.belt(false, err)
	}
	if c.kept[u].some() {
		c.carry(u, room)
	}
}

// take looks for refs and keeps them. It answers of which urgency there are some, critical first, and how many deliveries there is room for.
func (c *carrier) take(all, routine int) (notify.Urgency, int, error) {
	ctx := c.w.sendCtx
	if c.takeOver.CompareAndSwap(true, false) {
		for u, kept := range c.kept {
			stale, err := c.reader.Stale(ctx, u, c.w.config.Terms.Lease(u), max(all, routine))
			kept.add(stale...)
			if err != nil {
				return notify.UrgencyCritical, 0, err
			}
		}
	}
	if all > 0 {
		if some, err := c.read(ctx, notify.UrgencyCritical, min(all, criticalBatch)); some || err != nil {
			return notify.UrgencyCritical, min(all, criticalBatch), err
		}
	}
	if routine == 0 {
		if c.reader.Forewarned(time.Now(), queue.Forewarned) {
			c.reader.Await(c.w.stopping, gatedWait) // the bell is what is waited for
		} else {
			c.slots.await(c.w.stopping, c.had+1, gatedWait)
		}
		return notify.UrgencyCritical, 0, nil
	}
	some, err := c.read(ctx, notify.UrgencyRoutine, min(routine, routineBatch))
	switch {
	case some || err != nil:
	case all == 0: // something critical is tried, and more of it may wait
		c.slots.await(c.w.stopping, c.had+1, gatedWait)
	default: // nothing anywhere
		c.reader.Await(c.w.stopping, idleBlock)
	}
	return notify.UrgencyRoutine, min(routine, routineBatch), err
}

// read takes refs of whoever has something waiting and nothing here, for about so many deliveries, and tells whether there are any now. Where nobody has,
// Redis is not asked: the bell tells, and the relay what it did not.
func (c *carrier) read(ctx context.Context, u notify.Urgency, room int) (bool, error) {
	messages, err := c.reader.Read(ctx, u, room, c.kept[u].holds)
	c.kept[u].add(messages...)
	return c.kept[u].some(), err
}

// carry claims what is kept, as far as there is room, and sends it. What is set aside has its own time, and need not be on the belt.
func (c *carrier) carry(u notify.Urgency, room int) {
	messages, aside := c.aside.part(c.kept[u].next(room))
	c.w.settler.acknowledge(aside)
	if len(messages) > 0 {
		c.claimAll(u, messages, room, false)
	}
}

// claimAll claims parcels and sends them. While Postgres is away it holds on to them; where it fails at something among them, it takes them apart. suspected
// says that something among them took too long before.
func (c *carrier) claimAll(u notify.Urgency, messages []queue.Message, room int, suspected bool) {
	refs := make([]outbox.Ref, len(messages))
	for i, m := range messages {
		refs[i] = m.Ref
	}
	for wait := errorWait; ; wait = min(wait*2, errorWaitMost) {
		c.w.settler.caughtUp(u)
		claimed, err := c.claim(claimTimeout, func(ctx context.Context, leave func([]notify.Delivery)) (outbox.Claimed, error) {
			return c.w.outbox.Claim(ctx, c.provider, refs, room, leave)
		})
		switch {
		case err == nil && claimed != nil:
			c.slow = 0
			c.w.settler.acknowledge(messages) // from here on the leases tell who has them
			c.kept[u].putBack(claimed.Left)
			return
		case err == nil: // nothing was claimed; what is kept is put back
			c.kept[u].add(messages...)
			return
		}
		c.w.log.Error("notify: claims fail", "provider", c.provider, "parcels", len(refs), "error", err)
		if c.inside(err, suspected) {
			c.takeApart(u, messages, room, err)
			return
		}
		if !c.w.rest(wait) {
			c.kept[u].add(messages...)
			return
		}
	}
}

// putBack lets another worker have what this one took and did not claim. What does not get there is found by the relay of any worker.
func (c *carrier) putBack() {
	var kept []queue.Message
	var refs []outbox.Ref
	for _, turns := range c.kept {
		for _, m := range turns.all() {
			kept, refs = append(kept, m), append(refs, m.Ref)
		}
	}
	if len(refs) > 0 && c.w.config.Queue.Ring(context.WithoutCancel(c.w.sendCtx), refs) == nil {
		c.w.settler.acknowledge(kept)
	}
}

// fromPostgres takes one batch without the belt: the same claims, found by what is due.
func (c *carrier) fromPostgres() error {
	all, routine := c.tryAside(c.room())
	if all == 0 && routine == 0 {
		return nil
	}
	c.w.stats.polls.Add(1)
	for _, lane := range queue.Lanes(c.provider) {
		room := min(all, criticalBatch)
		if lane.Urgency == notify.UrgencyRoutine {
			room = min(routine, routineBatch)
		}
		if room == 0 {
			continue
		}
		c.w.settler.caughtUp(lane.Urgency)
		claimed, err := c.claim(claimTimeout, func(ctx context.Context, leave func([]notify.Delivery)) (outbox.Claimed, error) {
			return c.w.outbox.ClaimDue(ctx, lane, room, c.aside.ids(), leave)
		})
		if failed := (*outbox.FailedClaim)(nil); errors.As(err, &failed) && c.inside(err, false) {
			c.w.log.Error("notify: claims fail", "provider", c.provider, "parcels", len(failed.Refs), "error", err)
			c.takeApart(lane.Urgency, messagesOf(failed.Refs), room, err)
			return nil
		}
		if err == nil {
			c.slow = 0
		}
		if err != nil || claimed == nil || len(claimed.Deliveries)+len(claimed.Ended) > 0 {
			return err
		}
	}
	c.slots.await(c.w.stopping, c.had+1, c.w.config.PollEvery)
	return nil
}

// claim makes a claim and starts sending what it gives, before what may not leave is written down. It answers nil when the worker is stopping and nothing
// was claimed.
func (c *carrier) claim(
	patience time.Duration, lease func(context.Context, func([]notify.Delivery)) (outbox.Claimed, error),
) (*outbox.Claimed, error) {
	if !c.w.gate.pass(c.w.stopping) {
		return nil, nil
	}
	defer c.w.gate.leave()
	if c.w.stopped() {
		return nil, nil
	}
	began, asked := c.w.config.Clock(), time.Now()
	ctx, cancel := context.WithTimeout(c.w.sendCtx, patience)
	defer cancel()
	claimed, err := lease(ctx, func(leaving []notify.Delivery) {
		var claimedAt time.Time
		if c.w.traces != nil {
			claimedAt = c.w.config.Clock()
		}
		c.valve.took(len(leaving), time.Now())
		c.w.stats.claimed.Add(int64(len(leaving)))
		list, critical := make([]held, len(leaving)), false
		for i, d := range leaving {
			critical = critical || d.Urgency == notify.UrgencyCritical
			list[i] = held{delivery: d, until: began.Add(c.w.leaseOf(d)), asked: asked, times: times{claiming: began, claimed: claimedAt}}
		}
		now := time.Now()
		c.recall(now.Add(-leaveWithin)) // before what is held back may begin
		first, wait, watch := c.slots.put(list, c.valve.wide(now) && c.expecting(now))
		for _, h := range first {
			c.w.sends.Go(func() { c.occupy(h) })
		}
		if critical && c.reader != nil {
			c.reader.Came(time.Now())
		}
		if watch {
			c.w.sends.Go(func() {
				if h, some := c.goOn(); some {
					c.occupy(h)
				}
			})
		}
		if wait {
			time.AfterFunc(leaveWithin, func() { c.recall(time.Now().Add(-leaveWithin)) })
		}
	})
	if err != nil {
		return nil, err
	}
	c.w.noteClaim(claimed)
	return &claimed, nil
}
