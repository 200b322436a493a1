package app

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// Limits of an absence.
const (
	MaxAbsenceDays  = 60 // longer is a leave, which the head decides
	MaxAbsenceAhead = 180 * 24 * time.Hour
)

// ErrAbsenceOver answers a write about days that have passed: what staff worked by is theirs to correct.
var ErrAbsenceOver = &Fault{Kind: Unprocessable, Code: "absence_in_the_past",
	Detail: "These days have passed. Talk to the staff to have them corrected."}

// AbsenceReason is why a child is away, chosen from a list so that no words are needed.
type AbsenceReason string

// The reasons.
const (
	Illness            AbsenceReason = "illness"
	MedicalAppointment AbsenceReason = "medical_appointment"
	Family             AbsenceReason = "family"
	Holiday            AbsenceReason = "holiday"
	OtherReason        AbsenceReason = "other"
)

// Day is a calendar day, without a time or a zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf returns the day of t in t's own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// Time returns midnight UTC of the day, the form in which days are stored.
func (d Day) Time() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

// Before tells whether d comes before other.
func (d Day) Before(other Day) bool { return d.Time().Before(other.Time()) }

// DaysUntil returns how many days lie between d and other.
func (d Day) DaysUntil(other Day) int { return int(other.Time().Sub(d.Time()) / (24 * time.Hour)) }

// Period is a run of days, the last one included.
type Period struct{ From, To Day }

// Validate tells whether a period is one that a child may be reported away for, seen from today, the institution's own day. Faults:
// absence_dates_reversed, absence_too_long, absence_in_the_past, absence_too_far_ahead.
func (p Period) Validate(today Day) error {
	switch {
	case p.To.Before(p.From):
		return &Fault{Kind: Unprocessable, Code: "absence_dates_reversed", Detail: "The last day lies before the first. Swap them and send it again.",
			Fields: []Field{{Pointer: "/endsOn", Detail: "lies before startsOn"}}}
	case p.From.DaysUntil(p.To) >= MaxAbsenceDays:
		return &Fault{Kind: Unprocessable, Code: "absence_too_long", Detail: "An absence is at most 60 days. Talk to the staff about a longer one.",
			Fields: []Field{{Pointer: "/endsOn", Detail: "lies more than 60 days after startsOn"}}}
	case p.To.Before(today):
		over := *ErrAbsenceOver
		over.Fields = []Field{{Pointer: "/endsOn", Detail: "has passed"}}
		return &over
	case p.From.Time().Sub(today.Time()) > MaxAbsenceAhead:
		return &Fault{Kind: Unprocessable, Code: "absence_too_far_ahead", Detail: "An absence can be reported half a year ahead.",
			Fields: []Field{{Pointer: "/startsOn", Detail: "lies more than 180 days ahead"}}}
	}
	return nil
}

// Overlapping is the fault of reporting days that are reported already, by whichever guardian. It names the days and nothing else of the other
// report: its words are between who wrote them and the staff (B11).
func Overlapping(reported []Period) *Fault {
	days := make([]string, len(reported))
	for i, p := range reported {
		days[i] = p.String()
	}
	return &Fault{Kind: Conflict, Code: "absence_overlaps",
		Detail: "The child is reported away already: " + strings.Join(days, ", ") + ". Choose other days, or change that absence.",
		Fields: []Field{{Pointer: "/startsOn", Detail: "some of these days are reported already"}}}
}

// String returns the days as a person reads them: 2026-11-23, or 2026-11-23 to 2026-11-25.
func (p Period) String() string {
	from, to := p.From.Time().Format(time.DateOnly), p.To.Time().Format(time.DateOnly)
	if from == to {
		return from
	}
	return from + " to " + to
}

// Absence is a notice that a child is away.
type Absence struct {
	ID            uuid.UUID
	Child         uuid.UUID
	Institution   uuid.UUID
	Period        Period
	Reason        AbsenceReason
	Note          string // optional; empty when there is none or when it was deleted (V17)
	NoteSensitive bool   // sent in spite of the warning; staff contact the guardian (V17)
	ReportedBy    uuid.UUID
	Version       int // counts from 1; the ETag
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// StaysHome makes the absence of a child. today is the day at the child's institution. Faults: those of Period.Validate, and
// child_without_institution for a child that is enrolled nowhere at the moment.
func (c Child) StaysHome(id uuid.UUID, period Period, reason AbsenceReason, note string, by uuid.UUID, now time.Time) (Absence, error) {
	if c.Institution.ID == uuid.Nil {
		return Absence{}, ErrChildWithoutInstitution
	}
	if err := period.Validate(DayOf(now.In(c.Zone))); err != nil {
		return Absence{}, err
	}
	kept := ""
	if visible(note) {
		kept = strings.TrimSpace(note)
	}
	return Absence{
		ID: id, Child: c.ID, Institution: c.Institution.ID, Period: period, Reason: reason, Note: kept,
		ReportedBy: by, Version: 1, CreatedAt: now, UpdatedAt: now,
	}, nil
}

// AbsenceChange is what a guardian changes about an absence; nil leaves a field as it is.
type AbsenceChange struct {
	From, To *Day
	Reason   *AbsenceReason
}

// Change applies c. today is the day at the institution. Faults: those of Period.Validate.
func (a Absence) Change(c AbsenceChange, today Day, now time.Time) (Absence, error) {
	if c.From != nil {
		a.Period.From = *c.From
	}
	if c.To != nil {
		a.Period.To = *c.To
	}
	if c.Reason != nil {
		a.Reason = *c.Reason
	}
	if err := a.Period.Validate(today); err != nil {
		return Absence{}, err
	}
	a.Version++
	a.UpdatedAt = now
	return a, nil
}

// Withdraw tells whether who reported the absence may take it back, because the child comes after all: until its last day has passed. today is
// the day at the institution. Faults: not_found for anybody else; absence_in_the_past.
func (a Absence) Withdraw(by uuid.UUID, today Day) error {
	if a.ReportedBy != by {
		return ErrNotFound
	}
	if a.Period.To.Before(today) {
		return ErrAbsenceOver
	}
	return nil
}

// RemoveNote deletes the note; nothing of it remains (V17).
func (a Absence) RemoveNote(now time.Time) Absence {
	a.Note, a.NoteSensitive = "", false
	a.Version++
	a.UpdatedAt = now
	return a
}
