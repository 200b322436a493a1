package worker

import (
	"sync/atomic"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Stats counts what the worker has done since it started.
type Stats struct {
	Claimed    int64 // deliveries taken for sending, each attempt counted
	Sent       int64
	Retried    int64
	Dead       int64
	Suppressed int64 // lost their access or their endpoint before they left (V15)
	Expired    int64
	Late       int64 // results that came after somebody else had taken over; not written
	Unknown    int64 // attempts whose end nobody saw
	GivenBack  int64 // claims undone because nothing was sent
	Released   int64 // leases that ran out, of this worker or another
	Rung       int64 // refs put back on the belt
	Polls      int64 // times that Postgres was asked because the belt was away
	BeltLost   int64 // times that the belt went away
	Panics     int64
	Broken     int64 // times that a provider's circuit breaker opened
}

type counters struct {
	claimed, sent, retried, dead, suppressed, expired, late, unknown, givenBack, released, rung, polls, beltLost, panics, broken atomic.Int64
}

func newCounters() *counters { return &counters{} }

func (c *counters) end(s outbox.State) {
	switch s {
	case outbox.StateSuppressed:
		c.suppressed.Add(1)
	case outbox.StateExpired:
		c.expired.Add(1)
	case outbox.StateDead:
		c.dead.Add(1)
	}
}

func (c *counters) result(o notify.Outcome, s outbox.State) {
	if o == notify.Unknown {
		c.unknown.Add(1)
	}
	switch s {
	case outbox.StateSent:
		c.sent.Add(1)
	case outbox.StateRetry:
		c.retried.Add(1)
	case outbox.StateDead:
		c.dead.Add(1)
	case outbox.StateSuppressed: // cut off on its way
		c.suppressed.Add(1)
	case "":
		c.late.Add(1)
	}
}

// Stats returns the counts so far.
func (w *Worker) Stats() Stats {
	c := w.stats
	return Stats{
		Claimed: c.claimed.Load(), Sent: c.sent.Load(), Retried: c.retried.Load(), Dead: c.dead.Load(), Suppressed: c.suppressed.Load(),
		Expired: c.expired.Load(), Late: c.late.Load(), Unknown: c.unknown.Load(), GivenBack: c.givenBack.Load(),
		Released: c.released.Load(), Rung: c.rung.Load(), Polls: c.polls.Load(), BeltLost: c.beltLost.Load(), Panics: c.panics.Load(), Broken: c.broken.Load(),
	}
}
