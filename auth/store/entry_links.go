package store

import (
	"context"
	"errors"
	"fmt"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// ErrLinkUsed means that a link that works once has worked.
var ErrLinkUsed = errors.New("store: this link was used")

// UseLink uses a signed link up (U6), by its digest: of all who follow it, at the same time or later, one goes on. It works in the scope SignIn.
// Error: ErrLinkUsed; let it roll the transaction back.
func UseLink(ctx context.Context, tx *scope.Tx, digest []byte) error {
	n, err := queries.UseEntryLink(ctx, tx, db.UseEntryLinkParams{MunicipalityID: tx.Municipality(), LinkHash: digest, UsedAt: tx.Now})
	if err != nil {
		return fmt.Errorf("store: use link: %w", err)
	}
	if n == 0 {
		return ErrLinkUsed
	}
	return nil
}

// ForgetLinks deletes links used longer than KeepOrders ago, which have expired many times over, and returns how many.
func ForgetLinks(ctx context.Context, tx *scope.Tx) (int64, error) {
	n, err := queries.DeleteOldEntryLinks(ctx, tx, db.DeleteOldEntryLinksParams{MunicipalityID: tx.Municipality(), UsedBefore: tx.Now.Add(-KeepOrders)})
	if err != nil {
		return 0, fmt.Errorf("store: forget links: %w", err)
	}
	return n, nil
}
