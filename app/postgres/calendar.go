package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
)

// KeepCalendar does in every municipality what is due by the calendar at this moment: it opens the month's reviews (V10). It may be asked as often
// as one likes and by several processes at once; what was done is not done again. It goes on with the next municipality when one fails, and
// returns every error.
func (db *DB) KeepCalendar(ctx context.Context) error {
	list, err := db.Municipalities(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, m := range list {
		errs = append(errs, db.scope.WithScope(ctx, scope.Of(m.ID, scope.Clock), func(s *scope.Tx) error { return db.openReviews(ctx, s) }))
	}
	return errors.Join(errs...)
}

// openReviews opens this month's reviews that are not open yet. sqlc does not know the columns of a function that returns a table.
func (db *DB) openReviews(ctx context.Context, s *scope.Tx) error {
	rows, err := s.Query(ctx, "select review from app.open_reviews($1)", s.Now)
	if err != nil {
		return err
	}
	opened, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err == nil && len(opened) > 0 {
		db.log.InfoContext(ctx, "the month's reviews of access are open", "municipality", s.Municipality(), "reviews", len(opened))
	}
	return err
}
