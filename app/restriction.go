package app

import (
	"time"

	"github.com/google/uuid"
)

// RestrictionKind is what a restriction keeps an adult from.
type RestrictionKind string

// The kinds. NoAccess hides the child altogether; NoContact closes conversations and notices about it; NoLocation keeps where
// the child is from a guardian, and the whole child from staff, partners and professionals, who see it through nothing but the place where it is. The others are asked by what
// shows its picture, or hands it over.
const (
	NoAccess   RestrictionKind = "no_access"
	NoContact  RestrictionKind = "no_contact"
	NoLocation RestrictionKind = "no_location"
	NoPhoto    RestrictionKind = "no_photo"
	NoPickup   RestrictionKind = "no_pickup"
)

// RestrictionState is whether a restriction holds.
type RestrictionState string

// The states. One whose lifting is proposed holds until somebody else confirms; when nobody does for LiftingProposalDays, it is as if nobody had
// proposed it.
const (
	Planned         RestrictionState = "planned"
	InForce         RestrictionState = "in_force"
	LiftingProposed RestrictionState = "lifting_proposed"
	Lifted          RestrictionState = "lifted"
	Over            RestrictionState = "over"
)

// LiftingProposalDays is for how many days a proposal to lift a restriction can be confirmed. A "yes" of months ago says nothing about today.
const LiftingProposalDays = 14

// Restriction is a block between a child and an adult. It beats every guardianship and every role, survives every import, and needs two people
// to lift (B8).
type Restriction struct {
	ID         uuid.UUID
	Child      uuid.UUID
	Person     uuid.UUID
	ChildName  string // the alias of a protected child; empty while it has none (B8)
	PersonName string // empty when the reader does not meet the person
	Kind       RestrictionKind
	StartsAt   time.Time
	Until      time.Time // zero: until it is lifted
	Reason     string    // for those who answer for the child; empty for the family of whom it is about
	Family     bool      // whoever asks is of that family, or is it themselves
	SetBy      uuid.UUID
	SetByName  string // empty for the family of whom it is about, and when the reader does not meet them
	SetAt      time.Time
	ProposedBy uuid.UUID // who proposed to lift it; uuid.Nil when nobody has
	Proposer   string    // the name of who did, as SetByName
	ProposedAt time.Time
	Lapsed     bool // the proposal is older than LiftingProposalDays, by the clock of the database, and is worth nothing any more
	LiftedBy   uuid.UUID
	LiftedAt   time.Time
	Version    int // counts from 1; the ETag
}

// Restrict makes a restriction; from zero means at once. Faults: text_empty, end_in_the_past, end_before_start.
func Restrict(r Restriction, now time.Time) (Restriction, error) {
	if !visible(r.Reason) {
		return r, &Fault{Kind: Unprocessable, Code: ErrTextEmpty.Code, Detail: "Say why.", Fields: []Field{{Pointer: "/reason", Detail: "holds nothing that can be seen"}}}
	}
	if r.StartsAt.IsZero() || r.StartsAt.Before(now) {
		r.StartsAt = now
	}
	if !r.Until.IsZero() && !r.Until.After(now) {
		return r, &Fault{Kind: Unprocessable, Code: "end_in_the_past", Detail: "Choose an end that is still to come.",
			Fields: []Field{{Pointer: "/until", Detail: "has passed"}}}
	}
	if !r.Until.IsZero() && !r.Until.After(r.StartsAt) {
		return r, &Fault{Kind: Unprocessable, Code: "end_before_start", Detail: "Choose an end after the beginning.",
			Fields: []Field{{Pointer: "/until", Detail: "is before the beginning"}}}
	}
	r.SetAt, r.Version = now, 1
	return r, nil
}

// Named puts the names beside the ids: the child's, and those of who set it and who proposed to lift it, which its own family is not told.
func (r Restriction) Named(child, setter, proposer string) Restriction {
	r.ChildName = child
	if !r.Family {
		r.SetByName, r.Proposer = setter, proposer
	}
	return r
}

// State tells whether the restriction holds at a moment.
func (r Restriction) State(now time.Time) RestrictionState {
	switch {
	case !r.LiftedAt.IsZero():
		return Lifted
	case !r.Until.IsZero() && !r.Until.After(now):
		return Over
	case r.proposed():
		return LiftingProposed
	case r.StartsAt.After(now):
		return Planned
	default:
		return InForce
	}
}

// proposed tells whether somebody's proposal to lift it can still be confirmed.
func (r Restriction) proposed() bool { return r.ProposedBy != uuid.Nil && !r.Lapsed }

// ProposalEnds is when the proposal to lift it lapses; the zero time while none stands.
func (r Restriction) ProposalEnds(now time.Time) time.Time {
	if r.State(now) != LiftingProposed {
		return time.Time{}
	}
	return r.ProposedAt.UTC().AddDate(0, 0, LiftingProposalDays)
}

// ErrRestrictionExists refuses to set again what holds already: it would take two people twice to lift it.
var ErrRestrictionExists = &Fault{Kind: Conflict, Code: "restriction_exists", Detail: "This restriction is set already, for as long or longer. Nothing was changed."}

// ProposeLifting is the first of two people saying that the restriction may go. While a proposal stands, there is nothing to propose: the other's If-Match
// would be outdated by it. Faults: restriction_over, lifting_already_proposed, guardianship_not_yours, not_found for whom it is about.
func (r Restriction) ProposeLifting(by uuid.UUID, now time.Time) (Restriction, error) {
	if by == r.Person {
		return r, ErrNotFound // to whom it is about there is none
	}
	if r.Family {
		return r, ErrOwnFamily
	}
	if s := r.State(now); s == Lifted || s == Over {
		return r, errRestrictionOver
	}
	if r.proposed() {
		return r, &Fault{Kind: Conflict, Code: "lifting_already_proposed", Detail: "Its lifting is proposed already. Somebody else than who proposed it confirms it."}
	}
	r.ProposedBy, r.ProposedAt, r.Lapsed = by, now, false
	r.Version++
	return r, nil
}

// ConfirmLifting is the second of two people: from now on the restriction holds no more (B8).
// Faults: restriction_over, lifting_not_proposed, lifting_needs_another_person, guardianship_not_yours, not_found for whom it is about.
func (r Restriction) ConfirmLifting(by uuid.UUID, now time.Time) (Restriction, error) {
	if by == r.Person {
		return r, ErrNotFound
	}
	if r.Family {
		return r, ErrOwnFamily
	}
	switch s := r.State(now); {
	case s == Lifted || s == Over:
		return r, errRestrictionOver
	case !r.proposed():
		return r, &Fault{Kind: Conflict, Code: "lifting_not_proposed",
			Detail: "Nobody has proposed to lift it within the last 14 days. Propose it, and let somebody else confirm."}
	case r.ProposedBy == by:
		return r, &Fault{Kind: Conflict, Code: "lifting_needs_another_person", Detail: "You proposed it yourself. Somebody else who answers for the child has to confirm."}
	}
	r.LiftedBy, r.LiftedAt = by, now
	r.Version++
	return r, nil
}

var errRestrictionOver = &Fault{Kind: Conflict, Code: "restriction_over", Detail: "It holds no more. Nothing was changed."}
