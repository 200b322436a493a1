package walk_test

import (
	"net/http"
	"slices"
	"strings"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth/access"
)

// verdict is what a cell of the matrix expects.
type verdict int

const (
	refuse verdict = iota // as what does not exist, or as somebody who is not signed in
	allow
	givePIN // a shared tablet on which nobody has said who they are (V7)
	stepUp  // a session that is not strong enough (H8)
	accept  // a guardian who has yet to accept the terms in force (H12)
)

// sees tells whether a caller may see a child at all.
func sees(caller who, x *target) bool {
	if x.relation == unknownChild {
		return false
	}
	if kindOf(caller) == access.Guardian {
		return slices.Contains(reaches[caller], x.relation)
	}
	if caller == bounded {
		return slices.Contains(named, x.relation)
	}
	roles := holds[caller][x.place]
	if roles == access.NoRole || x.relation == departed || keptFrom[caller] == x.relation {
		return false
	}
	if group, shared := onTablets[caller]; shared && group != x.group() {
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

// expects derives what a cell must answer from the operation's line in the registry and from what everybody is.
func (m *matrix) expects(o *contract.Operation, p access.Policy, caller who, x *target) verdict {
	kind := kindOf(caller)
	if kind == access.Tablet && slices.Contains(p.Callers, access.Staff) && !slices.Contains(p.Callers, access.Tablet) {
		if p.PIN {
			return givePIN // whatever it names, so that it tells nothing
		}
		return refuse // with a PIN as without one
	}
	_, shared := onTablets[caller]
	switch {
	case slices.Contains(powerless, caller), !slices.Contains(p.Callers, kind), shared && kind == access.Staff && !p.PIN:
		return refuse
	case slices.Contains(weak, caller) && p.Strong && p.About == access.Nothing && names(o, p):
		return stepUp // whatever it names, of one's own
	case x.relation == unknownChild && names(o, p):
		return refuse
	case !m.permitted(o, p, caller, x):
		return refuse
	case caller == owing && !p.Anyway:
		return accept
	case slices.Contains(weak, caller) && p.Strong:
		return stepUp
	}
	return allow
}

// permitted tells whether roles and relations let a caller in.
func (m *matrix) permitted(o *contract.Operation, p access.Policy, caller who, x *target) bool {
	anywhere := access.NoRole
	for _, roles := range holds[caller] {
		anywhere |= roles
	}
	staff := kindOf(caller) == access.Staff
	switch {
	case staff && anywhere&p.Roles == 0:
		return false
	case narrower[o.ID] != nil:
		return slices.Contains(narrower[o.ID], caller)
	case p.Cleared: // nobody by their role alone (B8)
		return caller == bosses[x.place]
	case p.About == access.Nothing && names(o, p): // a session or a passkey: whose it is
		return caller == x.rightful && x.relation != unknownChild
	case p.About == access.Nothing:
		return true
	case staff && holds[caller][x.place]&p.Roles == 0, staff && ofChild(p.About) && !sees(caller, x):
		return false
	case staff:
		return x.relation != departed || !throughChild(p.About)
	case p.Needs == access.NeedsPlace:
		return m.at(caller, x.place)
	case p.Needs == access.NeedsOwn:
		return sees(caller, x) && caller == x.rightful
	}
	return sees(caller, x)
}

// apart tells whether a caller has nothing at all where a target is: another institution, or another municipality. Neither the policy nor
// row-level security needs the other to refuse such a cell.
func (m *matrix) apart(caller who, x *target) bool {
	return x.relation == unknownChild || holds[caller][x.place] == access.NoRole && !m.at(caller, x.place) && x.rightful != caller
}

// names tells whether an operation names something.
func names(o *contract.Operation, p access.Policy) bool {
	return strings.Contains(o.Path, "{") || p.About != access.Nothing
}

func ofChild(n access.Noun) bool {
	return n == access.Child || n == access.Absence || n == access.Conversation || n == access.Guardianship
}

// throughChild tells whether staff reach something by the child's enrolment alone.
func throughChild(n access.Noun) bool { return ofChild(n) || n == access.Restriction }

// outcome is what somebody who may is answered: a status, and a word when that is no success.
type outcome struct {
	status int
	code   string
}

// saysInstead is what those who may are answered where that is not the success of the walk's table.
var saysInstead = map[string]func(caller who, x *target) outcome{
	"SubmitApplication": func(who, *target) outcome { return outcome{http.StatusConflict, "email_not_confirmed"} },
	"AddPasskey": func(caller who, _ *target) outcome {
		if caller == pending || slices.Contains(weak, caller) { // who proves the password anew first: TestPasskeyLeadsToWork
			return outcome{http.StatusUnprocessableEntity, "passkey_refused"}
		}
		return outcome{status: http.StatusCreated}
	},
	"StartPasskey": func(caller who, _ *target) outcome {
		if caller == pending || slices.Contains(weak, caller) {
			return outcome{http.StatusUnauthorized, "step_up_required"}
		}
		return outcome{status: http.StatusCreated}
	},
	"DecideHeldChange": func(_ who, x *target) outcome {
		if x.relation == departed { // it waits where the child is now (V14)
			return outcome{http.StatusNotFound, "not_found"}
		}
		return outcome{http.StatusPreconditionFailed, "version_outdated"}
	},
	"ReplyToGuardian": func(_ who, x *target) outcome {
		if !sees(x.rightful, x) { // the guardian lost the child, and with it the thread (V15)
			return outcome{http.StatusConflict, "guardian_inactive"}
		}
		return outcome{status: http.StatusCreated}
	},
	"OpenAssistedCase": func(caller who, x *target) outcome {
		switch {
		case x.relation == endedRelation || !sees(caller, x):
			return outcome{http.StatusNotFound, "not_found"}
		case x.relation == restrictedChild || x.relation == suspendedRelation: // B8; who is suspended is activated first (V6)
			return outcome{http.StatusConflict, "assisted_not_possible"}
		}
		return outcome{status: http.StatusCreated}
	},
}

// answers is what a cell that lets somebody in answers.
func answers(c cell) outcome {
	switch say := saysInstead[c.operation.ID]; {
	case say != nil:
		return say(c.caller, c.of)
	case c.operation.Versioned:
		return outcome{http.StatusPreconditionFailed, "version_outdated"} // the matrix sends a version that nothing has
	}
	return outcome{status: c.row.status}
}
