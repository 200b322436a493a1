package app

import (
	"time"

	"github.com/google/uuid"
)

// AccessStatus is what an institution lets a guardian see of a child.
type AccessStatus string

// The statuses. Access comes into being closed (V1): imported until somebody here has looked at it, and inactive when it was entered by hand or
// has returned. Only a head makes it active, and what a head has suspended no register opens again. It is ended when the child has left the
// institution or the guardianship is over.
const (
	Imported  AccessStatus = "imported"
	Inactive  AccessStatus = "inactive"
	Active    AccessStatus = "active"
	Suspended AccessStatus = "suspended"
	Ended     AccessStatus = "ended"
)

// Guardianship is the relation between a child and a guardian, with its legal basis and the access that one institution gives by it.
type Guardianship struct {
	ID           uuid.UUID
	Institution  uuid.UUID
	Child        uuid.UUID
	ChildName    string
	Guardian     uuid.UUID
	GuardianName string
	Basis        string // as the register names it
	Legal        bool   // has parental responsibility (H11)
	TimeBoxed    bool   // a foster parent's, a bonus parent's: needs an end (B12)
	Status       AccessStatus
	Until        time.Time // when access ends by itself; zero: with the enrolment
	HasAccount   bool
	Version      int // counts from 1; the ETag
	DecidedAt    time.Time
	Ended        bool          // the register no longer has it
	Last         *LastDecision // what was decided last about the access; nil: nothing yet, or not asked
	Family       bool          // whoever decides is or was a guardian of the child too; only Decide asks
	ByRule       bool          // suspended by a rule, and the next strong sign-in opens it again; only Decide asks, and only about what is suspended
}

// LastDecision says why an access stands as it does, to whoever answers for the institution.
type LastDecision struct {
	Status AccessStatus
	At     time.Time
	By     string // a name; empty where a rule decided, and of whom the reader may not see
	Rule   string // the rule that decided instead of a person, as auto_on_custody or proof_overdue; empty otherwise
	Reason string // for staff only; empty for the child's own family
}

// Decision is one entry of a guardianship's record: who opened or closed it for which institution, when, until when and why.
type Decision struct {
	ID           uuid.UUID
	Guardianship uuid.UUID
	Institution  uuid.UUID
	Status       AccessStatus
	Until        time.Time // zero: with the enrolment
	Reason       string    // for staff only
	By           uuid.UUID
	At           time.Time
}

// Verdict is what somebody decides about an access: Active, Inactive or Suspended, until when (zero: with the enrolment) and why.
type Verdict struct {
	Status AccessStatus
	Until  time.Time
	Reason string
}

// Decide opens, closes or suspends an access (V6, V15, B12). Nobody decides within their own family, but for closing what is open to themselves.
// What is closed is closed for a reason that can be read. Faults: guardianship_not_yours, guardianship_ended, already_in_that_status, text_empty,
// end_required, end_in_the_past.
func (g Guardianship) Decide(id uuid.UUID, v Verdict, by uuid.UUID, now time.Time) (Guardianship, Decision, error) {
	if g.Family && (g.Guardian != by || g.Status != Active || v.Status == Active) {
		return g, Decision{}, ErrOwnFamily
	}
	if g.Ended || g.Status == Ended {
		if v.Status == Active {
			return g, Decision{}, &Fault{Kind: Conflict, Code: "guardianship_ended",
				Detail: "The register no longer has this guardianship, or the child has left. Correct it in the register first."}
		}
		if g.Status == Ended {
			return g, Decision{}, errAlreadyThere
		}
	}
	if v.Status != Active {
		v.Until = time.Time{}
	}
	switch {
	case v.Status != Active && !visible(v.Reason):
		return g, Decision{}, &Fault{Kind: Unprocessable, Code: ErrTextEmpty.Code, Detail: "Say why. Only staff see it.",
			Fields: []Field{{Pointer: "/reason", Detail: "holds nothing that can be seen"}}}
	case g.Status == v.Status && g.Until.Equal(v.Until) && !g.ByRule:
		return g, Decision{}, errAlreadyThere
	case v.Status == Active && g.TimeBoxed && v.Until.IsZero():
		return g, Decision{}, &Fault{Kind: Unprocessable, Code: "end_required", Detail: "Say until when. Access of this kind ends by itself.",
			Fields: []Field{{Pointer: "/until", Detail: "is missing"}}}
	case !v.Until.IsZero() && !v.Until.After(now):
		return g, Decision{}, &Fault{Kind: Unprocessable, Code: "end_in_the_past", Detail: "Choose an end that is still to come.",
			Fields: []Field{{Pointer: "/until", Detail: "has passed"}}}
	}
	g.Status, g.Until, g.DecidedAt, g.ByRule = v.Status, v.Until, now, false
	g.Version++
	return g, Decision{ID: id, Guardianship: g.ID, Institution: g.Institution, Status: v.Status, Until: v.Until, Reason: v.Reason, By: by, At: now}, nil
}

// ErrOwnFamily answers whoever answers for an institution and would decide whom of their own family it lets in, or keeps apart (V6, V13, B8).
var ErrOwnFamily = &Fault{Kind: Conflict, Code: "guardianship_not_yours",
	Detail: "It is about you or your own child. Another head decides, or the owner. Nothing was changed."}

var errAlreadyThere = &Fault{Kind: Conflict, Code: "already_in_that_status", Detail: "It has this status already. Nothing was changed."}

// ErrInstitutionRequired asks which of several institutions a decision is about.
var ErrInstitutionRequired = &Fault{Kind: Malformed, Code: "institution_required",
	Detail: "You answer for more than one institution of this child. Say which one you mean.",
	Fields: []Field{{Pointer: "institutionId", Detail: "is needed here"}}}
