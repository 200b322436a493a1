package postgres

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
)

// Receiver is a guardian whom an alert would go to.
type Receiver struct {
	Person    uuid.UUID
	Name      string // "" for who is not named: a protected identity, their own or their child's
	Protected bool
	Account   bool             // they can read it in the app
	Channels  []notify.Channel // by which they can be reached outside the app
	Why       string           // why by none: no_account, nothing_registered, not_confirmed or gone
}

// AlertReceivers are the guardians whom an alert at an institution that the caller answers for would go to at this moment (B2, B9): the very
// audience that SaveAlert asks for. Nobody's address is told.
func (t *OfficeTx) AlertReceivers(ctx context.Context, institution uuid.UUID) ([]Receiver, error) {
	// sqlc does not know the columns of a function that returns a table.
	rows, err := t.Query(ctx, `select person_id, name, protected, account, channels, why from app.alert_receivers($1) order by name, person_id`, institution)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (r Receiver, err error) {
		var channels []string
		err = row.Scan(&r.Person, &r.Name, &r.Protected, &r.Account, &channels, &r.Why)
		for _, c := range channels {
			r.Channels = append(r.Channels, notify.Channel(c))
		}
		return r, err
	})
}
