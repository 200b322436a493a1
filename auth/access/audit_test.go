package access

import (
	"strings"
	"testing"
)

// B5, P14: a program whose registry leaves open what the trail keeps of an operation does not start, and says which and what to do.
func TestOperationWithoutAnAuditClassDoesNotStart(t *testing.T) {
	t.Parallel()
	work := Policy{Operation: "DoIt", Callers: employed, Roles: AnyRole, Fields: AllFields}
	with := func(change func(*Policy)) Policy { p := work; change(&p); return p }
	for name, c := range map[string]struct {
		policy Policy
		says   string
	}{
		"nothing said":                     {work, "no audit class"},
		"a class that is none":             {with(func(p *Policy) { p.Audit, p.Purpose = AuditPrivileged+1, Roster }), "no audit class"},
		"neither purpose nor reason":       {with(func(p *Policy) { p.Audit = AuditWrite }), "Purpose"},
		"both":                             {with(func(p *Policy) { p.Audit, p.Purpose, p.Unkept = AuditLook, Roster, "no reason" }), "not both"},
		"a purpose that is none":           {with(func(p *Policy) { p.Audit, p.Purpose = AuditLook, "curiosity" }), "curiosity"},
		"a purpose, and no class for it":   {with(func(p *Policy) { p.Audit, p.Purpose = AuditNone, Roster }), "AuditNone"},
		"a look that leaves nothing":       {with(func(p *Policy) { p.Audit, p.Unkept = AuditLook, "too many" }), "leaves no entry"},
		"a decision that leaves nothing":   {with(func(p *Policy) { p.Audit, p.Unkept = AuditPrivileged, "too many" }), "leaves no entry"},
		"a child shown without an entry":   {with(func(p *Policy) { p.Audit, p.Unkept, p.Reads = AuditNone, "too many", true }), "leaves no entry"},
		"a tablet that shows without that": {Policy{Operation: "DoIt", Callers: shared, Audit: AuditNone, Unkept: "x", Reads: true}, "leaves no entry"},
	} {
		err := c.policy.check()
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "DoIt") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, p := range map[string]Policy{
		"an entry": with(func(p *Policy) { p.Audit, p.Purpose, p.Reads = AuditLook, Roster, true }),
		"a reason": with(func(p *Policy) { p.Audit, p.Unkept = AuditNone, "the caller's own" }),
	} {
		if err := p.check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
