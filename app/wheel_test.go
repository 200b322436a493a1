package app_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"budstikke.example/app"
)

func onDay(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// V9, V10: each month has a review and its last day, January and June a revision; what was opened says itself when it is due.
func TestWheelHasItsDays(t *testing.T) {
	t.Parallel()
	w := app.Wheel{
		Institution: uuid.UUID{15: 1}, Name: "Solgläntan", Locale: "nb", Since: onDay("2026-09-10"), Made: onDay("2026-11-20"), DueDays: 14, Version: 2,
		Reviews: []app.WheelReview{{Month: onDay("2026-10-01"), DueOn: onDay("2026-10-12"), Done: true}, {Month: onDay("2026-11-01"), DueOn: onDay("2026-11-15")}},
	}
	text := string(w.Calendar(onDay("2026-11-22")))
	if again := w.Calendar(onDay("2026-11-22")); string(again) != text {
		t.Error("the same wheel gives other bytes")
	}
	if n := strings.Count(text, "BEGIN:VEVENT"); n != 2*14+2*2 { // October to November of the next year; revisions of January and June
		t.Errorf("%d entries", n)
	}
	for _, want := range []string{
		"UID:2026-10.review-due.00000000-0000-0000-0000-000000000001@budstikke\r\n", "DTSTART;VALUE=DATE:20261012\r\nDTEND;VALUE=DATE:20261013\r\n",
		"DESCRIPTION:Fullført.\r\n", "DTSTART;VALUE=DATE:20261215\r\n", "UID:2027-01.revision.", "DTSTART;VALUE=DATE:20270131\r\n", "DTSTART;VALUE=DATE:20270630\r\n",
		"SEQUENCE:6\r\n", "SEQUENCE:7\r\n", "SEQUENCE:8\r\n", "DTSTAMP:20261120T000000Z\r\n", "NAME:Årshjul: Solgläntan\r\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the calendar does not hold %q", want)
		}
	}
	if strings.Contains(text, "UID:2026-09") || strings.Contains(text, "UID:2026-08") {
		t.Error("a month that had begun before the institution was there has a review")
	}
	if strings.Contains(text, "METHOD:") && !strings.Contains(text, "ORGANIZER") { // RFC 5546, 3.2.1
		t.Error("it is published by nobody: a METHOD asks for an ORGANIZER")
	}
	for _, locale := range []string{"nn", "da", "sv", "en", "", "xx"} {
		w.Locale = locale
		if other := string(w.Calendar(onDay("2026-11-22"))); other == text {
			t.Errorf("%q says the same as nb", locale)
		}
	}
}

// RFC 5545, 3.8.7.4: whatever changes an entry makes its sequence higher and leaves its name: it is opened, it is completed, the rule moves what is to come.
func TestSequenceOfTheWheelGrows(t *testing.T) {
	t.Parallel()
	w := app.Wheel{Institution: uuid.UUID{15: 1}, Name: "Solgläntan", Locale: "nb", Since: onDay("2026-09-10"), Made: onDay("2026-11-20"), DueDays: 14, Version: 1}
	entry := func() (uid, sequence string) {
		t.Helper()
		_, text, found := strings.Cut(string(w.Calendar(onDay("2026-11-22"))), "UID:2026-12.review-due.")
		if !found {
			t.Fatal("no review of December")
		}
		uid, text, _ = strings.Cut(text, "\r\n")
		_, text, _ = strings.Cut(text, "SEQUENCE:")
		sequence, _, _ = strings.Cut(text, "\r\n")
		return uid, sequence
	}
	was, before := entry()
	for what, change := range []func(){
		func() { w.DueDays, w.Version = 10, 2 },
		func() { w.Reviews = []app.WheelReview{{Month: onDay("2026-12-01"), DueOn: onDay("2026-12-12")}} },
		func() { w.Reviews[0].Done = true },
		func() { w.DueDays, w.Version = 20, 3 },
	} {
		change()
		uid, after := entry()
		if uid != was || len(after) < len(before) || len(after) == len(before) && after <= before {
			t.Errorf("after change %d: %s with the sequence %s, before %s with %s", what, uid, after, was, before)
		}
		before = after
	}
}

// RFC 5545: no line is longer than 75 octets, no character is cut in two, lines end with CR LF, and unfolding gives the text back.
func TestWheelFoldsAndEscapes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		strings.Repeat("Å", 200), strings.Repeat("👩‍👧", 40), "a,b;c\\d\r\nBEGIN:VEVENT\r\n", "x\x00\x1by\u2028z", strings.Repeat("x", 75), "",
	} {
		text := app.Wheel{Name: name, Locale: "sv", Since: onDay("2026-01-01"), DueDays: 14}.Calendar(onDay("2026-11-22"))
		lines := bytes.Split(text, []byte("\r\n"))
		if len(lines[len(lines)-1]) != 0 {
			t.Errorf("%q: the last line does not end", name)
		}
		for _, line := range lines {
			if len(line) > 75 || !utf8.Valid(line) || bytes.ContainsAny(line, "\r\n\x00\x1b") {
				t.Errorf("%q: line %q of %d octets", name, line, len(line))
			}
		}
		if n := bytes.Count(text, []byte("BEGIN:VEVENT\r\n")); n != bytes.Count(text, []byte("\r\nUID:")) {
			t.Errorf("%q: a name became an entry", name)
		}
		if name == lines75 && !slices.ContainsFunc(lines, func(l []byte) bool { return len(l) == 75 }) {
			t.Error("no line is full")
		}
	}
}

var lines75 = strings.Repeat("x", 75)

func TestWheelSecretIsReadWhole(t *testing.T) {
	t.Parallel()
	secret, digest := app.NewWheelSecret()
	if got, err := app.ReadWheelSecret(secret); err != nil || got != digest {
		t.Errorf("the secret is not read: %v", err)
	}
	for _, bad := range []string{"", "bew_", secret[:46], secret + "A", "bst" + secret[3:], strings.Repeat("b", 1000)} {
		if _, err := app.ReadWheelSecret(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}
