package worker

import (
	"sync"
	"time"

	"budstikke.example/notify"
)

// slots is one provider's pool: how many sends may run at the same time. Only the carrier takes, and senders give back.
type slots struct {
	total, reserve int
	freed          chan struct{} // holds a token when as many were free as the carrier waits for

	mu     sync.Mutex
	busy   int
	wanted int  // how many free slots the carrier waits for
	narrow bool // the provider refuses our credentials: one send at a time, until one gets through
}

func newSlots(total int) *slots {
	total = max(total, 2) // one for critical, one for everything
	return &slots{total: total, reserve: reserve(total), freed: make(chan struct{}, 1)}
}

// free tells how many slots are free, and how many of those routine deliveries may have.
func (s *slots) free() (all, routine int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.narrow {
		return max(1-s.busy, 0), max(1-s.busy, 0)
	}
	return max(s.total-s.busy, 0), max(s.total-s.reserve-s.busy, 0)
}

// enough tells whether as many are free as the carrier waits for, or all. The caller holds mu.
func (s *slots) enough() bool {
	if s.narrow {
		return s.busy == 0
	}
	return s.total-s.busy >= s.wanted || s.busy == 0
}

// taken tells how many sends are on their way.
func (s *slots) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy
}

// state tells how many sends are on their way, and whether the provider refuses our credentials.
func (s *slots) state() (busy int, narrow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy, s.narrow
}

func (s *slots) take(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy += n
}

// give gives a slot back. outcome is what the provider said, and empty when it was not asked. It answers whether the pool has become narrow
// by it.
func (s *slots) give(outcome notify.Outcome) (narrowed bool) {
	s.mu.Lock()
	s.busy--
	switch outcome {
	case notify.Misconfigured:
		narrowed, s.narrow = !s.narrow, true
	case notify.Accepted, notify.EndpointGone, notify.Refused, notify.Throttled: // it knows us again
		s.narrow = false
	}
	enough := s.enough()
	s.mu.Unlock()
	if enough {
		select {
		case s.freed <- struct{}{}:
		default:
		}
	}
	return narrowed
}

// await returns when n slots are free, or all of them, after at most d, or when stop is closed. It may return early.
func (s *slots) await(stop <-chan struct{}, n int, d time.Duration) {
	s.mu.Lock()
	select {
	case <-s.freed: // of what came free before
	default:
	}
	s.wanted = n
	enough := s.busy > 0 && s.enough()
	s.mu.Unlock()
	if enough {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.freed:
	case <-timer.C:
	case <-stop:
	}
}
