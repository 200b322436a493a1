package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
)

// OwnEndpoint is where the person of the transaction can be reached.
type OwnEndpoint struct {
	ID       uuid.UUID
	Channel  notify.Channel
	Provider notify.Provider
	Address  string
	Verified bool
}

// OwnEndpoints lists where the person of the transaction can be reached, retired ones left out, oldest first. Errors: the database's.
func OwnEndpoints(ctx context.Context, tx *scope.Tx) ([]OwnEndpoint, error) {
	rows, err := tx.Query(ctx, `
		select id, channel, provider, address, state = 'active' from notify.endpoints
		where municipality_id = scope.municipality() and person_id = scope.person() and state <> 'retired'
		order by created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("outbox: own endpoints: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (OwnEndpoint, error) {
		var e OwnEndpoint
		err := row.Scan(&e.ID, &e.Channel, &e.Provider, &e.Address, &e.Verified)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: own endpoints: %w", err)
	}
	return list, nil
}

// StopRoutineMail keeps an e-mail address for critical notices only (B1), in the scope of a machine. Doing it twice changes nothing. Errors:
// ErrNoEndpoint or the database's.
func StopRoutineMail(ctx context.Context, tx *scope.Tx, endpoint uuid.UUID) error {
	tag, err := tx.Exec(ctx, `
		update notify.endpoints set routine = false
		where municipality_id = scope.municipality() and id = $1 and channel = 'email'`, endpoint)
	if err != nil {
		return fmt.Errorf("outbox: stop routine mail: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNoEndpoint
	}
	return nil
}
