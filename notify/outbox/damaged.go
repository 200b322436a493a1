package outbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify"
)

// errDamaged means that the database cannot do with a row as it is what it was asked to, however often it is asked.
var errDamaged = errors.New("outbox: a row is damaged")

// unmendable tells whether an error is of class 22 (bad data) or 23 (a constraint), which no repetition can mend.
func unmendable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "22") || strings.HasPrefix(pg.Code, "23"))
}

// claimApart claims refs of which one at least is of a damaged row: half of them, and then the other half, until that one is alone. It is put off, so that
// it is neither asked for without end nor forgotten; whoever claims reports it.
func (o *Outbox) claimApart(ctx context.Context, provider notify.Provider, refs []Ref, room int, leave func([]notify.Delivery)) (Claimed, error) {
	if len(refs) == 1 {
		return Claimed{Damaged: refs}, o.putOff(ctx, refs[0])
	}
	all := Claimed{}
	for half := range slices.Chunk(refs, (len(refs)+1)/2) {
		claimed, err := o.Claim(ctx, provider, half, room-len(all.Deliveries), leave)
		if err != nil {
			return Claimed{}, err
		}
		all.Deliveries, all.Ended = append(all.Deliveries, claimed.Deliveries...), append(all.Ended, claimed.Ended...)
		all.Left, all.Damaged = append(all.Left, claimed.Left...), append(all.Damaged, claimed.Damaged...)
	}
	return all, nil
}

// putOff lets nobody take a damaged parcel for a minute. One that cannot even be written to comes up as others do.
func (o *Outbox) putOff(ctx context.Context, r Ref) error {
	_, err := o.db.Pool().Exec(ctx, `
		update notify.parcels set next_at = clock_timestamp() + interval '1 minute'
		where municipality_id = $1 and id = $2 and lease_until is null`, r.Municipality, r.Parcel)
	if err != nil && !unmendable(err) {
		return fmt.Errorf("outbox: put a damaged parcel off: %w", err)
	}
	return nil
}
