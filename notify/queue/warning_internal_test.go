package queue

import (
	"testing"
	"time"
)

// B14: what is routine is held back for a second, or until what was warned of is there, and for no more than a fifth of the time.
func TestAWarningCountsUntilWhatItWarnsOfComes(t *testing.T) {
	t.Parallel()
	at := time.Now()
	r := &Reader{}
	r.warned.Store(&warning{})
	counts := func(want bool, after, most time.Duration) {
		t.Helper()
		if r.Forewarned(at.Add(after), most) != want {
			t.Errorf("after %s, of at most %s: a warning counts: %t", after, most, !want)
		}
	}
	counts(false, 0, Forewarned)
	r.Came(at) // of nothing
	r.forewarn(at)
	counts(true, 0, Forewarned)
	counts(false, -time.Hour, Forewarned)
	counts(true, Forewarned-1, Forewarned)
	counts(false, Forewarned, Forewarned)
	counts(false, Forewarned/2, Forewarned/2)

	r.Came(at.Add(Forewarned / 10))
	counts(false, Forewarned/10, Forewarned)
	r.forewarn(at.Add(Forewarned / 4)) // too soon after it
	counts(false, Forewarned/4, Forewarned)
	r.forewarn(at.Add(Forewarned / 2))
	counts(true, Forewarned/2, Forewarned)

	r.Came(at.Add(2 * Forewarned)) // it never came
	r.forewarn(at.Add(5 * Forewarned))
	counts(false, 5*Forewarned, Forewarned)
	r.forewarn(at.Add(6 * Forewarned))
	counts(true, 6*Forewarned, Forewarned)
}
