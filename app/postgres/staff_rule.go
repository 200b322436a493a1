package postgres

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// SubstituteDays returns how many days a substitute's role lasts that came in without a last day (B12). Fault: not_found for whoever does not own
// the municipality.
func (o Office) SubstituteDays(ctx context.Context) (int, error) {
	return Read(ctx, o, func(t *OfficeTx) (int, error) {
		days, err := db.New().SubstituteDays(ctx, t.Tx)
		return int(days), err
	})
}

// SetSubstituteDays says so for roles that come in from now on. Fault: not_found for whoever does not own the municipality.
func (t *OfficeTx) SetSubstituteDays(ctx context.Context, days int) error {
	rows, err := db.New().SetSubstituteDays(ctx, t.Tx, int16(days)) //nolint:gosec // bounded by the contract
	if err == nil && rows == 0 {
		return app.ErrNotFound
	}
	return err
}
