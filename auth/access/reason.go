package access

// Reason says why something is allowed or refused, in one word of a closed list. Callers never see the reason of a refusal: what one may not
// see does not exist. Those who answer for access see it in explanations (B9), and logs count it.
type Reason string

// Why something is allowed.
const (
	OwnMatter       Reason = "own_matter"        // it is the caller's own, or a list of their own
	GuardianOfChild Reason = "guardian_of_child" // an active guardianship of a child that is enrolled now
	GuardianAtPlace Reason = "guardian_at_place" // of a child at this institution
	AuthorOfIt      Reason = "author"            // and they wrote it themselves
	RoleHere        Reason = "role_here"         // a staff role at the institution that runs now
	OpenToAll       Reason = "open_to_all"       // takes no session; what it needs instead the flow proves
	ByMachine       Reason = "machine"           // a machine that proved itself
	PolicyOff       Reason = "policy_off"        // the build without this policy, which only tests run: row-level security alone decides
)

// Why something is refused.
const (
	AnotherCaller     Reason = "another_caller"     // the door is for another kind of caller
	SignedOut         Reason = "signed_out"         // session, account or person is not active
	Unknown           Reason = "unknown"            // there is no such thing in this municipality
	Restricted        Reason = "restricted"         // a restriction stands between this adult and this child (B8)
	NoContact         Reason = "no_contact"         // a restriction keeps what is written about this child from this adult, or theirs from the other side (B8)
	ProtectedIdentity Reason = "protected_identity" // the child is protected and the caller is not of those who may know
	NotCleared        Reason = "not_cleared"        // the person is protected, and the caller has no clearance for them
	NoRelationToChild Reason = "no_relation"
	RelationInactive  Reason = "relation_inactive"
	RelationSuspended Reason = "relation_suspended"
	RelationEnded     Reason = "relation_ended"
	NotEnrolled       Reason = "not_enrolled" // the child is not enrolled now, so nothing comes through it (V14)
	NotAtPlace        Reason = "not_at_place" // no child of theirs is at this institution
	OtherHome         Reason = "other_home"   // the other home wrote it, and who works there is of the family (B11)
	NotTheirs         Reason = "not_theirs"   // somebody else wrote it
	NoRoleHere        Reason = "no_role_here" // no staff role at the institution
	RoleTooSmall      Reason = "role_too_small"
	WeakSession       Reason = "step_up_required" // it asks for strong sign-in, or for a fresh one (H8)
	NotOnTablet       Reason = "not_on_tablet"    // nothing that is decided on a shared tablet (V7)
	NoPIN             Reason = "pin_required"     // a shared tablet, and nobody has said who they are (V7)
	TermsRequired     Reason = "terms_required"   // the terms in force are not accepted (H12)
)

// Reasons are all reasons. openapi.yaml lists the same words wherever a reason is shown, those of every build.
var Reasons = []Reason{
	OwnMatter, GuardianOfChild, GuardianAtPlace, AuthorOfIt, RoleHere, OpenToAll, ByMachine, PolicyOff,
	AnotherCaller, SignedOut, Unknown, Restricted, NoContact, ProtectedIdentity, NotCleared, NoRelationToChild, RelationInactive, RelationSuspended, RelationEnded,
	NotEnrolled, NotAtPlace, OtherHome, NotTheirs, NoRoleHere, RoleTooSmall, NotOnTablet, WeakSession, NoPIN, TermsRequired,
}
