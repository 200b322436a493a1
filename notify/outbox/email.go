package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// KnownEmail is an e-mail address that a person has registered.
type KnownEmail struct {
	ID           uuid.UUID
	Active       bool      // its owner has confirmed it (H3)
	RegisteredAt time.Time // the last time
}

// EmailOf returns what is known of a person's address, spelled as it was registered, in the person's own scope. Errors: ErrNoEndpoint or the
// database's.
func EmailOf(ctx context.Context, tx *scope.Tx, person uuid.UUID, address string) (KnownEmail, error) {
	var e KnownEmail
	err := tx.QueryRow(ctx, `
		select id, state = 'active', registered_at from notify.endpoints
		where municipality_id = scope.municipality() and person_id = $1 and channel = 'email' and state <> 'retired'
		  and md5(address) = md5($2) and address = $2`, person, address).Scan(&e.ID, &e.Active, &e.RegisteredAt)
	return e, noRows(err)
}

// RetireOtherUnverified makes the links in earlier mails worthless: the person's e-mail addresses that wait for confirmation, but keep, can
// no longer be confirmed (H3). It works in the person's own scope. Errors: the database's.
func RetireOtherUnverified(ctx context.Context, tx *scope.Tx, person, keep uuid.UUID) error {
	_, err := tx.Exec(ctx, `
		update notify.endpoints set state = 'retired', retired_reason = 'superseded'
		where municipality_id = scope.municipality() and person_id = $1 and channel = 'email' and state = 'unverified' and id <> $2`, person, keep)
	if err != nil {
		return fmt.Errorf("outbox: retire earlier addresses: %w", err)
	}
	return nil
}
