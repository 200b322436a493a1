package worker

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

const (
	relayBatch   = 5000 // parcels per belt and round
	relayTimeout = 5 * time.Second
	// Of the relay's rounds (four a second), each looks after the critical lanes, and only some after the rest.
	routineRound  = 4
	takeOverRound = 20
	expireRound   = 120
)

// relay repairs what others left behind: refs that are not on the belt, deliveries that are too late. It also finds out when the belt is back.
func (w *Worker) relay() {
	for round := 0; w.rest(w.config.RelayEvery); round++ {
		ctx, cancel := context.WithTimeout(w.sendCtx, relayTimeout)
		if round%expireRound == 0 {
			w.expire(ctx)
		}
		if round%takeOverRound == 0 {
			w.bringForward(ctx)
		}
		if w.config.Queue != nil {
			w.repair(ctx, round)
		}
		cancel()
	}
}

func (w *Worker) expire(ctx context.Context) {
	expired, err := w.outbox.Expire(ctx, relayBatch)
	if err != nil {
		w.log.Error("notify: late deliveries are not ended", "error", err)
		return
	}
	for by, n := range expired.OfPeople {
		w.metrics.endMany(by, string(outbox.StateExpired), n)
	}
	if expired.Deliveries > 0 {
		w.stats.expired.Add(int64(expired.Deliveries))
		w.log.Warn("notify: deliveries came too late", "deliveries", expired.Deliveries)
	}
}

// bringForward lets no alert wait for a clock that is not this database's: a stand-by that takes over may be minutes behind (B3).
func (w *Worker) bringForward(ctx context.Context) {
	ordinary := max(w.config.Backoff(notify.UrgencyCritical, notify.MaxAttempts(notify.UrgencyCritical)), brokenCritical)
	n, err := w.outbox.BringForward(ctx, w.lanes, ordinary, retryAfterMost+ordinary)
	switch {
	case err != nil:
		w.log.Error("notify: what waits is not looked at", "error", err)
	case n > 0:
		w.log.Warn("notify: the database's clock has gone back; critical notices that would have waited for it are due", "parcels", n)
	}
}

// repair puts on the belt what is due and cannot be there.
func (w *Worker) repair(ctx context.Context, round int) {
	if !w.beltHere.Load() {
		if w.config.Queue.Ping(ctx) == nil && w.refill(ctx) {
			w.belt(true, nil)
		}
		return
	}
	lanes := w.lanes[:len(w.lanes)/2] // critical first (queue.Lanes)
	if round%routineRound == 0 {
		lanes = w.lanes
	}
	if found := w.config.Queue.BrokenFound(); round%takeOverRound == 0 && found > w.broken {
		w.log.Error("notify: there was something else than ids on the belt; see budstikke admin outbox broken", "entries", found-w.broken)
		w.broken = found
	}
	if round%takeOverRound == 0 {
		for _, c := range w.carriers {
			c.takeOver.Store(true)
		}
	}
	belts, err := w.outbox.DueBelts(ctx, lanes, false)
	if err != nil {
		w.log.Error("notify: the belt is not repaired", "error", err)
		return
	}
	if err := w.config.Queue.Ping(ctx); err != nil {
		w.belt(false, err)
		return
	}
	w.ear.Known(belts)
	belts = slices.DeleteFunc(belts, func(b outbox.Belt) bool { return !b.Overdue })
	if len(belts) == 0 {
		return
	}
	if belts, err = w.config.Queue.Fronts(ctx, belts); err != nil {
		w.belt(false, err)
		return
	}
	w.ring(ctx, belts)
}

// refill puts everything that is due on a belt that was away: nobody knows what is left of it.
func (w *Worker) refill(ctx context.Context) bool {
	belts, err := w.outbox.DueBelts(ctx, w.lanes, true)
	if err != nil {
		w.log.Error("notify: the belt is not repaired", "error", err)
		return false
	}
	return w.ring(ctx, belts)
}

func (w *Worker) ring(ctx context.Context, belts []outbox.Belt) bool {
	refs, err := w.outbox.Reconcile(ctx, belts, relayBatch)
	if err != nil {
		w.log.Error("notify: the belt is not repaired", "error", err)
		return false
	}
	w.stats.rung.Add(int64(len(refs)))
	if err := w.config.Queue.Ring(ctx, refs); err != nil {
		w.belt(false, err)
		return false
	}
	return true
}

// noteBreaker counts and logs when a provider goes away and when it is back.
func (w *Worker) noteBreaker(p notify.Provider, pool *slots) func(opened bool) {
	return func(opened bool) {
		if !opened {
			w.log.Info("notify: the provider is back", "provider", p)
			return
		}
		pool.wentAway()
		w.stats.broken.Add(1)
		w.log.Warn("notify: the provider does not answer; notices wait for it, and one of each urgency at a time tries", "provider", p)
	}
}

// noteClaim counts and logs what a claim ended, and signals the claim.
func (w *Worker) noteClaim(claimed outbox.Claimed) {
	for _, e := range claimed.Ended {
		w.stats.end(e.State)
		if e.Kind != notify.KindSynthetic {
			w.metrics.end(outbox.Way{Urgency: e.Urgency, Channel: e.Channel}, string(e.State))
		}
		if w.traces != nil {
			w.traces.tell(told{
				delivery: notify.Delivery{Municipality: e.Municipality, ID: e.Delivery, Event: e.Event, Kind: e.Kind, Channel: e.Channel}, state: e.State,
				withheld: e.Reason, times: times{claimed: w.config.Clock()},
			})
		}
		w.log.Info("notify: not sent", "kind", e.Kind, "channel", e.Channel, "state", e.State, "reason", e.Reason,
			"delivery", e.Delivery, "event", e.Event)
	}
	if w.config.Signals.Claimed != nil {
		w.config.Signals.Claimed(claimed)
	}
}

// noteResult counts, logs and signals a result; state is empty when it came too late.
func (w *Worker) noteResult(d notify.Delivery, r notify.Result, state outbox.State) {
	w.stats.result(r.Outcome, state)
	w.metrics.result(&d, r, state, w.config.Clock())
	level := slog.LevelWarn
	switch {
	case state == outbox.StateSent:
		level = slog.LevelDebug
	case state == outbox.StateRetry:
		level = slog.LevelInfo
	}
	if ctx := context.Background(); w.log.Enabled(ctx, level) { // what nobody reads is not put together: there are thousands a second
		w.log.Log(ctx, level, "notify: settled", "kind", d.Kind, "channel", d.Channel, "provider", d.Provider, "outcome", r.Outcome, "status", r.Status,
			"reason", r.Reason, "state", state, "attempt", d.Attempt, "delivery", d.ID, "event", d.Event)
	}
	if w.config.Signals.Settled != nil {
		w.config.Signals.Settled(d, r, state)
	}
}
