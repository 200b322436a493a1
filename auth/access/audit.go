package access

import (
	"fmt"
	"slices"
)

// Audit is what the trail keeps of an operation (B5). The zero value is none of the classes: an operation that does not say does not start.
type Audit uint8

// The classes.
const (
	unclassified    Audit = iota
	AuditNone             // nothing is written and nothing of a child shown to staff
	AuditLook             // data of a child were shown to staff
	AuditWrite            // something was written
	AuditPrivileged       // access was given, taken or looked into
)

// Purpose is for what something was looked at or decided, in a word of the audit trail (B5). A guardian is told the purposes of the looks at
// their child (audit.own_looks says which); the others are for heads and for those who look after the trail.
type Purpose string

// The purposes.
const (
	Roster         Purpose = "roster"          // who the children are and which group they are in
	Absences       Purpose = "absences"        // who is away, why, and the notes
	Messages       Purpose = "messages"        // conversations with guardians
	Guardianships  Purpose = "guardianships"   // who the guardians are, who else reaches the child, and which access they have
	AccessDecision Purpose = "access_decision" // access was given or taken (V6, V15)
	Alerts         Purpose = "alerts"          // an alert was raised (B2)
	Looks          Purpose = "looks"           // the trail itself was read
	Registers      Purpose = "registers"       // an import (L8)
	SigningIn      Purpose = "sign_in"
	Accounts       Purpose = "accounts" // what people sign in with was given or taken (U5, V9, V11)
	// ProtectedLook: the name behind an alias was read (B8).
	ProtectedLook Purpose = "protected_identity"
	// ProtectedMatter is what must not be known to have been opened: a talk with child protection or the police (V16). No guardian is told.
	ProtectedMatter Purpose = "protected_matter"
	// Unsorted is the purpose of a refusal of what leaves no entry when it succeeds; no guardian is told.
	Unsorted Purpose = "unsorted"
)

// Purposes are all purposes.
var Purposes = []Purpose{Roster, Absences, Messages, Guardianships, AccessDecision, Alerts, Looks, Registers, SigningIn, Accounts, ProtectedLook, ProtectedMatter, Unsorted}

// audited refuses a policy that leaves open what the trail keeps of the operation (B5, P14): each use leaves an entry for a purpose, or there is a
// reason why it leaves none. What shows staff something of a child, and what gives or takes access, always leaves one.
func (p Policy) audited() error {
	staff := slices.Contains(p.Callers, Staff) || slices.Contains(p.Callers, Tablet)
	switch {
	case p.Audit == unclassified || p.Audit > AuditPrivileged:
		return fmt.Errorf("access: the policy of %s has no audit class: give its line one, AuditNone if nothing is written and no child is shown to staff", p.Operation)
	case (p.Purpose == "") == (p.Unkept == ""):
		return fmt.Errorf("access: the policy of %s must say for what purpose its use stands in the trail (Purpose), or why it leaves no entry (Unkept), and not both", p.Operation)
	case p.Purpose != "" && !slices.Contains(Purposes, p.Purpose):
		return fmt.Errorf("access: the policy of %s has the purpose %q, which is none", p.Operation, p.Purpose)
	case p.Purpose != "" && p.Audit == AuditNone:
		return fmt.Errorf("access: the policy of %s has a purpose and the class AuditNone", p.Operation)
	case p.Purpose == "" && (p.Audit == AuditLook || p.Audit == AuditPrivileged || staff && p.Reads):
		return fmt.Errorf("access: the policy of %s shows a child to staff or decides about access, and leaves no entry in the trail: give its line a Purpose", p.Operation)
	}
	return nil
}
