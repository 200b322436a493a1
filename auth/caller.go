package auth

import (
	"context"

	"budstikke.example/migrations/scope"
)

type credentialKey struct{}

// WithCredential returns a context that carries the credential of the request. The rim of the API calls it once per request.
func WithCredential(ctx context.Context, c Credential) context.Context {
	return context.WithValue(ctx, credentialKey{}, c)
}

// CredentialOf returns the credential of the request, false if it came without one.
func CredentialOf(ctx context.Context) (Credential, bool) {
	c, ok := ctx.Value(credentialKey{}).(Credential)
	return c, ok
}

// Guardian is the scope of the guardian who calls. Without a credential it is the zero Scope, which opens nothing (scope.ErrNoSession); a
// session of another kind is refused when it opens (scope.ErrOtherCaller).
func Guardian(ctx context.Context) scope.Scope { return scopeOf(ctx, scope.Guardian) }

// Staff is the scope of the staff member who calls; errors as for Guardian.
func Staff(ctx context.Context) scope.Scope { return scopeOf(ctx, scope.Staff) }

// Applicant is the scope of somebody who has proved who they are and has no account yet (H1); errors as for Guardian.
func Applicant(ctx context.Context) scope.Scope { return scopeOf(ctx, scope.Applicant) }

// GuardianOrApplicant is the scope of whoever has an account as a guardian, or is about to: for the terms that they accept (H12).
func GuardianOrApplicant(ctx context.Context) scope.Scope {
	return scopeOf(ctx, scope.Guardian, scope.Applicant)
}

// Holder is the scope of whoever calls with an account, as a guardian or as staff: for what everybody does with their own account.
func Holder(ctx context.Context) scope.Scope { return scopeOf(ctx, scope.Guardian, scope.Staff) }

// Keyholder is the scope of whoever calls with an account, also on the way to a second factor: for what people change about how they sign in.
func Keyholder(ctx context.Context) scope.Scope {
	return scopeOf(ctx, scope.Guardian, scope.Staff, scope.SecondFactor)
}

// Anybody is the scope of whoever calls with a session, of any kind: for what everybody may do, such as signing out.
func Anybody(ctx context.Context) scope.Scope {
	return scopeOf(ctx, scope.Guardian, scope.Staff, scope.Applicant, scope.SecondFactor)
}

// Tablet is the scope of the shared tablet that calls (V7); errors as for Guardian.
func Tablet(ctx context.Context) scope.Scope { return scopeOf(ctx, scope.Tablet) }

func scopeOf(ctx context.Context, wanted ...scope.Caller) scope.Scope {
	c, ok := CredentialOf(ctx)
	if !ok {
		return scope.Scope{}
	}
	return scope.ByToken(c.Municipality, c.Digest, wanted...)
}
