package postgres

import (
	"context"
	"errors"

	"budstikke.example/migrations/scope"
)

var errLookedOnly = errors.New("postgres: looked only")

// Repeated tells, before anything is done outside the database, whether the request was carried out before: *Replay if it was, and the faults
// of a key that is in use or was used otherwise. Sign-in needs it, because there the transaction is opened by who proves the identity.
func Repeated[T any](ctx context.Context, h Handle[T]) error {
	once, repeatable := idempotencyFrom(ctx)
	if !repeatable {
		return nil
	}
	err := h.database().scope.WithScope(ctx, h.open(), func(s *scope.Tx) error {
		if _, err := s.Exec(ctx, "select 1"); err != nil {
			return err
		}
		return errLookedOnly // the claim was only to look
	}, once.claim())
	if errors.Is(err, errLookedOnly) {
		return nil
	}
	return fault(err)
}

// Once claims the request's key in a transaction that somebody else opened and keeps the answer that fn makes, in the scope that is open.
func Once[A any](ctx context.Context, s *scope.Tx, fn func() (A, error)) (A, error) {
	var none A
	once, repeatable := idempotencyFrom(ctx)
	if repeatable {
		claim := once.claim()
		if err := claim.Scan(s.QueryRow(ctx, claim.SQL, claim.Args(s)...)); err != nil {
			return none, err
		}
	}
	answer, err := fn()
	if err != nil {
		return none, err
	}
	if repeatable {
		if err := once.keep(ctx, s, answer, about{}); err != nil {
			return none, err
		}
	}
	return answer, nil
}

// Joined returns what a visitor may do in a transaction that somebody else opened.
func Joined(s *scope.Tx) *VisitorTx { return &VisitorTx{tx{Tx: s, about: &about{}}} }
