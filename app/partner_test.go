package app_test

import (
	"errors"
	"testing"
	"time"

	"budstikke.example/app"
)

// B12: the access of an external partner has an end that is to come, at most twelve months ahead; it cannot be put further from the list of staff.
func TestPartnersEndWithinAYear(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for until, want := range map[time.Time]string{
		now: "end_in_the_past", now.Add(-time.Second): "end_in_the_past", now.Add(time.Microsecond): "",
		now.AddDate(1, 0, 0): "", now.AddDate(1, 0, 0).Add(time.Microsecond): "end_too_far_ahead", {}: "end_in_the_past",
	} {
		got := ""
		if f := (*app.Fault)(nil); errors.As(app.CheckPartnerEnd(until, now), &f) {
			got = f.Code
		}
		if got != want {
			t.Errorf("an end at %s: %q, want %q", until, got, want)
		}
	}
	partner := app.StaffRole{Role: app.RolePartner, StartsAt: now.AddDate(0, -1, 0), EndsAt: now.AddDate(0, 1, 0)}
	for days, allowed := range map[int]bool{30: true, 364: true, 380: false} {
		day := app.DayOf(now.AddDate(0, 0, days))
		if _, err := partner.End(&day, time.UTC, now); (err == nil) != allowed {
			t.Errorf("a last day in %d days: %v", days, err)
		}
	}
}
