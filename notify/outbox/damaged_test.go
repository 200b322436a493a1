package outbox_test

import (
	"context"
	"testing"
	"time"
)

// B3: what a parcel holds can be told, whoever writes into the table, and a delivery that was counted to the end does not keep leases from running out.
func TestDamageIsKeptOutOfParcels(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	refs := h.raiseEach(t)
	for _, damage := range []string{
		`update notify.parcels set deliveries = array[null::uuid] || deliveries`, `update notify.parcels set attempt = -1`,
	} {
		if _, err := h.Admin.Exec(context.Background(), damage); err == nil {
			t.Errorf("%s was taken", damage)
		}
	}
	h.exec(t, `update notify.deliveries set possible_duplicates = 32767 where id = any (select unnest(deliveries) from notify.parcels where id = $1)`, refs[0].Parcel)
	o := h.impatient()
	h.claim(t, o, refs)
	if r, err := o.ReleaseExpired(context.Background(), 100, time.Now().Add(time.Hour), 0); err != nil || r.Deliveries != 2 {
		t.Errorf("%d of 2 are free, %v", r.Deliveries, err)
	}
}
