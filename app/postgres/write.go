package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify/outbox"
)

// Handle is a way into the tables for one kind of caller; T is what its transactions can do.
type Handle[T any] interface {
	database() *DB
	open() scope.Scope
	within(t tx) T
}

// Write runs fn in a transaction of the handle's caller and returns its answer. When the context carries an Idempotency, the key is claimed
// as the transaction opens and the answer kept before it commits; a request that was carried out before gives *Replay and fn does not run.
// An error from fn rolls everything back, the claim included; fn may run more than once, so that it changes nothing but through tx. What the trail keeps of it leaves with the commit (B5). What fn announced is on its way when Write returns.
func Write[T, A any](ctx context.Context, h Handle[T], fn func(tx T) (A, error)) (A, error) {
	var preludes []scope.Prelude
	once, repeatable := idempotencyFrom(ctx)
	if repeatable {
		preludes = append(preludes, once.claim())
	}
	return run(ctx, h, fn, func(s *scope.Tx, answer any, about about) error {
		if err := stands(ctx, s); err != nil || !repeatable {
			return err
		}
		return once.keep(ctx, s, answer, about)
	}, preludes...)
}

// stands lets the database ask, right before the commit, whether the person still has what they were let in by: a write that has waited for somebody
// else's lock is not carried out for whom that somebody has put out meanwhile (V15). It leaves with the commit, before what the trail keeps.
func stands(ctx context.Context, s *scope.Tx) error {
	me, err := s.Person(ctx)
	if err == nil && me.Session != uuid.Nil && me.ID != uuid.Nil {
		s.Last("select auth.still_stands($1, $2)", me.Session, me.ID)
	}
	return err
}

// again is how often a transaction that the database gave up because it and another waited for each other is tried once more. Nothing of it was done, nothing
// was announced, and the one it gave way to has gone on.
const again = 2

// waitedForEachOther tells whether a transaction was given up to let another go on.
func waitedForEachOther(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "40P01" // deadlock_detected
}

// Read runs fn in a transaction of the handle's caller, for flows whose answers must belong together.
func Read[T, A any](ctx context.Context, h Handle[T], fn func(tx T) (A, error)) (A, error) {
	return run(ctx, h, fn, func(*scope.Tx, any, about) error { return nil })
}

func run[T, A any](ctx context.Context, h Handle[T], fn func(tx T) (A, error), last func(s *scope.Tx, answer any, about about) error,
	preludes ...scope.Prelude,
) (A, error) {
	var answer A
	var announced []outbox.Ref
	attempt := func() error {
		announced = nil
		var subject about
		return h.database().scope.WithScope(ctx, h.open(), func(s *scope.Tx) error {
			var err error
			if answer, err = fn(h.within(tx{Tx: s, announced: &announced, about: &subject, keys: h.database().keys})); err != nil {
				return err
			}
			if err = last(s, answer, subject); err != nil {
				return err
			}
			return leave(ctx, s, subject)
		}, preludes...)
	}
	err := attempt()
	for range again {
		if !waitedForEachOther(err) {
			break
		}
		err = attempt()
	}
	if err != nil {
		var none A
		return none, fault(err)
	}
	h.database().committed(ctx, announced)
	return answer, nil
}
