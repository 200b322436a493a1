package outbox_test

import (
	"context"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// B3: a row that the database cannot work with holds up nobody who is claimed with it, is told, and comes up again no sooner than in a minute.
func TestADamagedParcelHoldsUpNobody(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]string{
		"no attempt can be added": `update notify.parcels set attempt = 32767 where id = $1`,
		"no fence can be added":   `update notify.parcels set fence = 9223372036854775807 where id = $1`,
	} {
		for way, claim := range map[string]func(*outbox.Outbox, []outbox.Ref) (outbox.Claimed, error){
			"from the belt": func(o *outbox.Outbox, refs []outbox.Ref) (outbox.Claimed, error) {
				return o.Claim(context.Background(), notify.ProviderAPNs, refs, 1000, nil)
			},
			"without it": func(o *outbox.Outbox, _ []outbox.Ref) (outbox.Claimed, error) {
				return o.ClaimDue(context.Background(), criticalPush, 1000, nil)
			},
		} {
			t.Run(name+" "+way, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, 5)
				refs, o := h.raiseEach(t), h.outbox()
				h.exec(t, damage, refs[2].Parcel)
				if name == "no attempt can be added" {
					refs[2].Attempt = 32767
				}
				claimed, err := claim(o, refs)
				if err != nil || len(claimed.Deliveries) != 4 || len(claimed.Ended) != 0 {
					t.Fatalf("%d of 4 claimed, %d ended, %v", len(claimed.Deliveries), len(claimed.Ended), err)
				}
				if len(claimed.Damaged) != 1 || claimed.Damaged[0].Parcel != refs[2].Parcel {
					t.Fatalf("damaged are %v, want the third of %v", claimed.Damaged, refs)
				}
				if claimed, err = claim(o, refs); err != nil || len(claimed.Deliveries)+len(claimed.Damaged) != 0 {
					t.Errorf("at once again %+v, %v", claimed, err)
				}
				if n := h.count(t, `select count(*) from notify.parcels where id = $1 and next_at > clock_timestamp() + interval '30 seconds'`, refs[2].Parcel); n != 1 {
					t.Error("it is not put off")
				}
			})
		}
	}
}

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
	if r, err := o.ReleaseExpired(context.Background(), 100, time.Now().Add(time.Hour)); err != nil || r.Deliveries != 2 {
		t.Errorf("%d of 2 are free, %v", r.Deliveries, err)
	}
}
