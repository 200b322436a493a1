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
