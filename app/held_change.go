package app

import (
	"time"

	"github.com/google/uuid"
)

// HeldKind is what a register wants that would widen an access.
type HeldKind string

// The kinds.
const (
	GuardianshipReturns HeldKind = "guardianship_returns" // people ended it, or a restriction stands between the two
	CustodyRises        HeldKind = "custody_rises"        // a register denied it before, or people have decided about the relation
	ProtectionLowered   HeldKind = "protection_lowered"   // to a lower level, or to none
	EnrolmentLonger     HeldKind = "enrolment_longer"     // a later last day, or none
	StaffRoleLonger     HeldKind = "staff_role_longer"    // the same (B12)
	IdentityChanged     HeldKind = "identity_changed"     // another identity number for somebody who has been let in: the next import brings what was accepted
	IdentityJoined      HeldKind = "identity_joined"      // a new record has the number of somebody who has been let in, and quite another name: the next import joins them once accepted
	IdentityTaken       HeldKind = "identity_taken"       // the register gives a person the identity number of another: nobody makes one of two here
)

// HeldState is how far a held change has come.
type HeldState string

// The states. What is proposed waits for a second person; what no register wants any more is withdrawn by the import that says so.
const (
	HeldWaiting   HeldState = "waiting"
	HeldProposed  HeldState = "proposed"
	HeldAccepted  HeldState = "accepted"
	HeldRefused   HeldState = "refused"
	HeldWithdrawn HeldState = "withdrawn"
)

// HeldChange is something that a register says and that would widen an access. It waits for a person; the rest of the import went on (B8).
type HeldChange struct {
	ID         uuid.UUID
	Kind       HeldKind
	Row        uuid.UUID // the guardianship, person, enrolment or staff role
	Person     uuid.UUID // whom it would give more, or whose protection would fall
	PersonName string    // empty when the reader may not see it
	Child      uuid.UUID // uuid.Nil when no child is concerned
	ChildName  string    // the same
	Family     bool      // the reader is the person, or a guardian of the child: somebody else decides
	Higher     bool      // it lets a head or an owner stay, and the reader does not stand above them (V2, V9)
	Source     string    // the register
	File       string
	Was, Wants string // levels, moments (RFC 3339), or words like ended and in_force
	Since      time.Time
	State      HeldState
	TwoPeople  bool // a protection or a restriction would yield
	ProposedBy uuid.UUID
	ProposedAt time.Time
	DecidedBy  uuid.UUID
	DecidedAt  time.Time
	Reason     string // for staff only
	Version    int    // counts from 1; the ETag
}

// Decide accepts or refuses what a register wants. Where a protection or a restriction would yield, the first who accepts proposes, and somebody
// else confirms. Refusing takes one. Faults: reason_missing, held_change_decided, held_change_not_yours, held_change_not_acceptable,
// held_change_needs_another_person.
func (c HeldChange) Decide(accept bool, reason string, by uuid.UUID, now time.Time) (HeldChange, error) {
	switch {
	case !visible(reason):
		return c, &Fault{Kind: Unprocessable, Code: "reason_missing", Detail: "Say why.", Fields: []Field{{Pointer: "/reason", Detail: "holds nothing that can be seen"}}}
	case c.State != HeldWaiting && c.State != HeldProposed:
		return c, &Fault{Kind: Conflict, Code: "held_change_decided", Detail: "It does not wait any more. Nothing was changed; read the list again."}
	case c.Family || c.Person == by:
		return c, &Fault{Kind: Conflict, Code: "held_change_not_yours", Detail: "It is about you or your family. Somebody else decides."}
	case accept && c.Higher:
		return c, &Fault{Kind: Conflict, Code: "held_change_not_yours", Detail: "That a head or an owner stays longer is for the owner to accept. Nothing was changed; they are told."}
	case accept && c.Kind == IdentityTaken:
		return c, &Fault{Kind: Conflict, Code: "held_change_not_acceptable", Detail: "Two people are not made one here. Have the register corrected, or refuse."}
	case accept && c.State == HeldProposed && c.ProposedBy == by:
		return c, &Fault{Kind: Conflict, Code: "held_change_needs_another_person", Detail: "You proposed it yourself. Somebody else has to confirm."}
	}
	c.Reason = reason
	c.Version++
	switch {
	case !accept:
		c.State, c.DecidedBy, c.DecidedAt = HeldRefused, by, now
	case c.TwoPeople && c.State == HeldWaiting:
		c.State, c.ProposedBy, c.ProposedAt = HeldProposed, by, now
	default:
		c.State, c.DecidedBy, c.DecidedAt = HeldAccepted, by, now
	}
	return c, nil
}
