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
	Reached   int // at least one push, e-mail or SMS was taken by its provider
}

// ReachOf counts people, not deliveries: somebody with three devices is one person, and is reached when one of them is (B2). It counts what
// the caller of the transaction may see: the deliveries, never the addresses behind them. Errors: the database's.
func ReachOf(ctx context.Context, tx *scope.Tx, subject uuid.UUID) (Reach, error) {
	var r Reach
	err := tx.QueryRow(ctx, `
		select count(*), count(*) filter (where p.outside), count(*) filter (where p.reached)
		from (
			select bool_or(d.channel <> 'in_app') as outside, bool_or(d.channel <> 'in_app' and d.state = 'sent') as reached
			from notify.events e
			join notify.deliveries d on d.municipality_id = e.municipality_id and d.id between notify.first_of(e.id) and notify.last_of(e.id)
				and d.event_id = e.id
			where e.municipality_id = scope.municipality() and e.subject_id = $1
			group by d.person_id) p`, subject).Scan(&r.People, &r.Reachable, &r.Reached)
	if err != nil {
		return Reach{}, fmt.Errorf("outbox: reach: %w", err)
	}
	return r, nil
}
