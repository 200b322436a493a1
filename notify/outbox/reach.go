package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// Reach is how many people an event concerns, how many of them it can reach outside the app, and to how many something left the house.
type Reach struct {
	People    int
	Reachable int // at least one device, address or number of theirs was verified when the event was announced
	Reached   int // at least one push, e-mail or SMS was taken by its provider, which has not reported since that it does not arrive
	// Missed are those of the reachable whom nothing reached and for whom nothing waits any more: somebody has to tell them in another way. Who may not be
	// told any more is none of them (V15).
	Missed int
}

// ReachOf counts people, not deliveries: somebody with three devices is one person, and is reached when one of them is (B2). It counts what
// the caller of the transaction may see: the deliveries, never the addresses behind them. Errors: the database's.
func ReachOf(ctx context.Context, tx *scope.Tx, subject uuid.UUID) (Reach, error) {
	var r Reach
	err := tx.QueryRow(ctx, `
		select count(*), count(*) filter (where p.outside), count(*) filter (where p.reached),
			count(*) filter (where p.outside and not p.reached and not p.waits and not p.cut_off)
		from (
			select bool_or(d.channel <> 'in_app') as outside,
				bool_or(d.channel <> 'in_app' and d.state = 'sent' and d.receipt_rank <> $2) as reached,
				bool_or(d.state in ('pending', 'retry')) as waits,
				bool_or(d.state = 'suppressed' and d.reason is distinct from 'endpoint_not_active') as cut_off
			from (
				select e.municipality_id, e.id, notify.first_of(e.id) as first, notify.last_of(e.id) as last
				from notify.events e where e.municipality_id = scope.municipality() and e.subject_id = $1 offset 0) e
			cross join lateral (
				select x.person_id, x.channel, x.state, x.reason, x.receipt_rank from notify.deliveries x
				where x.municipality_id = e.municipality_id and x.id between e.first and e.last and x.event_id = e.id offset 0) d
			group by d.person_id) p`, subject, ReceiptUndelivered.Rank()).Scan(&r.People, &r.Reachable, &r.Reached, &r.Missed)
	if err != nil {
		return Reach{}, fmt.Errorf("outbox: reach: %w", err)
	}
	return r, nil
}
