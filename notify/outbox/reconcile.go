package outbox

import (
	"context"
	"fmt"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Reconcile finds what is due on the belts and is not there: never put there, or put there more than Terms.Grace before the oldest ref
// that still lies there (belts are first in, first out, so it was lost). It stamps them as put there now and returns their refs, at most
// limit per belt, longest due first; hand them to the queue. Ring failing is no harm: they come up again after that time.
func (o *Outbox) Reconcile(ctx context.Context, belts []Belt, limit int) ([]Ref, error) {
	if len(belts) == 0 {
		return nil, nil
	}
	params := db.ReconcileParams{Most: int32(limit)}
	for _, b := range belts {
		params.Municipalities = append(params.Municipalities, b.Municipality)
		params.Providers = append(params.Providers, string(b.Lane.Provider))
		params.Urgencies = append(params.Urgencies, string(b.Lane.Urgency))
		olderThan := b.Front + o.terms.Grace
		if b.Lost {
			olderThan = 0
		}
		params.OlderThanMs = append(params.OlderThanMs, olderThan.Milliseconds())
	}
	rows, err := o.queries.Reconcile(ctx, o.db.Pool(), params)
	if err != nil {
		return nil, fmt.Errorf("outbox: reconcile: %w", err)
	}
	refs := make([]Ref, len(rows))
	for i, r := range rows {
		refs[i] = Ref{
			Municipality: r.MunicipalityID, Parcel: r.ID, Provider: notify.Provider(r.Provider), Urgency: notify.Urgency(r.Urgency),
			Attempt: int(r.Attempt), Size: int(r.Size),
		}
	}
	return refs, nil
}

// Released is what became of leases that ran out.
type Released struct {
	Deliveries int       // that were freed
	Dead       int       // of these, that were ended
	At         time.Time // when, by the database's clock
}

// ReleaseExpired frees parcels whose worker did not finish within the lease, at most limit of them, and counts each delivery that was not settled as a
// possible duplicate. These are due at once, each in a parcel of its own, so that one that kills its worker does so alone; the fourth time that happens
// it begins to wait, and after notify.MostLost times it is dead (lost_too_often). Leases that ran out after horizon, by the database's clock, are left
// alone: see Steady. Errors: the database's.
func (o *Outbox) ReleaseExpired(ctx context.Context, limit int, horizon time.Time) (Released, error) {
	var r Released
	if err := o.db.Pool().QueryRow(ctx, releaseSQL, limit, notify.MostLost, horizon).Scan(&r.Deliveries, &r.Dead, &r.At); err != nil {
		return Released{}, fmt.Errorf("outbox: release: %w", err)
	}
	return r, nil
}

// releaseSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const releaseSQL = `select released, ended, at from notify.release_expired($1, $2, $3)`

// Expire ends deliveries that nobody took before they were too late to be of use, at most limit parcels of them. It returns how many.
func (o *Outbox) Expire(ctx context.Context, limit int) (int, error) {
	n, err := o.queries.Expire(ctx, o.db.Pool(), int32(limit))
	if err != nil {
		return 0, fmt.Errorf("outbox: expire: %w", err)
	}
	return int(n), nil
}
