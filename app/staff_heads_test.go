package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// V9: a change after which nobody would head the institution is found, at the moment in which it would begin; one that changes nothing about that
// is let through.
func TestHeadsLeaveNoGap(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	in := func(days int) time.Time { return now.AddDate(0, 0, days) }
	a, b := uuid.New(), uuid.New()
	first := app.Tenure{Role: a, Person: a, From: in(-100)}
	second := app.Tenure{Role: b, Person: b, From: in(-50)}
	until := func(x app.Tenure, at time.Time) app.Tenure { x.Until = at; return x }
	from := func(x app.Tenure, at time.Time) app.Tenure { x.From = at; return x }
	leave := func(who uuid.UUID, starts, ends time.Time) app.StaffLeave {
		return app.StaffLeave{ID: uuid.New(), Person: who, StartsAt: starts, Until: ends}
	}
	heads := func(tenures ...app.Tenure) app.Heads { return app.Heads{Tenures: tenures} }
	for name, c := range map[string]struct {
		before, after app.Heads
		since         time.Time // zero: no gap
	}{
		"the only one, at once":                        {heads(first), heads(until(first, now)), now},
		"the only one, in a month":                     {heads(first), heads(until(first, in(30))), in(30)},
		"one of two":                                   {heads(first, second), heads(until(first, now), second), time.Time{}},
		"one of two, before the other begins":          {heads(first, from(second, in(5))), heads(until(first, in(3)), from(second, in(5))), in(3)},
		"handed over to the moment":                    {heads(first, from(second, in(5))), heads(until(first, in(5)), from(second, in(5))), time.Time{}},
		"the one who was to stay until the other left": {heads(until(first, in(30)), second), heads(until(first, in(30)), until(second, in(20))), in(30)},
		"the successor does not come":                  {heads(until(first, in(30)), from(second, in(30))), heads(until(first, in(30)), until(from(second, in(30)), now)), in(30)},
		"nobody was there before":                      {heads(), heads(), time.Time{}},
		"somebody while nobody is":                     {heads(until(first, in(-1))), heads(until(first, in(-1)), from(second, in(3))), time.Time{}},
		"the only one on leave":                        {heads(first), heads(first).WithLeave(leave(a, in(2), in(9))), in(2)},
		"on leave while the other is there":            {heads(first, second), heads(first, second).WithLeave(leave(a, in(2), in(9))), time.Time{}},
		"both on leave for a day": {heads(first, second).WithLeave(leave(a, in(2), in(9))),
			heads(first, second).WithLeave(leave(a, in(2), in(9))).WithLeave(leave(b, in(8), in(12))), in(8)},
		"one after the other": {heads(first, second).WithLeave(leave(a, in(2), in(9))),
			heads(first, second).WithLeave(leave(a, in(2), in(9))).WithLeave(leave(b, in(9), in(12))), time.Time{}},
		"the other goes while one is on leave": {heads(first, second).WithLeave(leave(a, in(-2), in(9))),
			heads(first, until(second, now)).WithLeave(leave(a, in(-2), in(9))), now},
	} {
		since, found := c.before.Gap(c.after, now)
		if found == c.since.IsZero() || found && !since.Equal(c.since) {
			t.Errorf("%s: a gap %t since %s, want %s", name, found, since, c.since)
		}
	}
	if h := heads(first).With(until(first, now)); len(h.Tenures) != 1 || h.At(now) || !h.At(in(-1)) {
		t.Errorf("a tenure did not take the place of itself: %+v", h)
	}
}
