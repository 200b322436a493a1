package outbox

import (
	"context"
	"errors"
	"fmt"
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

// Settle writes a batch of settlements and one attempts row for each, and retires the endpoints that are gone. It may be repeated: the
// second time it changes nothing. A settlement whose fence is no longer the row's comes too late and is left out of the answer.
//
// Errors: ErrBadSettlement or the database's; then nothing was written and the same batch can be settled again.
func (o *Outbox) Settle(ctx context.Context, batch []Settlement) ([]Settled, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	params, gone := o.settleParams(batch)
	var rows []db.SettleRow
	var err error
	if len(gone.Ids) == 0 {
		rows, err = o.queries.Settle(ctx, o.db.Pool(), params)
	} else {
		err = pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) error {
			if _, err := o.queries.RetireEndpoints(ctx, tx, gone); err != nil {
				return err
			}
			var err error
			rows, err = o.queries.Settle(ctx, tx, params)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("outbox: settle: %w", refused(err))
	}
	settled := make([]Settled, len(rows))
	for i, r := range rows {
		settled[i] = Settled{Delivery: r.ID, State: State(r.State)}
	}
	return settled, nil
}

// refused marks errors of classes 22 (bad data) and 23 (a constraint), which no repetition can mend.
func refused(err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23")) {
		return errors.Join(ErrBadSettlement, err)
	}
	return err
}

func (o *Outbox) settleParams(batch []Settlement) (db.SettleParams, db.RetireEndpointsParams) {
	var params db.SettleParams
	var gone db.RetireEndpointsParams
	for _, s := range batch {
		state, burned := decide(s.Delivery, s.Result, o.terms.MaxAttempts(s.Delivery.Urgency))
		params.Municipalities = append(params.Municipalities, s.Delivery.Municipality)
		params.Ids = append(params.Ids, s.Delivery.ID)
		params.Fences = append(params.Fences, s.Delivery.Fence)
		params.States = append(params.States, string(state))
		params.Burned = append(params.Burned, burned)
		params.WaitMs = append(params.WaitMs, max(s.Wait, 0).Milliseconds())
		params.Outcomes = append(params.Outcomes, string(outcome(s.Result)))
		params.Statuses = append(params.Statuses, int32(clampStatus(s.Result.Status)))
		params.Reasons = append(params.Reasons, shorten(s.Result.Reason))
		params.ProviderIds = append(params.ProviderIds, shorten(s.Result.ProviderID))
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
	return params, gone
}

// decide turns an outcome into what becomes of the delivery, and how many attempts it has cost: 1, or 0 when the fault was our own
// configuration (reference: the outcomes of package notify).
func decide(d notify.Delivery, r notify.Result, maxAttempts int) (state State, burned int32) {
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
	}
	if d.Attempt >= maxAttempts {
		return StateDead, 1
	}
	return StateRetry, 1
}

// outcome answers Unknown for a sender that reported none: whether it sent is then not known.
func outcome(r notify.Result) notify.Outcome {
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
