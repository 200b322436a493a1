package app

import (
	"time"

	"github.com/google/uuid"
)

// StaffLeave is a long leave from one institution: while it lasts, none of the person's roles there gives anything (V11). The zero value is none.
type StaffLeave struct {
	ID       uuid.UUID
	Person   uuid.UUID
	StartsAt time.Time
	Until    time.Time // zero: until somebody enters the return
}

// Covers tells whether the person is on leave at a moment.
func (l StaffLeave) Covers(at time.Time) bool {
	return l.ID != uuid.Nil && !l.StartsAt.After(at) && (l.Until.IsZero() || l.Until.After(at))
}

// Take enters a leave in the place of the one that runs or is planned; the beginning of one that runs stays. The person is back at the midnight
// after the last day; without one, when somebody enters the return. Faults: leave_running, end_before_start, end_in_the_past, days_out_of_reach.
func (l StaffLeave) Take(id, person uuid.UUID, first, last *Day, zone *time.Location, now time.Time) (StaffLeave, error) {
	starts, until, err := staffDays(first, last, zone, now)
	if err != nil {
		return l, err
	}
	if l.Covers(now) {
		if starts.After(now) {
			return l, &Fault{Kind: Conflict, Code: "leave_running", Detail: "A leave runs already. End that first, or move its last day."}
		}
		l.Until = until
		return l, nil
	}
	if l.ID == uuid.Nil {
		l.ID, l.Person = id, person
	}
	l.StartsAt, l.Until = starts, until
	return l, nil
}
