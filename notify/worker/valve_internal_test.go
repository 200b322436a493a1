package worker

import (
	"testing"
	"time"

	"budstikke.example/notify"
)

var (
	at        = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	accepted  = notify.Result{Outcome: notify.Accepted}
	throttled = notify.Result{Outcome: notify.Throttled, Status: 429, RetryAfter: 10 * time.Second}
	away      = notify.Result{Outcome: notify.Unavailable}
)

func answers(v *valve, n int, r notify.Result) {
	for range n {
		v.saw(r, at)
	}
}

// A provider that does not answer is left alone, then asked with one at a time, and gets everything as soon as it has taken one.
func TestBreakerLetsOneTry(t *testing.T) {
	t.Parallel()
	var changes []bool
	v := newValve(16, 0, func(opened bool) { changes = append(changes, opened) })
	answers(v, breakerOf-breakerFailures+1, accepted)
	answers(v, breakerFailures-1, away)
	if all, routine, wait := v.allow(16, 14, 0, tries{}, at); all != 16 || routine != 14 || wait != 0 {
		t.Fatalf("after few failures: %d, %d, %s", all, routine, wait)
	}
	answers(v, breakerOf, notify.Result{Outcome: notify.Unknown})
	if all, _, wait := v.allow(16, 14, 0, tries{}, at); all != 0 || wait <= 0 || wait > breakerDelay+breakerJitter {
		t.Fatalf("open: %d, and asks again in %s", all, wait)
	}
	v.breaker.HalfOpen() // the delay has passed
	if all, routine, _ := v.allow(16, 14, 0, tries{}, at); all != 1 || routine != 1 {
		t.Errorf("half open: %d and %d, want one", all, routine)
	}
	if all, routine, wait := v.allow(15, 13, 1, tries{critical: 1}, at); all != 0 || routine != 1 || wait != 0 {
		t.Errorf("%d, %d allowed beside a critical one, want one that is routine", all, routine)
	}
	if all, routine, _ := v.allow(15, 13, 1, tries{routine: 1}, at); all != 1 || routine != 0 {
		t.Errorf("%d, %d allowed beside a routine one, want one that is critical", all, routine)
	}
	if all, routine, wait := v.allow(14, 12, 2, tries{1, 1}, at); all != 0 || routine != 0 || wait <= 0 {
		t.Errorf("half open, one on its way: %d, wait %s", all, wait)
	}
	if all, _, _ := v.allow(4, 2, 12, tries{}, at); all != 1 {
		t.Errorf("half open, and what was on its way before still hangs: %d, want one", all)
	}
	answers(v, 1, away)
	if all, _, _ := v.allow(16, 14, 0, tries{}, at); all != 0 {
		t.Errorf("it failed again: %d", all)
	}
	v.breaker.HalfOpen()
	answers(v, 1, notify.Result{Outcome: notify.EndpointGone}) // an answer, if no good one
	if all, routine, _ := v.allow(16, 14, 0, tries{}, at); all != 16 || routine != 14 {
		t.Errorf("it is back: %d, %d", all, routine)
	}
	if len(changes) != 2 || !changes[0] || changes[1] {
		t.Errorf("told %v, want that it went and that it came back", changes)
	}
}

// What we ourselves have set up wrong, and what a provider says about one device, is no sign that it is away.
func TestBreakerStaysShutForAnswers(t *testing.T) {
	t.Parallel()
	v := newValve(16, 0, func(bool) { t.Error("it opened") })
	for _, o := range []notify.Outcome{notify.Misconfigured, notify.Refused, notify.EndpointGone, notify.Throttled} {
		answers(v, 3*breakerOf, notify.Result{Outcome: o})
	}
}

// A connection that was cut counts once, whatever was on it; what each delivery finds out for itself counts.
func TestBreakerCountsAConnectionOnce(t *testing.T) {
	t.Parallel()
	opened := 0
	v := newValve(16, 0, func(bool) { opened++ })
	for range breakerFailures - 1 {
		answers(v, 1, notify.Result{Outcome: notify.Unknown})
		answers(v, 100, notify.Result{Outcome: notify.Unknown, Shared: true})
	}
	answers(v, breakerOf-breakerFailures, accepted)
	if opened != 0 {
		t.Fatal("it opened for what was on a few connections")
	}
	answers(v, breakerOf, notify.Result{Outcome: notify.Unknown})
	if opened != 1 {
		t.Errorf("it opened %d times for a provider that never answers", opened)
	}
}

// What is urgent and may not have arrived is sent again at once, a few times; anything else waits.
func TestUrgentUnknownIsSentAgainAtOnce(t *testing.T) {
	t.Parallel()
	w := &Worker{config: Config{Backoff: func(notify.Urgency, int) time.Duration { return time.Hour }}}
	unknown := notify.Result{Outcome: notify.Unknown}
	if wait := w.wait(notify.Delivery{Urgency: notify.UrgencyCritical, Attempt: againAtOnce}, unknown); wait != 0 {
		t.Errorf("it waits %s", wait)
	}
	for _, d := range []notify.Delivery{{Urgency: notify.UrgencyCritical, Attempt: againAtOnce + 1}, {Urgency: notify.UrgencyRoutine, Attempt: 1}} {
		if w.wait(d, unknown) == 0 { // drawn from an hour of nanoseconds
			t.Errorf("%+v does not wait", d)
		}
	}
}

func TestFewerAtOnceWhileThrottled(t *testing.T) {
	t.Parallel()
	v := newValve(64, 0, func(bool) {})
	answers(v, 63, accepted)
	answers(v, 1, throttled) // one device in 64
	if all, _, _ := v.allow(64, 56, 0, tries{}, at); all != 64 {
		t.Fatalf("one device made it %d", all)
	}
	answers(v, 58, accepted)
	answers(v, 6, throttled)
	if all, routine, _ := v.allow(64, 56, 0, tries{}, at); all != 44 || routine != 39 {
		t.Errorf("throttled: %d and %d routine, want seven tenths, less a reserve", all, routine)
	}
	for range 30 {
		answers(v, 64, throttled)
	}
	if all, _, _ := v.allow(64, 56, 0, tries{}, at.Add(time.Hour)); all != leastAtOnce {
		t.Errorf("throttled for long: %d", all)
	}
	answers(v, 40*64, accepted)
	if all, routine, _ := v.allow(64, 56, 0, tries{}, at); all != 64 || routine != 56 {
		t.Errorf("and back again: %d, %d", all, routine)
	}
}

// Retry-After stops everything routine, and lets one critical delivery at a time ask whether it is over.
func TestRetryAfterOfAllStopsRoutine(t *testing.T) {
	t.Parallel()
	v := newValve(8, 0, func(bool) {})
	answers(v, breakerOf, throttled)
	if all, routine, _ := v.allow(8, 7, 0, tries{}, at.Add(9*time.Second)); all != 1 || routine != 0 {
		t.Errorf("before: %d and %d routine", all, routine)
	}
	if _, routine, _ := v.allow(8, 7, 0, tries{}, at.Add(11*time.Second)); routine == 0 {
		t.Error("nothing routine after the time it asked for")
	}
	answers(v, 1, accepted)
	if _, routine, _ := v.allow(8, 7, 0, tries{}, at.Add(9*time.Second)); routine == 0 {
		t.Error("nothing routine though it takes again")
	}
}

func TestRateKeepsSomeForCritical(t *testing.T) {
	t.Parallel()
	v := newValve(100, 40, func(bool) {}) // ten at once, then forty a second
	if all, routine, _ := v.allow(100, 88, 0, tries{}, at); all != 10 || routine != 7 {
		t.Errorf("at first %d and %d routine", all, routine)
	}
	v.took(7, at)
	if all, routine, wait := v.allow(100, 88, 0, tries{}, at); all != 3 || routine != 0 || wait != 0 {
		t.Errorf("after seven: %d and %d routine, wait %s", all, routine, wait)
	}
	v.took(3, at)
	if all, _, wait := v.allow(100, 88, 0, tries{}, at); all != 0 || wait <= 0 {
		t.Errorf("after ten: %d, wait %s", all, wait)
	}
	if all, _, _ := v.allow(100, 88, 0, tries{}, at.Add(50*time.Millisecond)); all != 2 {
		t.Errorf("50 ms later: %d", all)
	}
}

// What our own side held back, because the provider's connections bear no more, makes fewer of them; it says neither that the provider is there nor that it is away.
func TestFewerAtOnceWhileCrowded(t *testing.T) {
	t.Parallel()
	opened := 0
	v := newValve(64, 0, func(bool) { opened++ })
	crowded := notify.Result{Outcome: notify.Throttled, Shared: true}
	for range 30 {
		answers(v, 64, crowded)
	}
	if all, _, _ := v.allow(64, 56, 0, tries{}, at); all != leastAtOnce {
		t.Errorf("%d at a time, want %d", all, leastAtOnce)
	}
	answers(v, breakerOf-1, away)
	answers(v, 10*breakerOf, crowded)
	answers(v, 1, away)
	if opened != 1 {
		t.Errorf("it opened %d times after %d attempts that found nobody", opened, breakerOf)
	}
}
