package postgres

import (
	"context"
	"errors"
	"time"

	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// KeepAnswers is how long the answer to a write can be asked for again (B6).
const KeepAnswers = 7 * 24 * time.Hour

// Forget clears away what no longer has to be remembered in any municipality: answers older than KeepAnswers, and what also removes in the
// same transaction. It goes on with the next municipality when one fails, and returns every error.
func (db *DB) Forget(ctx context.Context, also func(ctx context.Context, s *scope.Tx) error) error {
	list, err := db.Municipalities(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range list {
		errs = append(errs, db.scope.WithScope(ctx, scope.Of(m.ID, scope.SignIn), func(s *scope.Tx) error {
			if _, err := s.Exec(ctx, "delete from app.idempotency_keys where municipality_id = scope.municipality() and created_at < $1",
				s.Now.Add(-KeepAnswers)); err != nil {
				return err
			}
			if err := trail.ForgetTallies(ctx, s); err != nil {
				return err
			}
			return also(ctx, s)
		}))
	}
	return errors.Join(errs...)
}
