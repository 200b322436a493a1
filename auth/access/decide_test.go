package access

import (
	"slices"
	"testing"
	"time"
)

// moment is when everything here is decided.
var moment = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

// why is the rule a second time, written as a flat table: each line stands for itself and says when something is refused, and for which reason
// if nothing above it applies. What no line refuses is allowed. It shares no code with decide.
var why = []struct {
	reason Reason
	when   func(s Subject, p Policy, f Facts) bool
}{
	{AnotherCaller, func(s Subject, p Policy, _ Facts) bool {
		return slices.Index(append(slices.Clone(p.Callers), p.Beside...), s.Caller) < 0
	}},
	{SignedOut, func(s Subject, _ Policy, _ Facts) bool {
		return !s.Active && (s.Caller == Guardian || s.Caller == Staff || s.Caller == Applicant || s.Caller == Tablet)
	}},
	{NotOnTablet, func(s Subject, p Policy, _ Facts) bool {
		return s.Caller == Staff && s.Tablet && (!p.PIN || !s.PIN)
	}},
	{Unknown, func(s Subject, p Policy, f Facts) bool { return named(s, p) && !f.Found }},
	{Restricted, func(s Subject, p Policy, f Facts) bool { return named(s, p) && f.Restricted }},
	{OtherHome, func(s Subject, p Policy, f Facts) bool {
		return s.Caller == Staff && p.About == "conversation" && f.OtherHome
	}},
	{ProtectedIdentity, func(s Subject, p Policy, f Facts) bool {
		return s.Caller == Staff && named(s, p) && (f.Protection == Marked || f.Protection == Protected || f.Protection == Strict) && f.Roles > 0 && !f.Access
	}},
	{NotCleared, func(s Subject, p Policy, f Facts) bool {
		sealed := slices.Contains([]Noun{"child", "absence", "conversation", "guardianship", "restriction"}, p.About) && f.Protection == Strict && !p.Counts && !p.Closes
		return s.Caller == Staff && named(s, p) && f.Roles > 0 && !f.Cleared && (p.Cleared || sealed)
	}},
	{OwnMatter, func(s Subject, p Policy, _ Facts) bool {
		return (s.Caller == Applicant || s.Caller == Tablet) && p.About != ""
	}},
	{OwnMatter, func(s Subject, p Policy, _ Facts) bool {
		return s.Caller == Guardian && p.Needs == NeedsNothing && p.About != ""
	}},
	{NotAtPlace, func(s Subject, p Policy, f Facts) bool {
		return s.Caller == Guardian && p.Needs == NeedsPlace && !f.Place
	}},
	{NoRelationToChild, lacks("none")}, {RelationInactive, lacks("inactive")}, {RelationSuspended, lacks("suspended")},
	{RelationEnded, lacks("ended")}, {NotEnrolled, lacks("active")},
	{NotTheirs, func(s Subject, p Policy, f Facts) bool { return s.Caller == Guardian && p.Needs == NeedsOwn && !f.Own }},
	{NoRoleHere, func(s Subject, p Policy, f Facts) bool { return s.Caller == Staff && held(s, p, f) == 0 }},
	{RoleTooSmall, func(s Subject, p Policy, f Facts) bool { return s.Caller == Staff && held(s, p, f)&p.Roles == 0 }},
	{NotEnrolled, func(s Subject, p Policy, f Facts) bool {
		return s.Caller == Staff && slices.Contains([]Noun{"child", "absence", "conversation", "guardianship"}, p.About) && !f.Access
	}},
	{TermsRequired, func(s Subject, p Policy, _ Facts) bool { return s.Owes == TermsDue && !p.Anyway }},
	{WeakSession, func(s Subject, p Policy, _ Facts) bool { return p.Strong && !s.Strong }},
	{WeakSession, func(s Subject, p Policy, _ Facts) bool {
		return p.Fresh != 0 && s.SignedInAt.Add(p.Fresh).Before(moment)
	}},
	{NoContact, func(s Subject, p Policy, f Facts) bool { return named(s, p) && p.Contact && f.NoContact }},
}

func named(s Subject, p Policy) bool {
	return p.About != "" && s.Caller != "signin" && s.Caller != "machine"
}

func lacks(r Relation) func(Subject, Policy, Facts) bool {
	return func(s Subject, p Policy, f Facts) bool {
		return s.Caller == Guardian && (p.Needs == NeedsChild || p.Needs == NeedsOwn) && !f.Access && f.Relation == r
	}
}

func held(s Subject, p Policy, f Facts) Roles {
	if p.About == "" {
		return s.Roles
	}
	return f.Roles
}

// Every combination of everything that a decision depends on, for every shape of policy that there is and some that there will be (P1).
func TestDecideAgreesWithTheTable(t *testing.T) {
	t.Parallel()
	policies := shapes()
	cases := 0
	for _, s := range subjects() {
		for _, f := range everyFacts() {
			for _, p := range policies {
				cases++
				got := decide(s, p, f, Env{Now: moment})
				want, refused := Reason(""), false
				for _, line := range why {
					if line.when(s, p, f) {
						want, refused = line.reason, true
						break
					}
				}
				if got.Allow == refused || refused && got.Reason != want {
					t.Fatalf("decide(%+v, %+v, %+v) = %+v, want refused %t %q", s, p, f, got, refused, want)
				}
				if !slices.Contains(Reasons, got.Reason) {
					t.Fatalf("the reason %q is none", got.Reason)
				}
				if got.Allow != (got.Fields != NoFields) || got.Fields > p.Fields {
					t.Fatalf("decide(%+v, %+v, %+v) = %+v: fields", s, p, f, got)
				}
				there := !s.Tablet || s.Caller == Staff || s.Caller == Tablet // nobody else comes from a tablet
				if got.Allow && there && !slices.Contains(p.Sets(), got.Fields) {
					t.Fatalf("decide(%+v, %+v, %+v) = %+v: a set of fields that the policy does not foresee", s, p, f, got)
				}
				if (got.Obligation != NoObligation) != (got.Reason == WeakSession || got.Reason == TermsRequired) {
					t.Fatalf("decide(%+v, %+v, %+v) = %+v: an obligation beside another reason", s, p, f, got)
				}
			}
		}
	}
	if cases < 1_000_000 {
		t.Errorf("only %d combinations", cases)
	}
}

// shapes are the policies of the registry, each kind once, and the same with what a later operation will ask.
func shapes() []Policy {
	var list []Policy
	add := func(p Policy) {
		p.Operation, p.From, p.Audit, p.Reads = "", Source{}, 0, false
		same := func(q Policy) bool {
			return slices.Equal(p.Callers, q.Callers) && slices.Equal(p.Beside, q.Beside) && p.About == q.About && p.Needs == q.Needs &&
				p.Roles == q.Roles && p.Fields == q.Fields && p.Strong == q.Strong && p.Fresh == q.Fresh && p.PIN == q.PIN && p.Contact == q.Contact && p.Anyway == q.Anyway &&
				p.Cleared == q.Cleared && p.Counts == q.Counts && p.Closes == q.Closes
		}
		if !slices.ContainsFunc(list, same) {
			list = append(list, p)
		}
	}
	for _, p := range All() {
		add(p)
	}
	add(Policy{Callers: guardians, About: Child, Needs: NeedsChild, Fields: AllFields, Strong: true, Fresh: time.Hour})
	add(Policy{Callers: employed, About: Child, Roles: Writes, Fields: WithoutWords, PIN: true})
	add(Policy{Callers: guardians, About: Child, Fields: AllFields})
	add(Policy{Callers: applying, About: Child, Fields: AllFields})
	for _, p := range notices {
		add(p)
	}
	return list
}

func subjects() []Subject {
	var list []Subject
	for _, caller := range []Caller{Guardian, Staff, Applicant, Tablet, SignIn, Machine} {
		for _, active := range []bool{false, true} {
			for _, roles := range []Roles{NoRole, Owner, Leader, Substitute | ExternalPartner} {
				for _, seat := range [][2]bool{{false, false}, {true, false}, {true, true}} {
					for _, ago := range []time.Duration{-1, 0, time.Hour, time.Hour + 1} { // -1: just now, and weakly
						one := Subject{
							Caller: caller, Active: active, Roles: roles, Tablet: seat[0], PIN: seat[1], Strong: ago >= 0, SignedInAt: moment.Add(-max(ago, 0)),
						}
						list = append(list, one)
						if one.Owes = TermsDue; caller == Guardian && roles == NoRole && !one.Tablet {
							list = append(list, one)
						}
					}
				}
			}
		}
	}
	return list
}

func everyFacts() []Facts {
	var list []Facts
	both := []bool{false, true}
	for _, found := range both {
		for _, own := range both {
			for _, relation := range Relations {
				for _, access := range both {
					for _, place := range both {
						for _, roles := range []Roles{NoRole, Owner, Leader, Substitute} {
							for _, protection := range Protections {
								for _, restricted := range both {
									if !found && (own || access || place || restricted) && roles != NoRole {
										continue // what is not found has few facts; some of them are enough
									}
									one := Facts{found, own, relation, access, place, roles, protection, restricted, false, own && relation == Active, restricted != place && !access}
									list = append(list, one)
									if protection == Protected || protection == Strict {
										one.Cleared = true
										list = append(list, one)
									}
								}
							}
						}
					}
				}
			}
		}
	}
	return list
}

// The build without the policy lets everybody through, with a reason of its own that is one of the list; every other build decides.
func TestDecideIsOnUnlessTheBuildSaysOtherwise(t *testing.T) {
	t.Parallel()
	got := Decide(Subject{}, Policy{Operation: "GetChild", Callers: guardians}, Facts{}, Env{Now: moment})
	if off && (!got.Allow || got.Reason != PolicyOff) || !off && (got.Allow || got.Reason != AnotherCaller) {
		t.Errorf("Decide = %+v", got)
	}
	if !slices.Contains(Reasons, PolicyOff) {
		t.Error("the reason of the build without the policy is not listed")
	}
}

// A policy that means nothing does not start, and neither does an operation without one (P1).
func TestCheckFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, p := range All() {
		ids = append(ids, p.Operation)
	}
	if err := Check(ids); err != nil {
		t.Fatal(err)
	}
	if err := Check(ids[1:]); err == nil {
		t.Error("a policy without an operation passed")
	}
	if err := Check(append(ids, "EraseEverything")); err == nil {
		t.Error("an operation without a policy passed")
	}
	for name, p := range map[string]Policy{
		"no caller":           {},
		"no source":           {Callers: guardians, About: Child, Needs: NeedsChild},
		"no noun":             {Callers: guardians, From: path("childId")},
		"staff without roles": {Callers: employed},
		"roles without staff": {Callers: guardians, Roles: Head},
		"nothing asked":       {Callers: guardians, About: Child, From: path("childId")},
		"a noun that is none": {Callers: guardians, About: "moon", From: path("moonId"), Needs: NeedsChild},
	} {
		if p.check() == nil {
			t.Errorf("%s passed", name)
		}
	}
}

func TestRolesAreTheirWords(t *testing.T) {
	t.Parallel()
	for _, r := range []Roles{NoRole, Answers, Daily, Writes, AnyRole} {
		if got := RolesOf(r.Words()); got != r {
			t.Errorf("RolesOf(%q) = %b, want %b", r, got, r)
		}
	}
	if RolesOf([]string{"emperor", ""}) != NoRole {
		t.Error("a word that is no role gives a right")
	}
}

// What somebody needs to accept the terms, their own account, and alerts are open to them before (H12, B2).
func TestWhatWaitsForNoAcceptance(t *testing.T) {
	t.Parallel()
	owing := Subject{Caller: Guardian, Active: true, Strong: true, SignedInAt: moment, Owes: DutiesOf([]string{"terms", "what a later program knows"})}
	known := Facts{Found: true, Own: true, Relation: Active, Access: true, Place: true, Protection: Unprotected}
	for _, name := range []string{"GetTerms", "AcceptNewTerms", "GetMe", "ListSessions", "EndSession", "SignOut", "EndAccount", "ProveByBankID", "GetAlert", "RegisterDevice"} {
		if p, _ := Of(name); !decide(owing, p, known, Env{Now: moment}).Allow {
			t.Errorf("%s waits for the terms", name)
		}
	}
	for _, p := range All() {
		d := decide(owing, p, known, Env{Now: moment})
		if slices.Contains(p.Callers, Guardian) && d.Allow != p.Anyway {
			t.Errorf("%s, which waits for nothing: %t, is decided as %+v", p.Operation, p.Anyway, d)
		}
	}
}
