package outbox_test

import (
	"testing"
	"time"

	"budstikke.example/notify/outbox"
)

// B3: a lease that ran out while the database did not answer is no proof that its holder is dead.
func TestSteady(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return began.Add(time.Duration(s * float64(time.Second))) }
	const never, failed = -1, -2
	for name, c := range map[string]struct {
		heard []float64 // answers, in seconds
		want  float64
	}{
		"nothing heard":          {nil, never},
		"one answer":             {[]float64{0}, never},
		"not long enough":        {[]float64{0, 1, 1.9}, never},
		"long enough":            {[]float64{0, 1, 2}, 2},
		"it goes on":             {[]float64{0, 1, 2, 3, 3.5}, 3.5},
		"frozen for four":        {[]float64{0, 1, 2, 6}, never},
		"and back for two":       {[]float64{0, 1, 2, 6, 7, 8}, 8},
		"an error":               {[]float64{0, 1, 2, failed}, never},
		"an answer after it":     {[]float64{0, 1, 2, failed, 2.5}, never},
		"and two seconds of it":  {[]float64{0, 1, 2, failed, 2.5, 3.5, 4.5}, 4.5},
		"a clock that goes back": {[]float64{10, 11, 12, 2}, never},
		"slow, four times":       {[]float64{0, 3, 6, 9, 12}, never},
		"slow, and never better": {[]float64{0, 3, 6, 9, 12, 15}, 15},
		"slow, and then away":    {[]float64{0, 3, 6, 9, 12, failed, 15, 18}, never},
		"slow, better and away":  {[]float64{0, 3, 6, 9, 10, 13, 16}, never},
	} {
		s := outbox.Steady{After: 2 * time.Second, Gap: 2 * time.Second}
		for _, moment := range c.heard {
			if moment == failed {
				s.Failed()
			} else {
				s.Answered(at(moment))
			}
		}
		want := time.Time{}
		if c.want != never {
			want = at(c.want)
		}
		if got := s.Horizon(); !got.Equal(want) {
			t.Errorf("%s: leases count until %v, want %v", name, got, want)
		}
	}
}

// B3: how long a database has answered counts from when its clock went back, and begins when whoever had something to write has had the time.
func TestSteadyTellsForHowLong(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	s := outbox.Steady{After: 2 * time.Second, Gap: 2 * time.Second}
	if s.Beyond() != 0 {
		t.Error("nothing was heard")
	}
	hear := func(from, to int) time.Duration {
		for at := from; at <= to; at++ {
			s.Answered(began.Add(time.Duration(at) * time.Second))
		}
		return s.Beyond()
	}
	if got := hear(300, 301); got != 0 {
		t.Errorf("%s after a second, want 0", got)
	}
	if got := hear(302, 312); got != 10*time.Second {
		t.Errorf("%s after twelve seconds, want 10 s", got)
	}
	if got := hear(0, 1); got != 0 {
		t.Errorf("%s after the clock went back, want 0", got)
	}
	if got := hear(2, 12); got != 10*time.Second {
		t.Errorf("%s twelve seconds later, want 10 s", got)
	}
	if s.Failed(); s.Beyond() != 0 {
		t.Error("it has failed")
	}
}
