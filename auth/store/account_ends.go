package store

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// EndOwnAccount ends the account of the guardian whose scope this is, and with it at once every session, every address and device, what is on
// its way to them, and every access to a child (H4, V15). Whoever also works here keeps the account for that. Another caller ends nothing.
func EndOwnAccount(ctx context.Context, tx *scope.Tx) error {
	if err := queries.EndOwnAccount(ctx, tx, tx.Now); err != nil {
		return fmt.Errorf("store: end own account: %w", err)
	}
	return nil
}

// EndGuardianAccount is the same for the guardian of a guardianship, at their request (H4); reason is for staff only. Ending it again changes
// nothing. It works in the scope Staff. False: not this caller's to decide, the caller's own, or unknown.
func EndGuardianAccount(ctx context.Context, tx *scope.Tx, guardianship uuid.UUID, reason string) (bool, error) {
	ended, err := queries.EndGuardianAccount(ctx, tx, db.EndGuardianAccountParams{GuardianshipID: guardianship, Reason: reason, Moment: tx.Now})
	if err != nil {
		return false, fmt.Errorf("store: end guardian account: %w", err)
	}
	return ended, nil
}
