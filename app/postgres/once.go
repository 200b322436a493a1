package postgres

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"

	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/outbox"
)

// lookSQL finds what was kept under a key, as hold_key does, and takes no lock: who only looks must never be in the way of who carries out.
const lookSQL = `select fingerprint, answer, app.may_hear_again(child_id, institution_id) from app.idempotency_keys
	where municipality_id = (select scope.municipality()) and created_at >= $3
	and key_hash = sha256(convert_to(coalesce(scope.person()::text, '-') || '|' || $1 || '|', 'UTF8') || $2)`

// Repeated tells, before anything is done outside the database, whether the request was carried out before: *Replay if it was, and the faults
// of a key that was used otherwise. It only looks: a request that is being carried out at this moment is not seen, and whoever goes on is
// kept from doing it twice by Once or Write. Sign-in needs it, because there the transaction is opened by who proves the identity.
func Repeated[T any](ctx context.Context, h Handle[T]) error {
	once, repeatable := idempotencyFrom(ctx)
	if !repeatable {
		return nil
	}
	err := h.database().scope.WithScope(ctx, h.open(), func(s *scope.Tx) error {
		key := sha256.Sum256([]byte(once.Key))
		var fingerprint, kept []byte
		var mayHear bool
		err := s.QueryRow(ctx, lookSQL, once.Operation, key[:], s.Now.Add(-KeepAnswers)).Scan(&fingerprint, &kept, &mayHear)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return nil
		case err != nil:
			return err
		case !bytes.Equal(fingerprint, once.Fingerprint[:]):
			return ErrKeyReused
		case !mayHear:
			return app.ErrNotFound
		case kept == nil:
			return ErrAnswerForgotten
		}
		answer, err := once.open(kept)
		if err != nil {
			return err
		}
		return &Replay{Answer: answer}
	})
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

// Joined returns what a visitor may do in a transaction that somebody else opened. For what is announced in it no bell is rung: the gateway finds it
// by itself.
func Joined(s *scope.Tx) *VisitorTx {
	return &VisitorTx{tx{Tx: s, about: &about{}, announced: new([]outbox.Ref)}}
}
