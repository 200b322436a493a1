package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Belt is one municipality's in a lane, and what a reconciler knows of it.
type Belt struct {
	Municipality uuid.UUID
	Lane         Lane
	Front        time.Duration // how long the oldest ref on it has been there; 0 for an empty belt
	Lost         bool          // nothing that was put there can be relied on: Redis was away
	// Overdue says that something is due which Reconcile would find if the belt were empty.
	Overdue bool
}

// dueBeltsSQL finds whose parcels are due in which lanes, from index entry to index entry: as many steps as there are municipalities with parcels, whatever
// these hold. Overdue is what should be on the belt and may not be there: never put there, or longer ago than $3 milliseconds. Each
// question ends at the first parcel (limit, not exists, which would be answered by reading all of them). It is written by hand because sqlc trips over
// parameters beside a recursive query.
const dueBeltsSQL = `
	with recursive lanes as (
		select * from unnest($1::text[], $2::text[]) as l (provider, urgency)
	), places as (
		select l.provider, l.urgency, x.municipality_id
		from lanes l cross join lateral (
			select p.municipality_id from notify.parcels p where p.provider = l.provider and p.urgency = l.urgency order by p.municipality_id limit 1
		) x
		union all
		select was.provider, was.urgency, x.municipality_id
		from places was cross join lateral (
			select p.municipality_id from notify.parcels p
			where p.provider = was.provider and p.urgency = was.urgency and p.municipality_id > was.municipality_id
			order by p.municipality_id limit 1
		) x
	)
	select x.provider, x.urgency, x.municipality_id, (
			select true from notify.parcels p
			where p.provider = x.provider and p.urgency = x.urgency and p.municipality_id = x.municipality_id
			  and p.next_at <= (select clock_timestamp()) and p.lease_until is null
			  and (p.queued_at is null or p.queued_at < clock_timestamp() - $3::bigint * interval '1 millisecond')
			order by p.next_at limit 1
		) is not null
	from places x cross join lateral (
		select from notify.parcels p
		where p.provider = x.provider and p.urgency = x.urgency and p.municipality_id = x.municipality_id
		  and p.next_at <= (select clock_timestamp()) and p.lease_until is null
		order by p.next_at limit 1
	) due
	order by x.provider, x.urgency, x.municipality_id`

// DueBelts lists the belts of the lanes on which something should be: their municipality has parcels that are due and in nobody's hands. Within a lane they
// are in the order of the municipalities' ids. lost says that Redis was away, and is said of each of them. Errors: the database's.
func (o *Outbox) DueBelts(ctx context.Context, lanes []Lane, lost bool) ([]Belt, error) {
	providers, urgencies, grace := make([]string, len(lanes)), make([]string, len(lanes)), o.terms.Grace
	for i, l := range lanes {
		providers[i], urgencies[i] = string(l.Provider), string(l.Urgency)
	}
	if lost {
		grace = 0
	}
	rows, err := o.db.Pool().Query(ctx, dueBeltsSQL, providers, urgencies, grace.Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("outbox: due belts: %w", err)
	}
	belts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Belt, error) {
		b := Belt{Lost: lost}
		return b, row.Scan(&b.Lane.Provider, &b.Lane.Urgency, &b.Municipality, &b.Overdue)
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: due belts: %w", err)
	}
	return belts, nil
}
