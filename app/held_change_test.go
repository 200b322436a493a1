package app_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
)

func TestHeldChangeIsDecidedByTheRightPeople(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	subject, one, two := uuid.New(), uuid.New(), uuid.New()
	waiting := app.HeldChange{Kind: app.GuardianshipReturns, Person: subject, State: app.HeldWaiting, Version: 1}
	lowered := app.HeldChange{Kind: app.ProtectionLowered, Person: subject, State: app.HeldWaiting, TwoPeople: true, Version: 1}
	proposed := lowered
	proposed.State, proposed.ProposedBy, proposed.ProposedAt = app.HeldProposed, one, now
	family, taken, decided, higher := waiting, waiting, waiting, waiting
	higher.Kind, higher.Higher = app.StaffRoleLonger, true
	family.Family, taken.Kind, decided.State = true, app.IdentityTaken, app.HeldRefused
	for _, c := range []struct {
		name   string
		was    app.HeldChange
		accept bool
		reason string
		by     uuid.UUID
		state  app.HeldState
		code   string
	}{
		{"one accepts", waiting, true, "Rätt.", one, app.HeldAccepted, ""},
		{"one refuses", waiting, false, "Fel.", one, app.HeldRefused, ""},
		{"the first proposes to lower a protection", lowered, true, "Rätt.", one, app.HeldProposed, ""},
		{"one refuses to lower it", lowered, false, "Fel.", one, app.HeldRefused, ""},
		{"another confirms", proposed, true, "Rätt.", two, app.HeldAccepted, ""},
		{"another refuses after all", proposed, false, "Fel.", two, app.HeldRefused, ""},
		{"nobody confirms their own proposal", proposed, true, "Rätt.", one, "", "held_change_needs_another_person"},
		{"not the subject", waiting, true, "Rätt.", subject, "", "held_change_not_yours"},
		{"not the family", family, true, "Rätt.", one, "", "held_change_not_yours"},
		{"not who stands as high", higher, true, "Rätt.", one, "", "held_change_not_yours"},
		{"who stands as high refuses", higher, false, "Fel.", one, app.HeldRefused, ""},
		{"nobody makes one of two", taken, true, "Rätt.", one, "", "held_change_not_acceptable"},
		{"what is decided is decided", decided, true, "Rätt.", one, "", "held_change_decided"},
		{"a reason", waiting, true, " \u200b ", one, "", "reason_missing"},
	} {
		got, err := c.was.Decide(c.accept, c.reason, c.by, now)
		if code(err) != c.code || c.code == "" && (got.State != c.state || got.Version != 2) || c.code != "" && got.Version != 1 {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
}
