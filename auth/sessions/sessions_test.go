package sessions_test

import (
	"testing"
	"time"

	"budstikke.example/auth/sessions"
	"budstikke.example/migrations/scope"
)

// P11: what becomes of a refresh token, by which one it is, who shows it and when.
func TestJudge(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	current, previous, older, device, thief := []byte("current"), []byte("previous"), []byte("older"), []byte("device"), []byte("thief")
	state := sessions.State{
		Current: current, Previous: previous, Device: device, Rotated: begin, IdleUntil: begin.Add(time.Hour), Ends: begin.Add(3 * time.Hour),
	}
	ended, unbound, first := state, state, state
	ended.Ended, unbound.Device, first.Previous = true, nil, nil
	late := state // prolonged a moment before the session ended for good
	late.Rotated, late.IdleUntil = state.Ends.Add(-time.Second), state.Ends
	for name, c := range map[string]struct {
		state         sessions.State
		token, device []byte
		after         time.Duration
		want          sessions.Verdict
	}{
		"the good one":                             {state, current, device, time.Minute, sessions.Rotate},
		"the good one, at once":                    {state, current, device, 0, sessions.Rotate},
		"a clock that runs behind":                 {state, current, device, -time.Second, sessions.Rotate},
		"the good one, at the idle end":            {state, current, device, time.Hour, sessions.Refuse},
		"the good one, just before the idle end":   {state, current, device, time.Hour - time.Microsecond, sessions.Rotate},
		"the good one, elsewhere":                  {state, current, thief, time.Minute, sessions.Foreign},
		"the good one, from nowhere":               {state, current, nil, time.Minute, sessions.Foreign},
		"the good one of a session without device": {unbound, current, nil, time.Minute, sessions.Foreign},
		"its predecessor in the grace":             {state, previous, device, sessions.Grace - time.Microsecond, sessions.Again},
		"its predecessor before the grace":         {state, previous, device, -time.Second, sessions.Again},
		"its predecessor at the end of the grace":  {state, previous, device, sessions.Grace, sessions.Reused},
		"its predecessor in the grace, elsewhere":  {state, previous, thief, time.Second, sessions.Foreign},
		"its predecessor afterwards, elsewhere":    {state, previous, thief, time.Minute, sessions.Reused},
		"an older one in the grace":                {state, older, device, time.Second, sessions.Reused},
		"an older one when there is none":          {first, older, device, time.Second, sessions.Reused},
		"nothing when there is no predecessor":     {first, nil, device, time.Second, sessions.Reused},
		"the good one after the end":               {ended, current, device, time.Minute, sessions.Refuse},
		"an older one after the end":               {ended, older, device, time.Minute, sessions.Refuse},
		"the good one at the last end":             {state, current, device, 3 * time.Hour, sessions.Refuse},
		"its predecessor at the last end":          {late, previous, device, 3 * time.Hour, sessions.Refuse},
		"an older one at the last end":             {state, older, device, 3 * time.Hour, sessions.Refuse},
		"an older one when idle":                   {state, older, device, 2 * time.Hour, sessions.Reused},
	} {
		if got := sessions.Judge(c.state, c.token, c.device, begin.Add(c.after)); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	for kind, want := range map[scope.Caller]sessions.Span{
		scope.Guardian:     {Whole: 90 * 24 * time.Hour, Idle: 15 * 24 * time.Hour, Token: 10 * time.Minute},
		scope.Staff:        {Whole: 12 * time.Hour, Idle: 4 * time.Hour, Token: 10 * time.Minute},
		scope.Applicant:    {Whole: time.Hour, Token: time.Hour},
		scope.SecondFactor: {Whole: 15 * time.Minute, Token: 15 * time.Minute},
	} {
		if got, known := sessions.SpanOf(kind); !known || got != want {
			t.Errorf("%s = %+v, %t, want %+v", kind, got, known, want)
		}
	}
	for _, kind := range []scope.Caller{scope.SignIn, scope.Machine, scope.Register, ""} {
		if _, known := sessions.SpanOf(kind); known {
			t.Errorf("%q has sessions", kind)
		}
	}
}
