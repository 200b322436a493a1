package worker

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

const (
	asideRounds   = 60          // of the relay: how long a parcel is first set aside, a quarter of a minute; doubles
	asideMost     = 4           // times that, at most
	asideTimeout  = time.Second // of a claim of it alone: one that is mended takes milliseconds
	answerTimeout = time.Second // of a question that reads no table
	slowMost      = 2           // claims in a row that take too long before something in them is suspected
)

// aside is what the database failed at alone: a notice whose row is damaged, or cannot be read in time. It is not claimed for a while, and then alone, so that
// nobody else's waits for it; it gets there when the row is mended (B3). It is for one goroutine.
type aside struct {
	parcels map[parcelKey]*asideParcel
}

type parcelKey struct{ municipality, parcel uuid.UUID }

type asideParcel struct {
	ref   outbox.Ref
	wait  time.Duration
	until time.Time
}

func keyOf(r outbox.Ref) parcelKey { return parcelKey{r.Municipality, r.Parcel} }

// part parts messages from those of what is set aside.
func (a *aside) part(messages []queue.Message) (free, set []queue.Message) {
	if len(a.parcels) == 0 {
		return messages, nil
	}
	for _, m := range messages {
		if a.parcels[keyOf(m.Ref)] == nil {
			free = append(free, m)
		} else {
			set = append(set, m)
		}
	}
	return free, set
}

// ids are the parcels that are set aside.
func (a *aside) ids() []uuid.UUID {
	ids := make([]uuid.UUID, 0, len(a.parcels))
	for k := range a.parcels {
		ids = append(ids, k.parcel)
	}
	return ids
}

// put sets a parcel aside, longer each time.
func (a *aside) put(r outbox.Ref, first time.Duration, now time.Time) {
	if a.parcels == nil {
		a.parcels = map[parcelKey]*asideParcel{}
	}
	wait := first
	if before := a.parcels[keyOf(r)]; before != nil {
		wait = min(2*before.wait, asideMost*first)
	}
	a.parcels[keyOf(r)] = &asideParcel{ref: r, wait: wait, until: now.Add(wait)}
}

// due is one whose time has come, critical ones first; nil when none is.
func (a *aside) due(now time.Time, routine bool) *asideParcel {
	var found *asideParcel
	for _, p := range a.parcels {
		critical := p.ref.Urgency == notify.UrgencyCritical
		if p.until.After(now) || !critical && !routine {
			continue
		}
		if found == nil || critical && found.ref.Urgency != notify.UrgencyCritical {
			found = p
		}
	}
	return found
}

// tryAside claims one of those that are set aside, alone, when its time has come, and answers what room is left.
func (c *carrier) tryAside(all, routine int) (int, int) {
	p := c.aside.due(time.Now(), routine > 0)
	if p == nil || all == 0 {
		return all, routine
	}
	claimed, err := c.claim(asideTimeout, func(ctx context.Context, leave func([]notify.Delivery)) (outbox.Claimed, error) {
		return c.w.outbox.Claim(ctx, c.provider, []outbox.Ref{p.ref}, 1, leave)
	})
	switch {
	case err == nil && claimed != nil: // or it has become another's, or another attempt's: then it is found like any other
		delete(c.aside.parcels, keyOf(p.ref))
		c.kept[p.ref.Urgency].putBack(claimed.Left)
		return all - 1, min(routine, all-1)
	case err == nil: // the worker is stopping
	case c.inside(err, true):
		c.openOrSetAside(p.ref, all, err)
	default:
		p.until = time.Now().Add(errorWaitMost)
	}
	return all, routine
}

// inside tells whether a claim failed at something in it. What took too long did when it does so again, or is suspected, and the database answers otherwise.
func (c *carrier) inside(err error, suspected bool) bool {
	switch outbox.FaultOf(err) {
	case outbox.FaultInside:
		return true
	case outbox.FaultSlow:
		c.slow++
		return (suspected || c.slow >= slowMost) && c.w.answers()
	}
	return false
}

// answers tells whether Postgres answers at all.
func (w *Worker) answers() bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.sendCtx), answerTimeout)
	defer cancel()
	return w.outbox.Answers(ctx)
}

// takeApart claims the halves of what a claim failed at; a parcel that it failed at alone is opened, so that whoever travels with the one that it failed at gets
// theirs, and that one is set aside.
func (c *carrier) takeApart(u notify.Urgency, messages []queue.Message, room int, cause error) {
	if n := len(messages); n > 1 {
		size := 0
		for _, m := range messages[:n/2] {
			size += m.Ref.Size
		}
		c.claimAll(u, messages[:n/2:n/2], room, true) // without room for more: who acknowledges it appends to it
		c.claimAll(u, messages[n/2:], max(room-size, 1), true)
		return
	}
	c.w.settler.acknowledge(messages)
	c.openOrSetAside(messages[0].Ref, room, cause)
}

// openOrSetAside opens a parcel that a claim failed at alone, and claims what was in it one by one; what is alone in it is set aside.
func (c *carrier) openOrSetAside(r outbox.Ref, room int, cause error) {
	ctx, cancel := context.WithTimeout(c.w.sendCtx, claimTimeout)
	refs, err := c.w.outbox.TakeApart(ctx, r)
	cancel()
	if err != nil || len(refs) == 0 {
		c.setAside(r, cause)
		return
	}
	delete(c.aside.parcels, keyOf(r))
	now := messagesOf(refs[:min(room, len(refs))])
	c.kept[r.Urgency].add(messagesOf(refs[len(now):])...)
	c.claimAll(r.Urgency, now, room, true)
}

func (c *carrier) setAside(r outbox.Ref, cause error) {
	c.aside.put(r, asideRounds*c.w.config.RelayEvery, time.Now())
	c.w.metrics.setAside.WithLabelValues(string(c.provider)).Inc()
	c.w.log.Error("notify: a notice cannot be claimed and is set aside; others go on", "provider", c.provider, "urgency", r.Urgency, "parcel", r.Parcel,
		"for", c.aside.parcels[keyOf(r)].wait, "error", cause)
}

func messagesOf(refs []outbox.Ref) []queue.Message {
	messages := make([]queue.Message, len(refs))
	for i, r := range refs {
		messages[i].Ref = r
	}
	return messages
}
