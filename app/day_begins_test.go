package app_test

import (
	"testing"
	"time"

	"budstikke.example/app"
)

// V11, B12: a day begins at the first moment of its date, in every zone where somebody may be and in those whose clocks change at midnight, whatever the
// zone of the program.
func TestDayBegins(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Europe/Oslo", "Europe/Stockholm", "Europe/Copenhagen", "Europe/Helsinki", "Atlantic/Reykjavik", "Atlantic/Faroe", "America/Nuuk", "America/Scoresbysund",
		"America/Danmarkshavn", "Arctic/Longyearbyen", "Atlantic/Azores", "America/Havana", "America/Sao_Paulo", "America/Santiago", "America/St_Johns",
		"Africa/Cairo", "Asia/Beirut", "Asia/Tehran", "Antarctica/Troll", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kiritimati", "UTC",
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for at := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC); at.Year() < 2036; at = at.AddDate(0, 0, 1) {
			day := app.DayOf(at)
			begins := day.Begins(zone)
			if app.DayOf(begins.In(zone)).Before(day) {
				t.Errorf("%s, %s: %s is the day before", name, at.Format(time.DateOnly), begins)
			}
			for earlier := time.Nanosecond; earlier < 4*time.Hour; earlier += 15 * time.Minute {
				if !app.DayOf(begins.Add(-earlier).In(zone)).Before(day) {
					t.Errorf("%s, %s: it is that day %s before %s", name, at.Format(time.DateOnly), earlier, begins)
				}
			}
		}
	}
	for _, c := range []struct{ zone, day, begins string }{
		{"Europe/Oslo", "2026-03-29", "2026-03-28T23:00:00Z"}, {"Europe/Oslo", "2026-03-30", "2026-03-29T22:00:00Z"}, // 23 hours
		{"Europe/Helsinki", "2026-10-25", "2026-10-24T21:00:00Z"}, {"Europe/Helsinki", "2026-10-26", "2026-10-25T22:00:00Z"}, // 25 hours
		{"Atlantic/Reykjavik", "2026-03-29", "2026-03-29T00:00:00Z"},
		{"America/Nuuk", "2026-03-28", "2026-03-28T02:00:00Z"}, {"America/Nuuk", "2026-03-29", "2026-03-29T01:00:00Z"}, // from 22 to 23 o'clock on Saturday
		{"America/Nuuk", "2026-10-24", "2026-10-24T01:00:00Z"}, {"America/Nuuk", "2026-10-25", "2026-10-25T02:00:00Z"},
		{"Atlantic/Azores", "2026-03-29", "2026-03-29T01:00:00Z"}, // no midnight
		{"Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z"}, // two of them
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"},    // a day that there was not
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := app.DayOf(day).Begins(zone).UTC().Format(time.RFC3339); got != c.begins {
			t.Errorf("%s, %s begins at %s, want %s", c.zone, c.day, got, c.begins)
		}
	}
}
