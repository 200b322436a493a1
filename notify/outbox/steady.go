package outbox

import "time"

// Steady tells which leases that ran out prove that their holder is dead. A worker that lives and could not write down what it has sent, because the database
// did not answer, still holds the result; to take over from it would send everything again (B3). Those count, therefore, that ran out while the database
// answered, and none until it has answered for so long that every worker has had the time to write. All times are the database's. The zero value has heard
// nothing. It is for one goroutine.
type Steady struct {
	// After is how long the database must have answered: longer than a worker waits before it tries again to write.
	After time.Duration
	// Gap is how long after an answer the next may come: a database that was frozen says nothing of it.
	Gap time.Duration

	since, last time.Time
	slow        int // answers in a row that came later than Gap
}

// slowMost is after how many late answers in a row, without a failure between them, the database counts as slow and not as away: otherwise one that never
// answers within Gap would hold up for ever what dead workers held (B3).
const slowMost = 5

// Answered notes that the database has answered at a moment of its clock.
func (s *Steady) Answered(at time.Time) {
	switch late := at.Sub(s.last) > s.Gap; {
	case s.last.IsZero() || at.Before(s.last):
		s.since, s.slow = at, 0
	case !late:
		s.slow = 0
	default:
		if s.slow++; s.slow < slowMost {
			s.since = at
		}
	}
	s.last = at
}

// Failed notes that it has not.
func (s *Steady) Failed() { s.last, s.slow = time.Time{}, 0 }

// Horizon is until when leases must have run out to count; long ago when none does. It is the moment of the last answer, not now: the question that
// carries it may be the one that the database freezes over.
func (s *Steady) Horizon() time.Time {
	if s.last.IsZero() || s.last.Sub(s.since) < s.After {
		return time.Time{}
	}
	return s.last
}

// Beyond is for how long the database had answered, and its clock had not gone back, when whoever had something to write had had the time for it: After after
// it began. 0 when that is not so. A lease that was made before is over by its holder's own clock when this is longer than the lease.
func (s *Steady) Beyond() time.Duration {
	if s.last.IsZero() {
		return 0
	}
	return max(s.last.Sub(s.since)-s.After, 0)
}
