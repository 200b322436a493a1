package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
)

// Doubt is what is known of earlier attempts of a delivery whose end nobody saw.
type Doubt struct {
	// Possible tells that an attempt may have been taken without our seeing it.
	Possible bool
	// Receipt is what the provider has said about the delivery since; "" for nothing. Any word but a failure means that it was taken.
	Receipt ReceiptStatus
	// AtOnce tells that the attempt before this one had no answer and nothing else is known. A critical one is then sent again at once (B3).
	AtOnce bool
	// Since is when the delivery was promised, by the database's clock: nothing of it left before. By the clock of the process that promised it, which
	// may be minutes ahead, what left at once would have left before.
	Since time.Time
}

// Doubt tells what is known of earlier attempts of a claimed delivery. One that was never claimed before has none. Errors: the database's.
func (o *Outbox) Doubt(ctx context.Context, d notify.Delivery) (Doubt, error) {
	doubt := Doubt{Since: d.ExpiresAt.Add(-notify.Lifetime(d.Urgency))}
	if d.Fence <= 1 {
		return doubt, nil
	}
	err := o.db.Pool().QueryRow(ctx, `
		select possible_duplicates > 0, coalesce(receipt, ''), outcome is not distinct from 'unknown' and reason is distinct from 'lease_expired'
			and reason is distinct from 'replayed' and attempt = 1
		from notify.deliveries where municipality_id = $1 and id = $2`, d.Municipality, d.ID).
		Scan(&doubt.Possible, &doubt.Receipt, &doubt.AtOnce)
	if err != nil {
		return Doubt{}, fmt.Errorf("outbox: doubt: %w", err)
	}
	return doubt, nil
}

// Adopt takes one of the messages that the provider has, newest last, for this delivery, unless each is another delivery's of the same event: two
// people may have one number. It answers which, or "". Errors: the database's.
func (o *Outbox) Adopt(ctx context.Context, d notify.Delivery, candidates []string) (string, error) {
	if len(candidates) == 0 {
		return "", nil
	}
	var adopted string
	err := pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) error {
		// One after the other for an event: two that look at the same moment must not take the same message.
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended($1, 120))`, d.Event.String()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			select provider_message_id from notify.deliveries
			where municipality_id = $1 and id between notify.first_of($2) and notify.last_of($2) and event_id = $2 and id <> $3
			  and provider_message_id = any ($4)`, d.Municipality, d.Event, d.ID, candidates)
		if err != nil {
			return err
		}
		known, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		taken := make(map[string]bool, len(known))
		for _, id := range known {
			taken[id] = true
		}
		for _, id := range candidates {
			if !taken[id] {
				adopted = shorten(id)
				_, err = tx.Exec(ctx, `update notify.deliveries set provider_message_id = $3 where municipality_id = $1 and id = $2`, d.Municipality, d.ID, adopted)
				return err
			}
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("outbox: adopt: %w", err)
	}
	return adopted, nil
}
