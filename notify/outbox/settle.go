package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Settlement is what became of one claimed delivery.
type Settlement struct {
	Delivery notify.Delivery // as it was claimed
	Result   notify.Result
	Wait     time.Duration // before the next attempt, if there is to be one
}

// Settled is a delivery whose settlement was written.
type Settled struct {
	Delivery uuid.UUID
	State    State
}

// ErrBadSettlement means that the database will never take the batch as it is. Settle its members one by one, so that one of them does not
// hold up the others.
var ErrBadSettlement = errors.New("outbox: the database refuses a settlement")

// Settle writes what became of a batch of claimed deliveries, keeps a row for each attempt that is not the last, and retires the endpoints that are
// gone. It may be repeated: the second time it changes nothing. A settlement whose fence is no longer the parcel's comes too late and is left out of
// the answer, except that an acceptance is written when nobody has taken over yet, or the database has forgotten the claim. A delivery
// that was cut off meanwhile stays suppressed and is answered so (V15).
//
// Errors: ErrBadSettlement or the database's; then nothing was written, or a part of it, and the same batch can be settled again.
func (o *Outbox) Settle(ctx context.Context, batch []Settlement) ([]Settled, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	outcomes, gone := o.outcomes(batch)
	var settled []Settled
	var err error
	texts := slices.ContainsFunc(batch, func(s Settlement) bool { return awaits(&s) })
	accepted, others := outcomes, []outcome(nil)
	if slices.ContainsFunc(outcomes, func(o outcome) bool { return !o.ordinary() }) {
		accepted, others = apart(outcomes)
	}
	if texts || len(gone.Ids) > 0 { // in one commit with what is written of their receipts and endpoints
		err = pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) (err error) {
			if settled, err = o.settleApart(ctx, tx, accepted, others, gone); err != nil {
				return err
			}
			return awaitReceipts(ctx, tx, batch)
		})
	} else {
		settled, err = o.settleApart(ctx, o.db.Pool(), accepted, others, gone)
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: settle: %w", refused(err))
	}
	if len(settled) == len(batch) {
		return settled, nil
	}
	late, err := o.settleLate(ctx, outcomes, settled)
	if err == nil && texts && len(late) > 0 {
		if err = awaitReceipts(ctx, o.db.Pool(), batch); err != nil {
			err = fmt.Errorf("outbox: settle late: %w", refused(err))
		}
	}
	return append(settled, late...), err
}

// settleApart retires the endpoints that are gone, and writes what is ordinary and what is not, each by its own statement.
func (o *Outbox) settleApart(ctx context.Context, on db.DBTX, accepted, others []outcome, gone db.RetireEndpointsParams) (settled []Settled, err error) {
	if len(gone.Ids) > 0 {
		if _, err = o.queries.RetireEndpoints(ctx, on, gone); err != nil {
			return nil, err
		}
	}
	if len(others) > 0 {
		if settled, err = settle(ctx, on, others); err != nil {
			return nil, err
		}
	}
	if len(accepted) > 0 {
		var sent []Settled
		if sent, err = settleAccepted(ctx, on, accepted); err != nil {
			return nil, err
		}
		settled = append(settled, sent...)
	}
	return settled, nil
}

// settleLate writes the acceptances among those that the holder of the fence could not write.
func (o *Outbox) settleLate(ctx context.Context, batch []outcome, written []Settled) ([]Settled, error) {
	known := make(map[uuid.UUID]bool, len(written))
	for _, s := range written {
		known[s.Delivery] = true
	}
	var params db.SettleLateParams
	for _, b := range batch {
		if b.state != StateSent || known[b.id] {
			continue
		}
		params.Municipalities, params.Ids = append(params.Municipalities, b.municipality), append(params.Ids, b.id)
		params.Fences, params.Statuses = append(params.Fences, b.fence), append(params.Statuses, b.status)
		params.ProviderIds = append(params.ProviderIds, b.providerID)
		params.Parcels, params.Attempts = append(params.Parcels, b.parcel), append(params.Attempts, int32(b.attempt)) //nolint:gosec // a few
	}
	if len(params.Ids) == 0 {
		return nil, nil
	}
	rows, err := o.queries.SettleLate(ctx, o.db.Pool(), params)
	if err != nil {
		return nil, fmt.Errorf("outbox: settle late: %w", refused(err))
	}
	late := make([]Settled, len(rows))
	for i, r := range rows {
		late[i] = Settled{Delivery: r.ID, State: State(r.State)}
	}
	return late, nil
}

// refused marks errors of classes 22 (bad data) and 23 (a constraint), which no repetition can mend.
func refused(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23")) {
		return errors.Join(ErrBadSettlement, err)
	}
	return err
}

func (o *Outbox) outcomes(batch []Settlement) ([]outcome, db.RetireEndpointsParams) {
	list := make([]outcome, len(batch))
	var gone db.RetireEndpointsParams
	for i := range batch {
		s := &batch[i]
		state, burned := decide(&s.Delivery, s.Result, o.terms.MaxAttempts(s.Delivery.Urgency))
		list[i] = outcome{
			municipality: s.Delivery.Municipality, id: s.Delivery.ID, parcel: s.Delivery.Parcel, fence: s.Delivery.Fence, state: state,
			attempt: s.Delivery.Attempt - 1 + burned, tried: true, wait: max(s.Wait, 0), word: said(s.Result),
			status: int32(clampStatus(s.Result.Status)), reason: shorten(s.Result.Reason), providerID: shorten(s.Result.ProviderID),
		}
		if s.Result.Outcome == notify.EndpointGone {
			since := s.Result.GoneSince
			if since.IsZero() {
				since = s.Delivery.RegisteredAt // gone as we knew it; a registration since then is a new life
			}
			gone.Municipalities = append(gone.Municipalities, s.Delivery.Municipality)
			gone.Ids = append(gone.Ids, s.Delivery.Endpoint)
			gone.GoneSince = append(gone.GoneSince, since)
		}
	}
	return list, gone
}

// sharedMost bounds how often a delivery may be claimed, in attempts that it has, before a failure that it shares with others costs it one.
const sharedMost = 3

// decide turns an outcome into what becomes of the delivery, and how many attempts it has cost: 1, or 0 when the fault was our own
// configuration or another's connection (reference: the outcomes of package notify).
func decide(d *notify.Delivery, r notify.Result, maxAttempts int) (state State, burned int) {
	switch r.Outcome {
	case notify.Accepted:
		return StateSent, 1
	case notify.Refused:
		return StateDead, 1
	case notify.EndpointGone:
		if r.GoneSince.IsZero() || !r.GoneSince.Before(d.RegisteredAt) {
			return StateDead, 1
		}
		// Gone before the device registered itself again: old news about an earlier life.
	case notify.Misconfigured:
		return StateRetry, 0
	case notify.Throttled, notify.Unavailable, notify.Unknown:
		if r.Shared && d.Fence < int64(sharedMost*maxAttempts) {
			return StateRetry, 0 // it fell with others' connection; how often that may happen has an end, too
		}
	}
	if d.Attempt >= maxAttempts {
		return StateDead, 1
	}
	return StateRetry, 1
}

// said answers Unknown for a sender that reported none: whether it sent is then not known.
func said(r notify.Result) notify.Outcome {
	if r.Outcome == "" {
		return notify.Unknown
	}
	return r.Outcome
}

// shorten keeps a provider's word from filling the table, and what Postgres cannot store out of it.
func shorten(s string) string {
	const most = 200
	return strings.ReplaceAll(strings.ToValidUTF8(s[:min(len(s), most)], ""), "\x00", "")
}

func clampStatus(n int) int { return min(max(n, 0), 999) }
