package postgres

import (
	"context"
	"errors"

	"budstikke.example/migrations/scope"
)

// Sweep cuts off, in every municipality, whoever's access has ended by time since the last sweep, and returns how many people that were (V15,
// B12). The rule of access has ended it to the minute already; this takes sessions, push tokens and waiting notices. It goes on with the next
// municipality when one fails, and returns every error. Processes that sweep at the same time do not disturb each other.
func (db *DB) Sweep(ctx context.Context) (int64, error) {
	list, err := db.Municipalities(ctx)
	if err != nil {
		return 0, err
	}
	var errs []error
	var total int64
	for _, m := range list {
		errs = append(errs, db.scope.WithScope(ctx, scope.Of(m.ID, scope.SignIn), func(s *scope.Tx) error {
			var n int64
			err := s.QueryRow(ctx, "select app.sweep_access()").Scan(&n)
			total += n
			if err != nil {
				return err
			}
			_, err = s.Exec(ctx, "select app.end_wheel_links($1)", s.Now)
			return err
		}))
	}
	return total, errors.Join(errs...)
}

// SweepAlso does in every municipality what other packages sweep by themselves, in a transaction for nobody each. It goes on with the next
// municipality when one fails, and returns every error.
func (db *DB) SweepAlso(ctx context.Context, step func(ctx context.Context, s *scope.Tx) error) error {
	list, err := db.Municipalities(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range list {
		errs = append(errs, db.scope.WithScope(ctx, scope.Of(m.ID, scope.SignIn), func(s *scope.Tx) error { return step(ctx, s) }))
	}
	return errors.Join(errs...)
}
