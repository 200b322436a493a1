package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// B8: a restriction is set by one person, with a reason and a sensible period.
func TestRestrict(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		what        string
		from, until time.Time
		reason      string
		want        string
	}{
		{"at once", time.Time{}, time.Time{}, "why", ""},
		{"for a period to come", now.Add(time.Hour), now.Add(2 * time.Hour), "why", ""},
		{"without a reason", time.Time{}, time.Time{}, " \n", "text_empty"},
		{"that is over", time.Time{}, now, "why", "end_in_the_past"},
		{"that ends before it begins", now.Add(2 * time.Hour), now.Add(time.Hour), "why", "end_before_start"},
	} {
		r, err := app.Restrict(app.Restriction{StartsAt: c.from, Until: c.until, Reason: c.reason}, now)
		if code(err) != c.want || err == nil && (r.StartsAt.Before(now) || r.Version != 1) {
			t.Errorf("%s: %+v, %q, want %q", c.what, r, code(err), c.want)
		}
	}
	if r, _ := app.Restrict(app.Restriction{StartsAt: now.Add(-time.Hour), Reason: "why"}, now); !r.StartsAt.Equal(now) {
		t.Errorf("it begins before it was set: %s", r.StartsAt)
	}
}

// B8: two people lift a restriction, and until the second has spoken it holds.
func TestLiftingTakesTwo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	one, two := uuid.New(), uuid.New()
	set := app.Restriction{StartsAt: now, Version: 1}
	if _, err := set.ConfirmLifting(two, now); code(err) != "lifting_not_proposed" {
		t.Errorf("confirmed what nobody proposed: %v", err)
	}
	proposed, err := set.ProposeLifting(one, now)
	if err != nil || proposed.State(now) != app.LiftingProposed || proposed.Version != 2 {
		t.Fatalf("proposed: %+v, %v", proposed, err)
	}
	if _, err := proposed.ConfirmLifting(one, now); code(err) != "lifting_needs_another_person" {
		t.Errorf("one person lifted it: %v", err)
	}
	late := proposed
	late.Lapsed = true
	if _, err := late.ConfirmLifting(two, now); code(err) != "lifting_not_proposed" || late.State(now) != app.InForce || !late.ProposalEnds(now).IsZero() {
		t.Errorf("confirmed what has lapsed: %v, %s", err, late.State(now))
	}
	if ends := proposed.ProposalEnds(now); !ends.Equal(now.AddDate(0, 0, app.LiftingProposalDays)) {
		t.Errorf("the proposal ends at %s", ends)
	}
	lifted, err := proposed.ConfirmLifting(two, now)
	if err != nil || lifted.State(now) != app.Lifted || lifted.Version != 3 {
		t.Fatalf("lifted: %+v, %v", lifted, err)
	}
	for what, r := range map[string]app.Restriction{"lifted": lifted, "over": {StartsAt: now.Add(-time.Hour), Until: now}} {
		if _, err := r.ProposeLifting(one, now); code(err) != "restriction_over" {
			t.Errorf("%s, proposed: %v", what, err)
		}
		if _, err := r.ConfirmLifting(two, now); code(err) != "restriction_over" {
			t.Errorf("%s, confirmed: %v", what, err)
		}
	}
}
