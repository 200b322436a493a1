package app_test

import (
	"testing"
	"time"

	"budstikke.example/app"
)

// V9: a training is recorded of somebody who works there, by who stands above all that they do, and once it has been.
func TestMayRecordTraining(t *testing.T) {
	t.Parallel()
	today := onDay("2026-11-22")
	mine, theirs := app.StaffRole{MayDecide: true}, app.StaffRole{}
	for name, c := range map[string]struct {
		roles []app.StaffRole
		day   time.Time
		want  string
	}{
		"today":                  {[]app.StaffRole{mine}, today, ""},
		"five years ago":         {[]app.StaffRole{mine}, onDay("2021-11-22"), ""},
		"earlier":                {[]app.StaffRole{mine}, onDay("2021-11-21"), "training_day_wrong"},
		"tomorrow":               {[]app.StaffRole{mine}, onDay("2026-11-23"), "training_day_wrong"},
		"of nobody who works":    {nil, today, "not_found"},
		"of who stands as high":  {[]app.StaffRole{theirs}, today, "training_not_yours"},
		"of who also stands so":  {[]app.StaffRole{mine, theirs}, today, "training_not_yours"},
		"theirs, and not yet":    {[]app.StaffRole{theirs}, onDay("2027-01-01"), "training_not_yours"},
		"the first day of years": {[]app.StaffRole{mine}, time.Time{}, "training_day_wrong"},
	} {
		if got := code(app.MayRecordTraining(c.roles, c.day, today)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
