package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Bounced keeps that a mail server reported, after the mail of a delivery had been taken, that it does not arrive: the delivery's receipt says
// undelivered, by the rule of Receipt. With gone, the address is retired, unless its owner has named it again since the mail was promised. It answers
// whether there is such a mail, and whether its address was retired now. Errors: the database's.
func (o *Outbox) Bounced(ctx context.Context, delivery uuid.UUID, gone bool) (known, retired bool, err error) {
	err = pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) error {
		// A report names no municipality, and every key begins with one: each is looked into by its key.
		var municipality, endpoint uuid.UUID
		err := tx.QueryRow(ctx, `
			with recursive here as (
				(select municipality_id from notify.endpoints order by municipality_id limit 1)
				union all
				select (select p.municipality_id from notify.endpoints p where p.municipality_id > h.municipality_id order by p.municipality_id limit 1)
				from here h where h.municipality_id is not null
			)
			select d.municipality_id, d.endpoint_id from here h
			join notify.deliveries d on d.municipality_id = h.municipality_id and d.id = $1 and d.channel = 'email'`, delivery).Scan(&municipality, &endpoint)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		known = true
		if _, err := tx.Exec(ctx, `
			update notify.deliveries set receipt = $3, receipt_rank = $4 where municipality_id = $1 and id = $2 and receipt_rank < $4`,
			municipality, delivery, string(ReceiptUndelivered), ReceiptUndelivered.Rank()); err != nil || !gone {
			return err
		}
		tag, err := tx.Exec(ctx, `
			update notify.endpoints p set state = 'retired', retired_reason = 'gone'
			from notify.deliveries d
			where d.municipality_id = $1 and d.id = $2 and p.municipality_id = $1 and p.id = $3 and p.state <> 'retired' and p.registered_at <= d.created_at`,
			municipality, delivery, endpoint)
		retired = tag.RowsAffected() > 0
		return err
	})
	if err != nil {
		return false, false, fmt.Errorf("outbox: bounce: %w", err)
	}
	return known, retired, nil
}
