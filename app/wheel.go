package app

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
)

// Wheel is what recurs through the year at an institution (V2, V9): the reviews of each month, and the revisions of January and June.
type Wheel struct {
	Institution uuid.UUID
	Name        string    // of the institution
	Locale      string    // of the link
	Since       time.Time // the day the institution came to be; months that had begun before have no review
	Made        time.Time // of the link; the stamp of every entry, so that the same wheel gives the same bytes
	DueDays     int       // a review is due so many days after the first of the month
	Version     int       // of the municipality's rule: the sequence of every entry
	Reviews     []WheelReview
	Revisions   []WheelReview
}

// WheelReview is a review or a revision that has been opened: its month, its last day, and whether it is completed.
type WheelReview struct {
	Month, DueOn time.Time
	Done         bool
}

const (
	wheelBehind = 12 // months that are shown before this one
	wheelAhead  = 12 // and after it
	wheelStates = 3  // to come, open, completed: whatever changes an entry makes its sequence higher (RFC 5545, 3.8.7.4)
)

// WheelStart is the first day that a wheel shows on a day.
func WheelStart(today time.Time) time.Time { return monthOf(today).AddDate(0, -wheelBehind, 0) }

// RevisionMonths are when the routine is revised (V9).
func RevisionMonths() []time.Month { return []time.Month{time.January, time.June} }

// RevisionDue is the last day of a revision that begins with a month.
func RevisionDue(month time.Time) time.Time { return month.AddDate(0, 1, -1) }

func monthOf(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// Calendar writes the wheel as iCalendar (RFC 5545), a year back and a year ahead of today at the institution. Every entry is a whole day,
// which needs no time zone. It is a file that programs fetch, no message between calendars: with a METHOD it would have to name an organizer (RFC 5546,
// 3.2.1). The entries name the institution and nobody (B1).
func (w Wheel) Calendar(today time.Time) []byte {
	words, known := wheelWords[w.Locale]
	if !known {
		words = wheelWords["en"]
	}
	var c calendarText
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Budstikke//Annual wheel//"+strings.ToUpper(w.Locale))
	c.line("CALSCALE", "GREGORIAN")
	c.text("NAME", words.name+": "+w.Name)
	c.text("X-WR-CALNAME", words.name+": "+w.Name)
	c.line("REFRESH-INTERVAL;VALUE=DURATION", "PT12H")
	c.line("X-PUBLISHED-TTL", "PT12H")
	this := monthOf(today)
	for m := WheelStart(today); !m.After(this.AddDate(0, wheelAhead, 0)); m = m.AddDate(0, 1, 0) {
		w.entries(&c, m, this, "review", w.Reviews, m.AddDate(0, 0, w.DueDays), words.review, words.reviewDue, words)
		if slices.Contains(RevisionMonths(), m.Month()) {
			w.entries(&c, m, this, "revision", w.Revisions, RevisionDue(m), words.revision, words.revisionDue, words)
		}
	}
	c.line("END", "VCALENDAR")
	return []byte(c.String())
}

// entries writes what begins with a month and is due in it. What has been opened says itself when it is due; what never was is not shown.
func (w Wheel) entries(c *calendarText, m, this time.Time, what string, opened []WheelReview, due time.Time, begins, ends string, words wheelText) {
	i := slices.IndexFunc(opened, func(r WheelReview) bool { return monthOf(r.Month).Equal(m) })
	if i < 0 && (m.Before(this) || !m.After(w.Since)) {
		return
	}
	note, sequence := words.note, w.Version*wheelStates
	if i >= 0 {
		due = opened[i].DueOn
		sequence++
		if opened[i].Done {
			note = words.done
			sequence++
		}
	}
	for _, e := range []struct {
		kind, summary string
		on            time.Time
	}{{what, begins, m}, {what + "-due", ends, due}} {
		c.line("BEGIN", "VEVENT")
		c.line("UID", m.Format("2006-01")+"."+e.kind+"."+w.Institution.String()+"@budstikke")
		c.line("DTSTAMP", w.Made.UTC().Format("20060102T150405Z"))
		c.line("DTSTART;VALUE=DATE", e.on.Format("20060102"))
		c.line("DTEND;VALUE=DATE", e.on.AddDate(0, 0, 1).Format("20060102"))
		c.line("SEQUENCE", fmt.Sprint(sequence))
		c.text("SUMMARY", e.summary+": "+w.Name)
		c.text("DESCRIPTION", note)
		c.line("CLASS", "PRIVATE")
		c.line("TRANSP", "TRANSPARENT")
		c.line("END", "VEVENT")
	}
}

// calendarText writes lines of iCalendar.
type calendarText struct{ strings.Builder }

// text writes a property whose value is text: what means something in iCalendar is escaped, and control characters are left out.
func (c *calendarText) text(name, value string) {
	var out strings.Builder
	for _, r := range strings.ReplaceAll(value, "\r\n", "\n") {
		switch {
		case r == '\\' || r == ';' || r == ',':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r < ' ' && r != '\t' || r == 0x7f:
		default:
			out.WriteRune(r)
		}
	}
	c.line(name, out.String())
}

// line writes a content line, folded so that no line is longer than 75 octets and no character is cut in two.
func (c *calendarText) line(name, value string) {
	rest, room := name+":"+value, 75
	for len(rest) > room {
		cut := room
		for !utf8.RuneStart(rest[cut]) {
			cut--
		}
		c.WriteString(rest[:cut] + "\r\n ")
		rest, room = rest[cut:], 74 // the space counts
	}
	c.WriteString(rest + "\r\n")
}
