package access

// Grounds are what somebody gets a notice on: as themselves, as a guardian of a child or at an institution, or as its staff. All but
// OnStaffOfChild are the words of the gateway.
type Grounds string

// The grounds.
const (
	OnSelf        Grounds = "self"
	OnChild       Grounds = "child"
	OnInstitution Grounds = "institution"
	OnStaff       Grounds = "staff"
	// OnStaffOfChild are those of staff where the notice is about one child.
	OnStaffOfChild Grounds = "staff_of_child"
)

// notices are the policies that a notice leaves by (V15). Of a notice about a child the one who gets it must have access to the child and no
// restriction on contact with it (B8).
var notices = map[Grounds]Policy{
	OnSelf:        {Operation: "notice", Callers: []Caller{Applicant}, Fields: AllFields},
	OnChild:       {Operation: "notice", Callers: guardians, About: Child, Needs: NeedsChild, Contact: true, Fields: AllFields},
	OnInstitution: {Operation: "notice", Callers: guardians, About: Institution, Needs: NeedsPlace, Fields: AllFields},
	OnStaff:       {Operation: "notice", Callers: employed, About: Institution, Roles: AnyRole, Fields: AllFields},
	// Who is kept from the child, or from contact with it, is told nothing about it at work either.
	OnStaffOfChild: {Operation: "notice", Callers: employed, About: Child, Roles: AnyRole, Contact: true, Fields: AllFields},
}

// DecideNotice answers whether a notice may leave to somebody at this moment (V15, B9): by Decide, as what the grounds say. active tells whether
// there is anybody to get it: for their own matters an account or an application that goes on. Grounds that are none are refused.
func DecideNotice(g Grounds, active bool, f Facts) Decision {
	p, ok := notices[g]
	if !ok {
		return Decision{Reason: AnotherCaller}
	}
	return Decide(Subject{Caller: p.Callers[0], Active: active}, p, f, Env{})
}
