package outbox

import (
	"context"
	"fmt"

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

// ReleaseExpired frees parcels whose worker did not finish within the lease, at most limit of them, and counts each delivery that was not settled as a
// possible duplicate. These are due at once, each in a parcel of its own, so that one that kills its worker does so alone; the fourth time that happens
// it begins to wait, and after notify.MostLost times it is dead (lost_too_often). It returns how many it freed, and how many of them are dead.
func (o *Outbox) ReleaseExpired(ctx context.Context, limit int) (released, dead int, err error) {
	n, err := o.queries.ReleaseExpired(ctx, o.db.Pool(), db.ReleaseExpiredParams{Most: int32(limit), MostLost: notify.MostLost})
	if err != nil {
		return 0, 0, fmt.Errorf("outbox: release: %w", err)
	}
	return int(n.Released), int(n.Ended), nil
}

// Expire ends deliveries that nobody took before they were too late to be of use, at most limit parcels of them. It returns how many.
func (o *Outbox) Expire(ctx context.Context, limit int) (int, error) {
	n, err := o.queries.Expire(ctx, o.db.Pool(), int32(limit))
	if err != nil {
		return 0, fmt.Errorf("outbox: expire: %w", err)
	}
	return int(n), nil
}
