package access

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawn is a question that the registry can be asked, with facts that need not fit together.
func drawn(t *rapid.T) (Subject, Policy, Facts) {
	roles := func(name string) Roles { return Roles(rapid.IntRange(0, int(AnyRole)).Draw(t, name)) }
	flag := func(name string) bool { return rapid.Bool().Draw(t, name) }
	policies := append(All(), notices[OnSelf], notices[OnChild], notices[OnInstitution], notices[OnStaff])
	s := Subject{
		Caller: rapid.SampledFrom([]Caller{Guardian, Staff, Applicant, SignIn, Tablet, SecondFactor, Machine}).Draw(t, "caller"),
		Active: flag("active"), Strong: flag("strong"), SignedInAt: moment, Roles: roles("roles anywhere"), Tablet: flag("tablet"), PIN: flag("pin"),
	}
	if flag("owes") {
		s.Owes = TermsDue
	}
	p := rapid.SampledFrom(policies).Draw(t, "policy")
	if flag("a caller of it") {
		s.Caller = rapid.SampledFrom(p.Callers).Draw(t, "its caller")
	}
	return s, p, Facts{
		Found: flag("found"), Own: flag("own"), Relation: rapid.SampledFrom(Relations).Draw(t, "relation"), Access: flag("access"), Place: flag("place"),
		Roles: roles("roles here"), Protection: rapid.SampledFrom(Protections).Draw(t, "protection"), Restricted: flag("restricted"), NoContact: flag("no contact"), OtherHome: flag("other home"),
	}
}

// worse are what stands against somebody, one at a time: none of them may ever open anything or show more (B8, deny overrides).
var worse = map[string]func(*Subject, *Policy, *Facts){
	"signed out":         func(s *Subject, _ *Policy, _ *Facts) { s.Active = false },
	"weakly signed in":   func(s *Subject, _ *Policy, _ *Facts) { s.Strong = false },
	"long ago":           func(s *Subject, _ *Policy, _ *Facts) { s.SignedInAt = moment.AddDate(-1, 0, 0) },
	"no role anywhere":   func(s *Subject, _ *Policy, _ *Facts) { s.Roles = NoRole },
	"on a tablet":        func(s *Subject, _ *Policy, _ *Facts) { s.Tablet, s.PIN = true, false },
	"owes the terms":     func(s *Subject, _ *Policy, _ *Facts) { s.Owes |= TermsDue },
	"gone":               func(_ *Subject, _ *Policy, f *Facts) { f.Found = false },
	"somebody else's":    func(_ *Subject, _ *Policy, f *Facts) { f.Own = false },
	"no access":          func(_ *Subject, _ *Policy, f *Facts) { f.Access = false },
	"no place":           func(_ *Subject, _ *Policy, f *Facts) { f.Place = false },
	"no role here":       func(_ *Subject, _ *Policy, f *Facts) { f.Roles = NoRole },
	"one role fewer":     func(_ *Subject, _ *Policy, f *Facts) { f.Roles &^= Head },
	"restricted":         func(_ *Subject, _ *Policy, f *Facts) { f.Restricted = true },
	"no contact":         func(_ *Subject, _ *Policy, f *Facts) { f.NoContact = true },
	"the other home's":   func(_ *Subject, _ *Policy, f *Facts) { f.OtherHome = true },
	"protected strictly": func(_ *Subject, _ *Policy, f *Facts) { f.Protection = Strict },
	"asks a strong one":  func(_ *Subject, p *Policy, _ *Facts) { p.Strong = true },
	"asks a fresh one":   func(_ *Subject, p *Policy, _ *Facts) { p.Fresh = 1 },
	"reaches out":        func(_ *Subject, p *Policy, _ *Facts) { p.Contact = true },
	"waits for terms":    func(_ *Subject, p *Policy, _ *Facts) { p.Anyway = false },
	"shows less":         func(_ *Subject, p *Policy, _ *Facts) { p.Fields = min(p.Fields, RollCall) },
}

// B8: whatever else is true, something more that stands against somebody never opens what was closed, and never shows more of it. The same
// question has the same answer, and what forbids is told nobody as something that they could do.
func TestWhatStandsAgainstSomebodyNeverOpens(t *testing.T) {
	t.Parallel()
	names := []string{}
	for name := range worse {
		names = append(names, name)
	}
	slices.Sort(names)
	opened := map[bool]int{}
	property := func(t *rapid.T) {
		s, p, f := drawn(t)
		before := decide(s, p, f, Env{Now: moment})
		if again := decide(s, p, f, Env{Now: moment}); again != before {
			t.Fatalf("one question has two answers: %+v, %+v", before, again)
		}
		opened[before.Allow]++ // rapid checks one after the other
		if !before.Allow && before.Fields != NoFields {
			t.Fatalf("refused, and shown %s", before.Fields)
		}
		if (f.Restricted || !f.Found) && p.About != Nothing && (s.Caller == Guardian || s.Caller == Staff) && (before.Allow || before.Obligation != NoObligation) {
			t.Fatalf("what is restricted or not there is answered with %+v", before)
		}
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 4).Draw(t, "worse") {
			worse[name](&s, &p, &f)
			after := decide(s, p, f, Env{Now: moment})
			if after.Allow && !before.Allow || after.Fields > before.Fields {
				t.Fatalf("%s turned %+v into %+v", name, before, after)
			}
			before = after
		}
	}
	for range 100 { // times the hundred that one check makes
		rapid.Check(t, property)
	}
	if opened[true] < 100 || opened[false] < 100 {
		t.Errorf("%v: too few were let in, or refused", opened)
	}
}
