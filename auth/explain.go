package auth

import (
	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// Explain tells whether somebody of a kind of caller would see a thing, and why or why not (B9): by the policy of the operation that shows it, by
// access.Decide, and by facts that the database told about them (app.viewers). It is not about a session: whoever it is about is taken to be
// signed in, as strongly as anybody asks.
func Explain(noun, caller string, f scope.Facts) access.Decision {
	policy, ok := access.Viewing(access.Noun(noun), access.Caller(caller))
	if !ok {
		return access.Decision{Reason: access.AnotherCaller}
	}
	if noun == string(access.Child) && access.RolesOf(f.Roles)&access.Named != access.NoRole {
		policy = access.ViewingAsPartner()
	}
	return explained(policy, caller, f)
}

// ExplainWriting tells the same of writing in a conversation, which a restriction on contact forbids to who may read it (B8).
func ExplainWriting(caller string, f scope.Facts) access.Decision {
	policy, ok := access.Writing(access.Caller(caller))
	if !ok {
		return access.Decision{Reason: access.AnotherCaller}
	}
	return explained(policy, caller, f)
}

func explained(policy access.Policy, caller string, f scope.Facts) access.Decision {
	who := access.Subject{Caller: access.Caller(caller), Active: true, Strong: true, SignedInAt: f.Moment, Roles: access.RolesOf(f.Roles)}
	return access.Decide(who, policy, facts(f), access.Env{Now: f.Moment})
}
