package worker

import (
	"testing"
	"time"

	"budstikke.example/notify"
)

// Thousands of retries must not come back in step: the wait is drawn from nothing to the back-off (full jitter), and what a provider asked for is waited for
// before it.
func TestRetriesAreSpread(t *testing.T) {
	t.Parallel()
	const draws, bound, asked = 2000, time.Minute, 7 * time.Second
	w := &Worker{config: Config{Backoff: func(notify.Urgency, int) time.Duration { return bound }}}
	d := notify.Delivery{Urgency: notify.UrgencyRoutine, Attempt: 1}
	quarters := [4]int{}
	for range draws {
		wait := w.wait(d, notify.Result{Outcome: notify.Unavailable})
		if wait < 0 || wait >= bound {
			t.Fatalf("waits %s, want less than %s", wait, bound)
		}
		quarters[int(4*wait/bound)]++
		if wait = w.wait(d, notify.Result{Outcome: notify.Throttled, RetryAfter: asked}); wait < asked || wait >= asked+bound/4 {
			t.Fatalf("waits %s where %s were asked for", wait, asked)
		}
	}
	for i, n := range quarters {
		if n < draws/8 {
			t.Errorf("%d of %d draws lie in quarter %d, want about a quarter", n, draws, i+1)
		}
	}
}
