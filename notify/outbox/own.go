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
	Routine  bool // routine notices come here, too; critical ones always do (B1)
}

// OwnEndpoints lists where the person of the transaction can be reached, retired ones left out, oldest first. Errors: the database's.
func OwnEndpoints(ctx context.Context, tx *scope.Tx) ([]OwnEndpoint, error) {
	rows, err := tx.Query(ctx, `
		select id, channel, provider, address, state = 'active', routine from notify.endpoints
		where municipality_id = scope.municipality() and person_id = scope.person() and state <> 'retired'
		order by created_at, id`)
	if err != nil {
		return nil, fmt.Errorf("outbox: own endpoints: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (OwnEndpoint, error) {
		var e OwnEndpoint
		err := row.Scan(&e.ID, &e.Channel, &e.Provider, &e.Address, &e.Verified, &e.Routine)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: own endpoints: %w", err)
	}
	return list, nil
}

// SetRoutineMail says whether routine notices go to an e-mail address; critical ones always do (B1). It is for the scope of a machine, whose token names
// the endpoint. Doing it twice changes nothing. Errors: ErrNoEndpoint or the database's.
func SetRoutineMail(ctx context.Context, tx *scope.Tx, endpoint uuid.UUID, wanted bool) error {
	tag, err := tx.Exec(ctx, `
		update notify.endpoints set routine = $2
		where municipality_id = scope.municipality() and id = $1 and channel = 'email'`, endpoint, wanted)
	if err != nil {
		return fmt.Errorf("outbox: set routine mail: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return ErrNoEndpoint
	}
	return nil
}

// SetOwnRoutineMail says so for every e-mail address of the person of the transaction. Errors: the database's.
func SetOwnRoutineMail(ctx context.Context, tx *scope.Tx, wanted bool) error {
	_, err := tx.Exec(ctx, `
		update notify.endpoints set routine = $1
		where municipality_id = scope.municipality() and person_id = scope.person() and channel = 'email'`, wanted)
	if err != nil {
		return fmt.Errorf("outbox: set own routine mail: %w", err)
	}
	return nil
}
