package postgres

import (
	"context"

	"github.com/google/uuid"
)

// ByAlias runs what takes an access to a strictly protected child away, for whoever answers for it and has no clearance: within it the child is there
// by its alias, and after it no more. The child is named, or a guardianship of it. It changes nothing for other children and other callers (V15, B8).
func (t *OfficeTx) ByAlias(ctx context.Context, child, guardianship uuid.UUID, closing func() error) error {
	var sealed string
	if err := t.QueryRow(ctx, "select app.unseal_for_closing($1, $2)", orNull(child), orNull(guardianship)).Scan(&sealed); err != nil {
		return err
	}
	if err := closing(); err != nil {
		return err // and the transaction is over, with what it had set
	}
	_, err := t.Exec(ctx, "select app.seal_again($1)", sealed)
	return err
}
