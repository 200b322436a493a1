package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// B3: what a parcel holds can be told, whoever writes into the table, and a delivery that was counted to the end does not keep leases from running out.
func TestDamageIsKeptOutOfParcels(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	refs := h.raiseEach(t)
	for damage, by := range map[string]string{
		`update notify.parcels set deliveries = array[null::uuid] || deliveries`: "a_parcel_names_what_it_holds",
		`update notify.parcels set attempt = -1`:                                 "attempts_are_counted_from_none",
	} {
		_, err := h.Admin.Exec(context.Background(), damage)
		if refusal := (*pgconn.PgError)(nil); !errors.As(err, &refusal) || refusal.ConstraintName != by {
			t.Errorf("%s: %v, want it refused by %s", damage, err, by)
		}
	}
	h.exec(t, `update notify.deliveries set possible_duplicates = 32767 where id = any (select unnest(deliveries) from notify.parcels where id = $1)`, refs[0].Parcel)
	o := h.impatient()
	h.claim(t, o, refs)
	if r, err := o.ReleaseExpired(context.Background(), 100, time.Now().Add(time.Hour), 0); err != nil || r.Deliveries != 2 {
		t.Errorf("%d of 2 are free, %v", r.Deliveries, err)
	}
}
