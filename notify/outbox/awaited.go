package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Awaited is an SMS that was taken and whose end the provider has not told.
type Awaited struct {
	Municipality, Delivery uuid.UUID
	ProviderID             string // the provider's own id of it
}

// awaitReceipts remembers of a batch which SMS were taken, so that they are asked after when no call tells of their end. It runs in the transaction that
// settles them, and again for those that were settled late.
func awaitReceipts(ctx context.Context, on execer, batch []Settlement) error {
	var municipalities, ids []uuid.UUID
	var messages []string
	for i := range batch {
		if s := &batch[i]; awaits(s) {
			municipalities, ids = append(municipalities, s.Delivery.Municipality), append(ids, s.Delivery.ID)
			messages = append(messages, shorten(s.Result.ProviderID))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	_, err := on.Exec(ctx, `
		insert into notify.awaited_receipts (municipality_id, delivery_id, provider_message_id, ask_at)
		select d.municipality_id, d.id, r.message, clock_timestamp() + interval '60 seconds'
		from unnest($1::uuid[], $2::uuid[], $3::text[]) as r (municipality_id, id, message)
		join notify.deliveries d on d.municipality_id = r.municipality_id and d.id = r.id and d.state = 'sent'
		on conflict do nothing`, municipalities, ids, messages)
	return err
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// awaits tells whether a settlement is of an SMS that was taken and can be asked after.
func awaits(s *Settlement) bool {
	return s.Delivery.Channel == notify.ChannelSMS && s.Result.Outcome == notify.Accepted && s.Result.ProviderID != ""
}

// Overdue takes SMS whose end has not been told a minute after they were taken, most at most, and puts off when they come up again: two minutes, ten, an
// hour, six times in all. Those whose end is known by now are forgotten without being asked after. Errors: the database's.
func (o *Outbox) Overdue(ctx context.Context, most int) ([]Awaited, error) {
	rows, err := o.db.Pool().Query(ctx, `
		with due as materialized (
			select a.municipality_id, a.delivery_id, a.asked, coalesce(d.receipt_rank, 9) as rank
			from notify.awaited_receipts a
			left join notify.deliveries d on d.municipality_id = a.municipality_id and d.id = a.delivery_id
			where a.ask_at <= (select clock_timestamp())
			order by a.ask_at limit $1
			for update of a skip locked
		), over as (
			delete from notify.awaited_receipts a using due
			where a.municipality_id = due.municipality_id and a.delivery_id = due.delivery_id and (due.rank >= $2 or due.asked >= 6)
		)
		update notify.awaited_receipts a set asked = a.asked + 1,
			ask_at = clock_timestamp() + case a.asked when 0 then interval '2 minutes' when 1 then interval '10 minutes' else interval '1 hour' end
		from due
		where a.municipality_id = due.municipality_id and a.delivery_id = due.delivery_id and due.rank < $2 and due.asked < 6
		returning a.municipality_id, a.delivery_id, a.provider_message_id`, most, ReceiptFailed.Rank())
	if err != nil {
		return nil, fmt.Errorf("outbox: overdue receipts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Awaited])
	if err != nil {
		return nil, fmt.Errorf("outbox: overdue receipts: %w", err)
	}
	return list, nil
}

// Unasked takes back that Overdue counted a question that was not asked: it comes up again in a minute. Errors: the database's.
func (o *Outbox) Unasked(ctx context.Context, list []Awaited) error {
	if len(list) == 0 {
		return nil
	}
	municipalities, ids := make([]uuid.UUID, len(list)), make([]uuid.UUID, len(list))
	for i, a := range list {
		municipalities[i], ids[i] = a.Municipality, a.Delivery
	}
	_, err := o.db.Pool().Exec(ctx, `
		update notify.awaited_receipts a set asked = a.asked - 1, ask_at = clock_timestamp() + interval '1 minute'
		from unnest($1::uuid[], $2::uuid[]) as u (municipality_id, delivery_id)
		where a.municipality_id = u.municipality_id and a.delivery_id = u.delivery_id and a.asked > 0`, municipalities, ids)
	if err != nil {
		return fmt.Errorf("outbox: unasked receipts: %w", err)
	}
	return nil
}

// Answered keeps what a provider answered when it was asked after an SMS, by the same rule as Receipt, and stops asking once it is an end. Errors:
// ErrUnknownReceipt or the database's.
func (o *Outbox) Answered(ctx context.Context, a Awaited, status ReceiptStatus) error {
	rank := status.Rank()
	if rank == 0 {
		return ErrUnknownReceipt
	}
	word := string(status)
	_, err := o.queries.KeepReceipt(ctx, o.db.Pool(), db.KeepReceiptParams{
		MunicipalityID: a.Municipality, ID: a.Delivery, Receipt: &word, ReceiptRank: int16(rank),
	})
	if err == nil && rank >= ReceiptFailed.Rank() {
		_, err = o.db.Pool().Exec(ctx, `delete from notify.awaited_receipts where municipality_id = $1 and delivery_id = $2`, a.Municipality, a.Delivery)
	}
	if err != nil {
		return errors.Join(errors.New("outbox: an answer about an SMS is not kept"), err)
	}
	return nil
}
