package worker

import (
	"context"
	"time"

	"budstikke.example/notify/outbox"
)

const (
	// A database that is back must have answered for so long before leases that ran out meanwhile are taken from their holders: four times as long as
	// these wait before they try again to write.
	steadyAfter = 4 * settleWaitMost
	// A question that is answered later than this after the one before says that the database was away in between. Leases are longer.
	steadyGap = 2 * time.Second
)

// leases frees what others held when they died. It has a loop of its own, because it asks Postgres only: the relay may wait for Redis, and what it did not
// ask meanwhile would look like a database that does not answer.
func (w *Worker) leases() {
	steady := outbox.Steady{After: steadyAfter, Gap: max(steadyGap, 4*w.config.RelayEvery)}
	for w.rest(w.config.RelayEvery) {
		ctx, cancel := context.WithTimeout(w.sendCtx, relayTimeout)
		w.release(ctx, &steady)
		cancel()
	}
}

func (w *Worker) release(ctx context.Context, steady *outbox.Steady) {
	released, err := w.outbox.ReleaseExpired(ctx, relayBatch, steady.Horizon(), steady.Beyond())
	if err != nil {
		steady.Failed()
		w.log.Error("notify: leases are not released", "error", err)
		return
	}
	steady.Answered(released.At)
	if released.Deliveries > 0 {
		w.stats.released.Add(int64(released.Deliveries))
		w.log.Warn("notify: leases ran out; these deliveries may arrive twice", "deliveries", released.Deliveries)
	}
	for _, provider := range released.Stuck {
		w.metrics.setAside.WithLabelValues(string(provider)).Inc()
		w.log.Error("notify: a lease ran out and cannot be released; others are", "provider", provider)
	}
	for _, by := range released.Ended {
		w.metrics.end(by, string(outbox.StateDead))
	}
	if released.Dead > 0 {
		w.stats.dead.Add(int64(released.Dead))
		w.log.Error("notify: deliveries took their worker with them time and again and are ended; see budstikke admin outbox list --reason lost_too_often",
			"deliveries", released.Dead)
	}
}
