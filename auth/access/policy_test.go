package access

import (
	"strings"
	"testing"
	"time"
)

// V7: a program whose registry lets a PIN open what nobody does on a shared tablet does not start.
func TestAPINThatOpensNothingDoesNotStart(t *testing.T) {
	t.Parallel()
	work := Policy{Operation: "DoIt", Callers: employed, Roles: Daily, Fields: AllFields, Audit: AuditNone, Unkept: "no child is named", PIN: true}
	if err := work.check(); err != nil {
		t.Errorf("the work of the day: %v", err)
	}
	with := func(change func(*Policy)) Policy { p := work; change(&p); return p }
	for name, p := range map[string]Policy{
		"what heads decide":              with(func(p *Policy) { p.Roles = Answers }),
		"what owners decide":             with(func(p *Policy) { p.Roles = Owner }),
		"what asks for a strong sign-in": with(func(p *Policy) { p.Strong, p.Fresh = true, time.Minute }),
		"what is for guardians":          with(func(p *Policy) { p.Callers, p.Roles = guardians, NoRole }),
	} {
		if err := p.check(); err == nil || !strings.Contains(err.Error(), "DoIt") || !strings.Contains(err.Error(), "PIN") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// V7: a shared tablet on which nobody has said who they are is asked for a PIN exactly where one opens it, and else told what somebody who gave
// theirs is told.
func TestATabletIsAskedForAPINThatOpensSomething(t *testing.T) {
	t.Parallel()
	asked := 0
	for _, p := range All() {
		d := p.Unnamed()
		if d.Allow || (d.Obligation == GivePIN) != (d.Reason == NoPIN) {
			t.Errorf("%s: %+v", p.Operation, d)
		}
		s := Subject{Caller: Staff, Active: true, Roles: AnyRole, Tablet: true, PIN: true, Strong: true, SignedInAt: moment}
		there := decide(s, p, Facts{Found: true, Access: true, Place: true, Own: true, Relation: Active, Roles: AnyRole, Cleared: true}, Env{Now: moment})
		switch {
		case d.Reason == NoPIN:
			if asked++; !there.Allow {
				t.Errorf("%s asks for a PIN, which opens nothing: %+v", p.Operation, there)
			}
		case there.Allow:
			t.Errorf("%s is opened by a PIN that nobody is asked for", p.Operation)
		}
	}
	if asked == 0 {
		t.Error("a PIN opens nothing at all")
	}
}
