package auth

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// Question is one request's question to the policy: which operation, about what.
type Question struct {
	Policy access.Policy
	ID     uuid.UUID // what the operation names; uuid.Nil when it is about nothing in particular
	// Decided hears every decision, for logs and counters; nil does not.
	Decided func(access.Decision)
}

// WithOperation returns a context whose transactions are decided by the policy of an operation. The rim of the API calls it once per request.
func WithOperation(ctx context.Context, q Question) context.Context {
	return scope.WithGate(ctx, q)
}

// About implements scope.Gate.
func (q Question) About() (string, uuid.UUID) { return string(q.Policy.About), q.ID }

// Admit implements scope.Gate: it asks access.Decide with what the database found out in this transaction.
func (q Question) Admit(who scope.Person, f scope.Facts) error {
	d := access.Decide(subject(who), q.Policy, facts(f), access.Env{Now: f.Moment})
	if q.Decided != nil {
		q.Decided(d)
	}
	if d.Reason == access.NoContact {
		return &scope.NoContactError{Caller: who.Caller}
	}
	return q.because(d)
}

// Unnamed implements scope.Gate.
func (q Question) Unnamed() error {
	d := q.Policy.Unnamed()
	if q.Decided != nil {
		q.Decided(d)
	}
	return q.because(d)
}

// because is a decision in the words of the scope.
func (q Question) because(d access.Decision) error {
	switch {
	case d.Allow:
		return nil
	case d.Obligation == access.StepUp:
		return &scope.StepUp{Assurance: scope.Substantial, MaxAge: q.Policy.Fresh}
	case d.Obligation == access.GivePIN:
		return scope.ErrPIN
	case d.Obligation == access.AcceptTerms:
		return scope.ErrTerms
	case d.Reason == access.Unknown:
		return scope.ErrUnknown
	}
	return scope.ErrRefused
}

// subject reads a proven person. That the session is active is what proving it means.
func subject(who scope.Person) access.Subject {
	return access.Subject{
		Caller: access.Caller(who.Caller), Active: who.Session != uuid.Nil, Strong: who.Strong, SignedInAt: who.AuthTime, Roles: access.RolesOf(who.Roles),
		Tablet: who.Tablet != uuid.Nil, PIN: who.Tablet != uuid.Nil && who.ID != uuid.Nil,
		Owes: access.DutiesOf(who.Owes),
	}
}

func facts(f scope.Facts) access.Facts {
	return access.Facts{
		Found: f.Found, Own: f.Own, Relation: access.Relation(f.Relation), Access: f.Access, Place: f.Place, Roles: access.RolesOf(f.Roles),
		Protection: access.Protection(f.Protection), Restricted: f.Restricted, Cleared: f.Cleared, NoContact: f.NoContact, OtherHome: f.OtherHome,
	}
}
