package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// ClaimDue claims without a belt: it takes what is due in a lane, room deliveries at most, skipping what others hold, by the same
// statements as Claim, and tells leave as Claim does. Municipalities take turns, as they do on the belt: it begins with the one after that which came last
// the time before, and takes of each as many deliveries as of the others; of one municipality, what has been due longest.
func (o *Outbox) ClaimDue(ctx context.Context, lane Lane, room int, leave func([]notify.Delivery)) (Claimed, error) {
	belts, err := o.DueBelts(ctx, []Lane{lane}, true)
	if err != nil {
		return Claimed{}, err
	}
	if len(belts) == 0 || room <= 0 {
		return Claimed{}, nil
	}
	whose := o.byTurns(lane, belts, room)
	var rows []leased
	var refs []Ref
	err = pgx.BeginFunc(ctx, o.db.Pool(), func(tx pgx.Tx) error {
		due, err := o.queries.Due(ctx, tx, db.DueParams{
			Municipalities: whose, Provider: string(lane.Provider), Urgency: string(lane.Urgency), Each: int32((room + len(whose) - 1) / len(whose)),
		})
		if err != nil || len(due) == 0 {
			return err
		}
		refs = make([]Ref, 0, len(due))
		taken := 0
		for _, d := range due {
			if taken >= room {
				break
			}
			refs, taken = append(refs, Ref{Municipality: d.MunicipalityID, Parcel: d.ID, Attempt: int(d.Attempt)}), taken+int(d.Size)
			if d.Before == 0 {
				o.had(lane, d.MunicipalityID)
			}
		}
		rows, err = o.lease(ctx, tx, lane.Provider, refs, room)
		return err
	})
	switch {
	case errors.Is(err, errDamaged): // the rows are not locked any more: they are claimed as from the belt
		return o.claimApart(ctx, lane.Provider, refs, room, leave)
	case err != nil:
		return Claimed{}, fmt.Errorf("outbox: claim what is due: %w", err)
	}
	return o.part(ctx, lane.Provider, rows, leave)
}

// byTurns lists whose turn it is, n municipalities at most; the belts are in the order of their ids.
func (o *Outbox) byTurns(lane Lane, belts []Belt, n int) []uuid.UUID {
	o.mu.Lock()
	last := o.last[lane]
	o.mu.Unlock()
	first := max(slices.IndexFunc(belts, func(b Belt) bool { return slices.Compare(b.Municipality[:], last[:]) > 0 }), 0)
	turns := make([]uuid.UUID, min(len(belts), n))
	for i := range turns {
		turns[i] = belts[(first+i)%len(belts)].Municipality
	}
	return turns
}

// had notes who came last.
func (o *Outbox) had(lane Lane, municipality uuid.UUID) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last[lane] = municipality
}
