package app

import (
	"strings"
	"time"
	"unicode"

	"github.com/google/uuid"
)

// The staff roles that are entered by hand (V2, V5). Owners come from the register, and what municipal professionals and external partners reach
// is named with their access.
const (
	RoleHead       = "head"
	RoleLeader     = "leader"
	RoleEmployee   = "employee"
	RoleSubstitute = "substitute"
)

// How far from today the days of a role or a leave may lie.
const (
	MaxStaffPast      = 366 // days before today of a first day: what began last week can be entered today
	MaxStaffAhead     = 731 // days after today of a first day
	MaxStaffYears     = 10  // after today of a last day
	MaxSubstituteDays = 366 // of a substitute's role, from today or its first day (B12)
	oneDay            = 24 * time.Hour
)

// StaffRole is what somebody does at an institution, from their first day to the midnight after their last (V5, V11).
type StaffRole struct {
	ID           uuid.UUID
	Person       uuid.UUID
	PersonName   string
	Institution  uuid.UUID
	Group        uuid.UUID // uuid.Nil: the whole institution
	GroupName    string
	Role         string
	StartsAt     time.Time // zero: since it came in
	EndsAt       time.Time // zero: without an end
	EndByDefault bool      // nobody gave the end: a substitute's role came in without one (B12)
	Leave        StaffLeave
	MayDecide    bool // whether whoever asks may end it and enter a leave
}

// StaffState is whether a role gives access at a moment.
type StaffState string

// The states.
const (
	RolePlanned StaffState = "planned" // its first day is still to come
	RoleRunning StaffState = "running"
	RoleOnLeave StaffState = "on_leave"
	RoleEnded   StaffState = "ended"
)

// State tells whether the role gives access at a moment (V11).
func (r StaffRole) State(now time.Time) StaffState {
	switch {
	case !r.EndsAt.IsZero() && !r.EndsAt.After(now):
		return RoleEnded
	case r.StartsAt.After(now):
		return RolePlanned
	case r.Leave.Covers(now):
		return RoleOnLeave
	}
	return RoleRunning
}

// StaffEntry is a role that a head or an owner wants to give.
type StaffEntry struct {
	ID, Person, Institution, Group uuid.UUID
	Role                           string
	FirstDay, LastDay              *Day // nil: today, and without an end
}

// EnterRole makes a role of what was entered; a day belongs to the institution's zone. Faults: end_required for a substitute (B12),
// end_before_start, end_in_the_past, days_out_of_reach.
func EnterRole(e StaffEntry, zone *time.Location, now time.Time) (StaffRole, error) {
	r := StaffRole{ID: e.ID, Person: e.Person, Institution: e.Institution, Group: e.Group, Role: e.Role, MayDecide: true}
	if e.Role == RoleSubstitute && e.LastDay == nil {
		return r, &Fault{Kind: Unprocessable, Code: "end_required", Detail: "Say until when. A substitute's access ends by itself.",
			Fields: []Field{{Pointer: "/lastDay", Detail: "is missing"}}}
	}
	var err error
	if r.StartsAt, r.EndsAt, err = staffDays(e.FirstDay, e.LastDay, zone, now); err != nil {
		return r, err
	}
	return r, r.short(now)
}

// End sets the role's last day, which may be moved while the role runs; nil ends it at once. Access is gone at the midnight after that day, where
// the institution is (V9, V11). Faults: end_in_the_past, end_before_start, days_out_of_reach.
func (r StaffRole) End(lastDay *Day, zone *time.Location, now time.Time) (StaffRole, error) {
	r.EndByDefault = false
	if lastDay == nil {
		r.EndsAt = now
		return r, nil
	}
	if !r.StartsAt.IsZero() && lastDay.Before(DayOf(r.StartsAt.In(zone))) {
		return r, errEndBeforeStart
	}
	var err error
	if _, r.EndsAt, err = staffDays(nil, lastDay, zone, now); err != nil {
		return r, err
	}
	return r, r.short(now)
}

// short refuses a substitute's role, and that of an external partner or a professional, that would last for years: an end that far away is none (B12).
func (r StaffRole) short(now time.Time) error {
	from := now
	if r.StartsAt.After(now) {
		from = r.StartsAt
	}
	if r.Role == RoleSubstitute && r.EndsAt.After(from.Add(MaxSubstituteDays*oneDay)) || (r.Role == RolePartner || r.Role == RoleProfessional) && CheckPartnerEnd(r.EndsAt, now) != nil {
		return outOfReach("/lastDay")
	}
	return nil
}

// staffDays turns days into the moments in which access begins and is gone.
func staffDays(first, last *Day, zone *time.Location, now time.Time) (starts, ends time.Time, err error) {
	today := DayOf(now.In(zone))
	from := today
	if first != nil {
		from = *first
	}
	if ahead := today.DaysUntil(from); ahead > MaxStaffAhead || ahead < -MaxStaffPast {
		return starts, ends, outOfReach("/firstDay")
	}
	starts = from.Begins(zone)
	if last == nil {
		return starts, ends, nil
	}
	switch {
	case last.Before(today):
		err = &Fault{Kind: Unprocessable, Code: "end_in_the_past", Detail: "This day has passed. Leave it out to end it at once.",
			Fields: []Field{{Pointer: "/lastDay", Detail: "has passed"}}}
	case last.Before(from):
		err = errEndBeforeStart
	case today.DaysUntil(*last) > MaxStaffYears*366:
		err = outOfReach("/lastDay")
	}
	return starts, last.next().Begins(zone), err
}

func (d Day) next() Day { return DayOf(d.Time().AddDate(0, 0, 1)) }

var errEndBeforeStart = &Fault{Kind: Unprocessable, Code: "end_before_start", Detail: "The last day lies before the first. Swap them and send it again.",
	Fields: []Field{{Pointer: "/lastDay", Detail: "lies before the first"}}}

func outOfReach(pointer string) error {
	return &Fault{Kind: Unprocessable, Code: "days_out_of_reach", Detail: "This day lies too far away. Look at the year once more.",
		Fields: []Field{{Pointer: pointer, Detail: "lies too far away"}}}
}

// Faults of deciding about staff.
var (
	ErrStaffRoleNotYours = &Fault{Kind: Conflict, Code: "staff_role_not_yours",
		Detail: "Nobody decides about themselves, and a head is the owner's to decide about. Ask them."}
	ErrStaffRoleExists = &Fault{Kind: Conflict, Code: "staff_role_exists",
		Detail: "They have this role then already. Nothing was changed."}
)

// CheckName refuses a name that shows nothing, or holds what is no part of one. Fault: text_empty.
func CheckName(name, pointer string) error {
	if !visible(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return &Fault{Kind: Unprocessable, Code: ErrTextEmpty.Code, Detail: "Write the name first.",
			Fields: []Field{{Pointer: pointer, Detail: "holds nothing that can be seen"}}}
	}
	return nil
}
