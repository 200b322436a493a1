package app

import (
	"time"

	"github.com/google/uuid"
)

// RolePartner is the staff role of external partners, who are invited and not entered (U8).
const RolePartner = "external_partner"

// RoleProfessional is the staff role of those who work for the municipality with children here and there, whom owners enter by hand (U7).
const RoleProfessional = "municipal_professional"

// ErrPartnerExists refuses a second partnership of one person at one institution.
var ErrPartnerExists = &Fault{Kind: Conflict, Code: "partner_exists",
	Detail: "They have access here already. Set its children and its end anew instead.", Fields: []Field{{Pointer: "/username", Detail: "has access here"}}}

// PartnerMonths is the most months ahead that the access of an external partner may end (U8, B12).
const PartnerMonths = 12

// Partner is somebody from outside, or a municipal professional, who may know of named children at one institution, until a moment that is set (U7,
// U8, B12).
type Partner struct {
	ID          uuid.UUID // of the partnership
	Person      uuid.UUID
	Name        string
	Sponsor     uuid.UUID // who works at the institution and vouches for them; uuid.Nil for a professional
	SponsorName string
	Children    []uuid.UUID
	Until       time.Time
	State       string // active, suspended while the sponsor does not work there, ended
	Rests       string // why it is suspended: sponsor_gone, sponsor_on_leave, or suspended by a review; "" while it is not
	Version     int
}

// CheckPartnerEnd tells whether the access of an external partner or a professional may end then. Faults: end_in_the_past, end_too_far_ahead.
func CheckPartnerEnd(until, now time.Time) error {
	switch {
	case !until.After(now):
		return &Fault{Kind: Unprocessable, Code: "end_in_the_past", Detail: "Choose an end that is still to come.",
			Fields: []Field{{Pointer: "/until", Detail: "is over"}}}
	case until.After(now.AddDate(0, PartnerMonths, 0)):
		return &Fault{Kind: Unprocessable, Code: "end_too_far_ahead", Detail: "Choose an end within twelve months. It can be set anew later.",
			Fields: []Field{{Pointer: "/until", Detail: "is more than twelve months ahead"}}}
	}
	return nil
}
