package walk_test

import (
	"slices"
	"strings"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// What everybody is, declared: nothing here asks the code or the database that the matrix holds to it.

// reaches are the children that each guardian may see.
var reaches = map[who][]relation{
	right: {ownChild, ownAtSchool, ownProtected}, other: {ownChild}, stepmother: {halfSibling}, wrong: {classmate}, neighbour: {otherGroup},
	hilde: {atOtherPlace}, foreign: {otherMunicipality}, hiding: {protectedChild}, inactive: {}, elsewhere: {},
}

// alsoAt are institutions where a guardian has a child that is no column of the matrix.
var alsoAt = map[who]string{elsewhere: kindergarten}

// holds are the roles of staff, by institution.
var holds = map[who]map[string]access.Roles{
	employee: {kindergarten: access.Employee}, leader: {kindergarten: access.Leader}, head: {kindergarten: access.Head},
	owner: {kindergarten: access.Owner}, substitute: {kindergarten: access.Substitute}, ofGroup: {kindergarten: access.Employee},
	topOwner: {kindergarten: access.Owner, school: access.Owner}, rektor: {school: access.Head}, teacher: {school: access.Leader},
	utrikine: {abroad: access.Head},
}

// keptFrom are staff who must not see a child although they work where it is (B8).
var keptFrom = map[who]relation{employee: restrictedChild}

// named are the children whom a head named for the external partner (U8).
var named = []relation{classmate, protectedChild}

// narrower are operations for fewer people than the registry can say, in words of its own.
var narrower = map[string][]who{ // roles of the whole municipality
	"SetReviewRule": {topOwner}, "GetApplicationPolicy": {topOwner}, "SetApplicationPolicy": {topOwner},
	"GetSecondFactorRule": {topOwner}, "SetSecondFactorRule": {topOwner},
}

// powerless have a token that proves nothing: sessions that are over, and roles without an end, which give nothing (U8, B12).
var powerless = slices.Concat(strangers, []who{professional, partner})

// callers are the rows of the matrix.
var callers = slices.Concat([]who{applicant, right, other, stepmother, wrong, neighbour, hilde, foreign, hiding, inactive, elsewhere},
	[]who{owner, head, leader, employee, substitute, ofGroup, topOwner, rektor, teacher, utrikine, bounded}, powerless)

// verdict is what a cell of the matrix expects.
type verdict int

const (
	refuse verdict = iota
	allow
	either // the operation asks more than the registry says, and nothing is declared about it: only what the answer shows is judged
)

// sees tells whether a caller may see a child at all.
func sees(caller who, x *target) bool {
	if x.relation == unknownChild {
		return false
	}
	if _, guardian := reaches[caller]; guardian {
		return slices.Contains(reaches[caller], x.relation)
	}
	if caller == bounded {
		return slices.Contains(named, x.relation)
	}
	roles := holds[caller][x.place]
	if roles == access.NoRole || x.relation == departed || keptFrom[caller] == x.relation {
		return false
	}
	if x.relation == ownProtected || x.relation == protectedChild {
		return roles&access.Answers != 0 || caller == ofGroup && x.relation == protectedChild
	}
	return true
}

// at tells whether a guardian has a child at an institution now.
func (m *matrix) at(caller who, place string) bool {
	return alsoAt[caller] == place || slices.ContainsFunc(m.targets, func(x *target) bool { return x.place == place && sees(caller, x) })
}

func (m *matrix) kind(caller who) access.Caller {
	switch m.is[caller].kind {
	case scope.Guardian:
		return access.Guardian
	case scope.Staff:
		return access.Staff
	}
	return access.Applicant
}

// expects derives what a cell must answer from the operation's line in the registry and from what everybody is.
func (m *matrix) expects(o *contract.Operation, p access.Policy, caller who, x *target) verdict {
	if slices.Contains(powerless, caller) || !slices.Contains(p.Callers, m.kind(caller)) || x.relation == unknownChild && names(o) {
		return refuse
	}
	anywhere := access.NoRole
	for _, roles := range holds[caller] {
		anywhere |= roles
	}
	if caller == bounded {
		anywhere = access.ExternalPartner
	}
	switch staff := m.kind(caller) == access.Staff; {
	case staff && anywhere&p.Roles == 0:
		return refuse
	case narrower[o.ID] != nil:
		return when(slices.Contains(narrower[o.ID], caller))
	case p.About == access.Nothing && !names(o):
		return allow
	case p.About == access.Nothing: // the flow itself asks whose it is
		if !m.knows(caller, x) {
			return refuse
		}
		return either
	case staff && holds[caller][x.place]&p.Roles == 0, staff && ofChild(p.About) && !sees(caller, x):
		return refuse
	case staff:
		return allow
	case p.Needs == access.NeedsPlace:
		return when(m.at(caller, x.place))
	case p.Needs == access.NeedsOwn:
		return when(sees(caller, x) && caller == x.rightful)
	}
	return when(sees(caller, x))
}

func when(allowed bool) verdict {
	if allowed {
		return allow
	}
	return refuse
}

// knows tells whether a caller has anything at all to do with a child or its institution.
func (m *matrix) knows(caller who, x *target) bool {
	return holds[caller][x.place] != 0 || x.rightful == caller || sees(caller, x)
}

// names tells whether an operation names something in its path.
func names(o *contract.Operation) bool { return strings.Contains(o.Path, "{") }

func ofChild(n access.Noun) bool {
	return n == access.Child || n == access.Absence || n == access.Conversation || n == access.Guardianship
}
