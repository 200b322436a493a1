package worker

import (
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"golang.org/x/time/rate"

	"budstikke.example/notify"
)

const (
	// The breaker opens when nine tenths of the last 40 attempts found nobody, and from then on one of each urgency is tried at a time, twice a second: a provider
	// that comes back is noticed within a second, and what waits for it burns no attempt. One that takes every second attempt is worth trying: an alert goes on.
	breakerFailures, breakerOf  = 36, 40
	breakerDelay, breakerJitter = 400 * time.Millisecond, 100 * time.Millisecond
	// A provider that throttles more than one attempt in 20 gets fewer at the same time, and slowly more again when it stops: APNs throttles single
	// devices too, which says nothing about the rest.
	throttledMost = 20
	leastAtOnce   = 2
	pauseMost     = time.Minute // that a provider's Retry-After stops everything routine
	// The last three tenths of what the rate allows are never given to routine deliveries (reference/gateway.md §2.4).
	keptForCritical = 0.3
	valveWait       = 20 * time.Millisecond // how soon a valve that lets nothing through is looked at again
)

// valve is what a provider can take at the moment, by what it has answered lately: its circuit breaker, its rate, and how many sends at the same time it
// bears. Slots are what this process can carry; valves are per provider like them, so that one that is away holds up no other.
type valve struct {
	breaker circuitbreaker.CircuitBreaker[any]
	bucket  *rate.Limiter // nil: as fast as can be
	total   int

	mu              sync.Mutex
	limit           int // sends at the same time, at most total
	seen, throttled int // answers since the limit was looked at
	notBefore       time.Time
}

// newValve returns an open valve. perSecond bounds the deliveries per second, 0 for no bound; changed is told when the breaker opens (true) or closes,
// while the breaker is locked: it must not ask the valve.
func newValve(total int, perSecond float64, changed func(opened bool)) *valve {
	v := &valve{total: total, limit: total}
	v.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(breakerFailures, breakerOf).WithSuccessThreshold(1).
		WithDelay(breakerDelay).WithJitter(breakerJitter).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			switch {
			case e.OldState == circuitbreaker.ClosedState:
				changed(true)
			case e.NewState == circuitbreaker.ClosedState:
				changed(false)
			}
		}).Build()
	if perSecond > 0 {
		v.bucket = rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond/4), leastAtOnce))
	}
	return v
}

// allow cuts the slots that are free to what may be claimed now, all and of these for routine deliveries, while busy sends are on their way, those tried since the
// breaker opened among them. Where that is nothing, it answers how long to wait before asking again; while the breaker is half open it may be routine alone.
func (v *valve) allow(all, routine, busy int, tried tries, now time.Time) (int, int, time.Duration) {
	if v.breaker.IsOpen() {
		if left := v.breaker.RemainingDelay(); left > 0 {
			return 0, 0, left
		}
		v.breaker.HalfOpen()
	}
	v.mu.Lock()
	limit, paused := v.limit, now.Before(v.notBefore)
	v.mu.Unlock()
	switch {
	case v.breaker.IsHalfOpen(): // one at a time of each urgency, besides those that may have hung since before: receivers of the one may hang alone (B14)
		all, routine = min(all, 1-tried.critical), min(routine, 1-tried.routine)
	case paused: // only what cannot wait asks whether it is over
		all, routine = min(all, 1-busy), 0
	case limit < v.total:
		all, routine = min(all, limit-busy), min(routine, limit-reserve(limit)-busy)
	}
	if v.bucket != nil {
		tokens := v.bucket.TokensAt(now)
		all, routine = min(all, int(tokens)), min(routine, int(tokens-keptForCritical*float64(v.bucket.Burst())))
	}
	all, routine = max(all, 0), max(routine, 0)
	if all == 0 && routine == 0 {
		return 0, 0, valveWait
	}
	return all, routine, 0
}

// wide tells whether the provider takes whatever there is.
func (v *valve) wide(now time.Time) bool {
	if v.bucket != nil || !v.breaker.IsClosed() {
		return false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.limit == v.total && !now.Before(v.notBefore)
}

// took counts n deliveries against the rate.
func (v *valve) took(n int, now time.Time) {
	if v.bucket != nil && n > 0 {
		v.bucket.AllowN(now, min(n, v.bucket.Burst()))
	}
}

// saw learns from what a provider answered. What went down with a connection counts once; what its connections had no room for says that fewer should be on
// their way, and nothing about whether it is there.
func (v *valve) saw(r notify.Result, now time.Time) {
	if r.Shared && r.Outcome != notify.Throttled {
		return
	}
	switch r.Outcome {
	case notify.Unavailable, notify.Unknown, "":
		v.breaker.RecordFailure()
		return
	case notify.Misconfigured: // it is there, and refuses us: see slots.give
		return
	case notify.Accepted, notify.EndpointGone, notify.Refused, notify.Throttled:
		if !r.Shared {
			v.breaker.RecordSuccess()
		}
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen++
	if r.Outcome == notify.Throttled {
		v.throttled++
	} else if r.Outcome == notify.Accepted {
		v.notBefore = time.Time{}
	}
	if v.seen < max(v.limit, breakerOf) {
		return
	}
	switch {
	case v.throttled*throttledMost > v.seen:
		v.limit = max(v.limit*7/10, min(v.total, leastAtOnce))
		if 2*v.throttled > v.seen && r.RetryAfter > 0 {
			v.notBefore = now.Add(min(r.RetryAfter, pauseMost))
		}
	case v.limit < v.total:
		v.limit = min(v.limit+max(v.total/16, 1), v.total)
	}
	v.seen, v.throttled = 0, 0
}
