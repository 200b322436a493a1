package access

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Policy is what one operation of the contract asks of its caller. The list of policies is the registry: an operation without a line does
// not start, and neither does a line without an operation.
type Policy struct {
	// Operation is the operationId.
	Operation string
	// Callers are the kinds of caller that the operation is for.
	Callers []Caller
	// Beside are kinds of caller without a person that the flow also opens transactions as, to count or to look something up.
	Beside []Caller
	// About is what the operation names, and From where its id stands in the request.
	About Noun
	From  Source
	// Needs is what a guardian needs to have with it; it is Nothing's own matter for everybody else.
	Needs Need
	// Roles are the staff roles of which one must be held: at the institution that About leads to, or anywhere when it is about nothing.
	Roles Roles
	// Fields is the most that the answer shows; Decide narrows it to its caller (Sets), and the rim cuts the answer to what was decided.
	Fields Fields
	// Strong asks for a session that was signed in with an electronic identity or two factors; Fresh, unless it is 0, for one whose sign-in
	// is not older than that (H8, RFC 9470).
	Strong bool
	Fresh  time.Duration
	// Anyway lets a guardian do it who has yet to accept the terms (H12): what somebody needs to do just that, their own account, and what must
	// reach them whatever they accepted (B2). The whole room of signing in is for one's own account.
	Anyway bool
	// PIN lets the operation be done on a shared tablet, by somebody who gave their PIN there (V7). What does not say so is for devices of one's
	// own: one's sessions, password and telephone are nobody's business on a tablet. It means nothing, and is refused, where only those who answer
	// for the institution decide, and where a strong sign-in is asked for.
	PIN bool
	// Contact says that it reaches out to the subject about a child, or writes about it in their name, which a restriction on contact forbids too (B8).
	Contact bool
	// Cleared asks for a clearance for the protected person whom it is about (B8).
	Cleared bool
	// Counts says that it shows no more of a child than its place in a group and whether it is here, which staff need to count the children: a
	// strictly protected one is among them, under its alias.
	Counts bool
	// Closes says that it takes access away, or is what that needs: who answers for a strictly protected child does it by the alias, without a
	// clearance (V15, B8).
	Closes bool
	// Audit says what class the operation is of for the trail (B5). Each use leaves an entry for the Purpose; or, where none is left, Unkept says
	// why, which the lists of guardians, of signing in and of machines say once for all of theirs.
	Audit   Audit
	Purpose Purpose
	Unkept  string
	// Reads says that the answer holds data of a child.
	Reads bool
}

// Source says where in a request an id stands.
type Source struct {
	// In is "path", "query" or "body"; "" for an operation that names nothing.
	In string
	// Name is the parameter's, or the property's.
	Name string
}

// Need is what a guardian needs to have with what an operation is about.
type Need uint8

// The needs, each more than the one before it but for a place, which stands by itself.
const (
	NeedsNothing Need = iota // the caller's own matters
	NeedsPlace               // a child of theirs at the institution
	NeedsChild               // access to the child
	NeedsOwn                 // access to the child, and it is their own: they wrote it, or take part in it
)

// registry has the policies by operationId.
var registry = func() map[string]Policy {
	all := map[string]Policy{}
	for i := range signinOperations {
		signinOperations[i].Anyway = true
	}
	for _, room := range []struct {
		list   []Policy
		unkept string // why what has no purpose leaves no entry; "" where each line says it
	}{
		{signinOperations, "somebody's own way in; what fails leaves an entry in the flow"},
		{guardianOperations, "a guardian's own child and own account, which nobody else looks into"},
		{machineOperations, "a machine tells or asks, and nobody looks"},
		{staffOperations, ""}, {officeOperations, ""}, {tabletOperations, ""}, {protectedOperations, ""},
	} {
		for _, p := range room.list {
			if p.Purpose == "" && p.Unkept == "" {
				p.Unkept = room.unkept
			}
			if _, twice := all[p.Operation]; twice {
				panic("access: two policies for " + p.Operation)
			}
			all[p.Operation] = p
		}
	}
	return all
}()

// Of returns the policy of an operation, false if there is none.
func Of(operation string) (Policy, bool) {
	p, ok := registry[operation]
	return p, ok
}

// All returns every policy, by operationId.
func All() []Policy {
	list := make([]Policy, 0, len(registry))
	for _, p := range registry {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Policy) int {
		if a.Operation < b.Operation {
			return -1
		}
		return 1
	})
	return list
}

// Check compares the registry with the operations that the contract promises. The error names every operation without a policy and every
// policy without an operation.
func Check(operations []string) error {
	var mistakes []error
	for _, id := range operations {
		p, ok := Of(id)
		if !ok {
			mistakes = append(mistakes, fmt.Errorf("access: the operation %s has no policy: say in auth/access who may call it", id))
			continue
		}
		if err := p.check(); err != nil {
			mistakes = append(mistakes, err)
		}
	}
	for _, p := range All() {
		if !slices.Contains(operations, p.Operation) {
			mistakes = append(mistakes, fmt.Errorf("access: the policy of %s has no operation any more", p.Operation))
		}
	}
	return errors.Join(mistakes...)
}

// check refuses a policy that means nothing.
func (p Policy) check() error {
	switch {
	case len(p.Callers) == 0:
		return fmt.Errorf("access: the policy of %s names no caller", p.Operation)
	case (p.About == Nothing) != (p.From == Source{}):
		return fmt.Errorf("access: the policy of %s must say both what it is about and where its id stands, or neither", p.Operation)
	case slices.Contains(p.Callers, Staff) && p.Roles == NoRole:
		return fmt.Errorf("access: the policy of %s lets staff in and names no role", p.Operation)
	case !slices.Contains(p.Callers, Staff) && p.Roles != NoRole:
		return fmt.Errorf("access: the policy of %s names roles and lets no staff in", p.Operation)
	case slices.Contains(p.Callers, Guardian) && p.About != Nothing && p.Needs == NeedsNothing:
		return fmt.Errorf("access: the policy of %s names something and asks nothing of a guardian", p.Operation)
	case p.PIN && (p.Strong || p.Roles&^Answers == NoRole):
		return fmt.Errorf("access: the policy of %s lets a PIN open what nobody does on a shared tablet (V7)", p.Operation)
	case !slices.Contains(Nouns, p.About):
		return fmt.Errorf("access: the policy of %s is about %q, which is no noun", p.Operation, p.About)
	}
	return p.audited()
}

// path is an id in the path of a request, body one in its body.
func path(name string) Source { return Source{"path", name} }
func body(name string) Source { return Source{"body", name} }
