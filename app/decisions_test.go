package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

// V6, V15: a guardianship is opened and closed by a person, with a record, and never twice.
func TestDecide(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	head := uuid.New()
	g := app.Guardianship{ID: uuid.New(), Status: app.Inactive, Version: 4}

	opened, d, err := g.Decide(uuid.New(), app.Verdict{Status: app.Active}, head, now)
	if err != nil || opened.Status != app.Active || opened.Version != 5 || d.Guardianship != g.ID || d.By != head || d.Status != app.Active || !d.At.Equal(now) {
		t.Fatalf("opened = %+v, %+v, %v", opened, d, err)
	}
	if _, _, err := opened.Decide(uuid.New(), app.Verdict{Status: app.Active}, head, now); code(err) != "already_in_that_status" {
		t.Errorf("opened twice: %v", err)
	}
	if closed, d, err := opened.Decide(uuid.New(), app.Verdict{Status: app.Inactive, Reason: "moved"}, head, now); err != nil || closed.Status != app.Inactive || d.Reason != "moved" {
		t.Errorf("closed = %+v, %+v, %v", closed, d, err)
	}
	g.Ended = true
	if _, _, err := g.Decide(uuid.New(), app.Verdict{Status: app.Active}, head, now); code(err) != "guardianship_ended" {
		t.Errorf("opened after the register ended it: %v", err)
	}
	opened.Ended = true
	if _, _, err := opened.Decide(uuid.New(), app.Verdict{Status: app.Inactive, Reason: "moved"}, head, now); err != nil {
		t.Errorf("closing is always possible: %v", err)
	}
}

// V6: whoever answers for an institution decides nothing about the access of their own family, but for closing what is open to themselves.
func TestNobodyDecidesWithinTheirFamily(t *testing.T) {
	t.Parallel()
	now, me := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC), uuid.New()
	for _, guardian := range []uuid.UUID{me, uuid.New()} {
		for _, from := range []app.AccessStatus{app.Imported, app.Inactive, app.Active, app.Suspended} {
			for _, to := range []app.AccessStatus{app.Inactive, app.Active, app.Suspended} {
				g := app.Guardianship{Guardian: guardian, Status: from, Family: true, Version: 1}
				_, _, err := g.Decide(uuid.New(), app.Verdict{Status: to, Until: now.Add(time.Hour), Reason: "moved"}, me, now)
				want := "guardianship_not_yours"
				if guardian == me && from == app.Active && to != app.Active {
					want = ""
				}
				if code(err) != want {
					t.Errorf("their own %v, %s to %s: %v, want %q", guardian == me, from, to, err, want)
				}
			}
		}
	}
}

// B12: access that ends by itself has an end in the time to come, and a foster parent's or bonus parent's always has one.
func TestDecideUntil(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 7, 30, 0, 0, time.UTC)
	later, boxed, open := now.Add(time.Hour), app.Guardianship{TimeBoxed: true, Status: app.Imported}, app.Guardianship{Status: app.Active}
	for _, c := range []struct {
		what string
		g    app.Guardianship
		v    app.Verdict
		want string
	}{
		{"time-boxed without an end", boxed, app.Verdict{Status: app.Active}, "end_required"},
		{"time-boxed with one", boxed, app.Verdict{Status: app.Active, Until: later}, ""},
		{"an end that is now", boxed, app.Verdict{Status: app.Active, Until: now}, "end_in_the_past"},
		{"shortened", open, app.Verdict{Status: app.Active, Until: later}, ""},
		{"the same end again", app.Guardianship{Status: app.Active, Until: later}, app.Verdict{Status: app.Active, Until: later}, "already_in_that_status"},
		{"suspended before anybody looked", app.Guardianship{Status: app.Imported}, app.Verdict{Status: app.Suspended, Reason: "asked"}, ""},
		{"closed before anybody looked", app.Guardianship{Status: app.Imported}, app.Verdict{Status: app.Inactive, Reason: "asked"}, ""},
		{"opened again after a suspension", app.Guardianship{Status: app.Suspended}, app.Verdict{Status: app.Active}, ""},
		{"opened after the child has left", app.Guardianship{Status: app.Ended}, app.Verdict{Status: app.Active}, "guardianship_ended"},
		{"closed after the child has left", app.Guardianship{Status: app.Ended}, app.Verdict{Status: app.Inactive, Reason: "asked"}, "already_in_that_status"},
		{"suspended without a word", open, app.Verdict{Status: app.Suspended, Reason: " "}, "text_empty"},
		{"closed with a word that nobody can see", open, app.Verdict{Status: app.Inactive, Reason: "\u200b\n"}, "text_empty"},
	} {
		if _, d, err := c.g.Decide(uuid.New(), c.v, uuid.New(), now); code(err) != c.want || err == nil && !d.Until.Equal(c.v.Until) {
			t.Errorf("%s: %+v, %q, want %q", c.what, d, code(err), c.want)
		}
	}
	if g, d, err := (app.Guardianship{Status: app.Active, Until: later}).Decide(uuid.New(), app.Verdict{Status: app.Suspended, Until: later, Reason: "asked"}, uuid.New(), now); err != nil ||
		!g.Until.IsZero() || !d.Until.IsZero() {
		t.Errorf("what is closed has no end: %+v, %+v, %v", g, d, err)
	}
}

func TestEmptyTextsAreRefused(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, text := range []string{"", " ", "\n\t "} {
		if _, err := (app.Conversation{Open: true}).Write(uuid.New(), uuid.New(), "A", app.GuardianSide, text, false, now); code(err) != "text_empty" {
			t.Errorf("message %q: %v", text, err)
		}
		if _, err := (app.Institution{}).Alarm(uuid.New(), app.Lockdown, text, uuid.New(), now); code(err) != "text_empty" {
			t.Errorf("alert %q: %v", text, err)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	if err := app.CheckVersion(app.ETag(3), 3); err != nil {
		t.Error(err)
	}
	for _, stale := range []string{`"2"`, `"4"`, `3`, `"03"`, `W/"3"`, "*", ""} {
		if err := app.CheckVersion(stale, 3); code(err) != "version_outdated" {
			t.Errorf("%s: %v", stale, err)
		}
	}
}
