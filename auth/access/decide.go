package access

import (
	"slices"
)

// Decide answers whether a subject may carry an operation out. It is pure: the same arguments give the same answer, and nothing else is asked.
// What forbids is asked first and beats whatever permits (B8); what nothing permits is refused. What the caller could still do, sign in anew or
// accept the terms, is said only where everything else permits it, so that an obligation tells nobody that something exists.
//
// In the build with the tag nopolicy everything is allowed, and row-level security alone refuses; only tests run that build.
func Decide(s Subject, p Policy, f Facts, e Env) Decision {
	if off {
		return Decision{Allow: true, Reason: PolicyOff, Fields: AllFields}
	}
	return decide(s, p, f, e)
}

// Unnamed answers a shared tablet that asks, as itself, for something of the staff's (V7). A PIN opens the work of the day, and nothing there opens
// the rest, so that whoever gives one learns no more. The policy alone says it, before anything is looked up, and therefore in every build.
func (p Policy) Unnamed() Decision {
	if p.PIN {
		return Decision{Reason: NoPIN, Obligation: GivePIN}
	}
	return Decision{Reason: NotOnTablet}
}

func decide(s Subject, p Policy, f Facts, e Env) Decision {
	if reason, forbidden := forbids(s, p, f); forbidden {
		return Decision{Reason: reason}
	}
	reason, permitted := permits(s, p, f)
	if !permitted {
		return Decision{Reason: reason}
	}
	if !p.Anyway && s.Owes&TermsDue != 0 {
		return Decision{Reason: TermsRequired, Obligation: AcceptTerms}
	}
	if p.Strong && !s.Strong || p.Fresh > 0 && e.Now.Sub(s.SignedInAt) > p.Fresh {
		return Decision{Reason: WeakSession, Obligation: StepUp}
	}
	// Last of all: whoever is kept out of contact alone sees what they would write in, and is told that it is closed, as everybody is to whom it is. Said
	// any earlier, it would tell those who may not see it that it exists, and answer those who owe something else otherwise than their like (B8).
	if p.Contact && p.About != Nothing && person(s.Caller) && f.NoContact {
		return Decision{Reason: NoContact}
	}
	return Decision{Allow: true, Reason: reason, Fields: fields(s, p, f)}
}

// forbids finds what refuses whatever else is true.
func forbids(s Subject, p Policy, f Facts) (Reason, bool) {
	switch {
	case !slices.Contains(p.Callers, s.Caller) && !slices.Contains(p.Beside, s.Caller):
		return AnotherCaller, true
	case person(s.Caller) && !s.Active:
		return SignedOut, true
	case s.Tablet && s.Caller == Staff && !(p.PIN && s.PIN):
		return NotOnTablet, true
	case p.About == Nothing || !person(s.Caller):
		return "", false
	case !f.Found:
		return Unknown, true
	case f.Restricted:
		return Restricted, true
	case s.Caller == Staff && p.About == Conversation && f.OtherHome:
		return OtherHome, true
	case s.Caller == Staff && f.Protection != Unprotected && !f.Access && f.Roles != NoRole:
		return ProtectedIdentity, true
	case s.Caller == Staff && !f.Cleared && f.Roles != NoRole && (p.Cleared || f.Protection == Strict && p.About.sealed() && !p.Counts && !p.Closes):
		return NotCleared, true
	}
	return "", false
}

// person tells whether somebody in particular calls: with a session that can be active or not.
func person(c Caller) bool {
	return c == Guardian || c == Staff || c == Applicant || c == SecondFactor || c == Tablet
}

// permits finds what lets the subject in, or why nothing does.
func permits(s Subject, p Policy, f Facts) (Reason, bool) {
	switch s.Caller {
	case Machine:
		return ByMachine, true
	case SignIn:
		return OpenToAll, true
	case Guardian:
		return guardianMay(p, f)
	case Staff:
		return staffMay(s, p, f)
	}
	return OwnMatter, p.About == Nothing // an applicant has nothing but their application, a tablet nothing but its group
}

func guardianMay(p Policy, f Facts) (Reason, bool) {
	switch p.Needs {
	case NeedsNothing:
		return OwnMatter, p.About == Nothing
	case NeedsPlace:
		if f.Place {
			return GuardianAtPlace, true
		}
		return NotAtPlace, false
	}
	if !f.Access {
		return whyNoAccess(f.Relation), false
	}
	if p.Needs == NeedsOwn {
		if f.Own {
			return AuthorOfIt, true
		}
		return NotTheirs, false
	}
	return GuardianOfChild, true
}

func whyNoAccess(r Relation) Reason {
	switch r {
	case Inactive:
		return RelationInactive
	case Suspended:
		return RelationSuspended
	case Ended:
		return RelationEnded
	case Active:
		return NotEnrolled
	}
	return NoRelationToChild
}

func staffMay(s Subject, p Policy, f Facts) (Reason, bool) {
	held := s.Roles
	if p.About != Nothing {
		held = f.Roles
	}
	switch {
	case held == NoRole:
		return NoRoleHere, false
	case held&p.Roles == NoRole:
		return RoleTooSmall, false
	case p.About.ofChild() && !f.Access:
		return NotEnrolled, false
	case p.About == Nothing:
		return OwnMatter, true
	}
	return RoleHere, true
}

// ofChild tells whether a noun belongs to one child, whom the caller must then meet in their work.
func (n Noun) ofChild() bool {
	return n == Child || n == Absence || n == Conversation || n == Guardianship
}

// sealed tells whether a noun that belongs to a strictly protected child is there only for those with a clearance.
func (n Noun) sealed() bool { return n.ofChild() || n == Restriction }
