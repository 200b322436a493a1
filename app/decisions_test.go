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

	opened, d, err := g.Decide(uuid.New(), app.Active, "", head, now)
	if err != nil || opened.Status != app.Active || opened.Version != 5 || d.Guardianship != g.ID || d.By != head || d.Status != app.Active || !d.At.Equal(now) {
		t.Fatalf("opened = %+v, %+v, %v", opened, d, err)
	}
	if _, _, err := opened.Decide(uuid.New(), app.Active, "", head, now); code(err) != "already_in_that_status" {
		t.Errorf("opened twice: %v", err)
	}
	if closed, d, err := opened.Decide(uuid.New(), app.Inactive, "moved", head, now); err != nil || closed.Status != app.Inactive || d.Reason != "moved" {
		t.Errorf("closed = %+v, %+v, %v", closed, d, err)
	}
	g.Ended = true
	if _, _, err := g.Decide(uuid.New(), app.Active, "", head, now); code(err) != "guardianship_ended" {
		t.Errorf("opened after the register ended it: %v", err)
	}
	opened.Ended = true
	if _, _, err := opened.Decide(uuid.New(), app.Inactive, "", head, now); err != nil {
		t.Errorf("closing is always possible: %v", err)
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
