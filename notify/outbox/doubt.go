package outbox

import (
	"context"
	"fmt"
	"time"

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
// people may have one number. It answers which, or "". One after the other, also within this process: the others would each wait on a connection, and claims
// and results for one of those. Errors: the database's, or ctx's while others are before it.
func (o *Outbox) Adopt(ctx context.Context, d notify.Delivery, candidates []string) (string, error) {
	if len(candidates) == 0 {
		return "", nil
	}
	short := make([]string, len(candidates))
	for i, id := range candidates {
		short[i] = shorten(id)
	}
	select {
	case o.adopting <- struct{}{}:
		defer func() { <-o.adopting }()
	case <-ctx.Done():
		return "", fmt.Errorf("outbox: adopt: %w", ctx.Err())
	}
	var adopted string
	err := o.db.Pool().QueryRow(ctx, `select coalesce(notify.adopt($1, $2, $3, $4), '')`, d.Municipality, d.ID, d.Event, short).Scan(&adopted)
	if err != nil {
		return "", fmt.Errorf("outbox: adopt: %w", err)
	}
	return adopted, nil
}
