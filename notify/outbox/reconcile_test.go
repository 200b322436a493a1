package outbox_test

import (
	"context"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

func TestReconcileFindsWhatIsNotOnTheBelt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	refs := h.raiseEach(t)
	o := h.outbox()
	ctx := context.Background()
	find := func(b outbox.Belt) []outbox.Ref {
		t.Helper()
		b.Municipality, b.Lane = h.municipality, criticalPush
		found, err := o.Reconcile(ctx, []outbox.Belt{b}, 100)
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := find(outbox.Belt{}); len(found) != 0 {
		t.Fatalf("what was announced just now came up: %+v", found)
	}
	h.exec(t, `update notify.parcels set queued_at = null where id = $1`, refs[0].Parcel)
	h.exec(t, `update notify.parcels set queued_at = now() - interval '8 seconds' where id = $1`, refs[1].Parcel)
	h.exec(t, `update notify.parcels set queued_at = null, next_at = now() + interval '1 hour' where id = $1`, refs[2].Parcel)

	// A belt whose oldest ref is 10 s old still holds what was put there 8 s ago.
	if found := find(outbox.Belt{Front: 10 * time.Second}); len(found) != 1 || found[0] != refs[0] {
		t.Fatalf("found %+v, want the one that was never queued", found)
	}
	if found := find(outbox.Belt{Front: time.Second}); len(found) != 1 || found[0] != refs[1] {
		t.Fatalf("found %+v, want the one queued 8 s ago", found)
	}
	if found := find(outbox.Belt{}); len(found) != 0 {
		t.Fatalf("found again: %+v", found)
	}
	if found := find(outbox.Belt{Lost: true}); len(found) != 3 {
		t.Fatalf("%d found after the belt was lost, want the 3 that are due", len(found))
	}
}

func TestExpireEndsWhatNobodyTook(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	refs := h.raiseEach(t)
	o := h.outbox()
	if n, err := o.Expire(context.Background(), 10); err != nil || n != 0 {
		t.Fatalf("expired %d, %v", n, err)
	}
	h.claim(t, o, refs[:1])
	h.exec(t, `update notify.events set expires_at = now() - interval '1 second'`)
	if n, err := o.Expire(context.Background(), 10); err != nil || n != 2 {
		t.Fatalf("expired %d, %v; want 2: the third is on its way", n, err)
	}
}

func TestWaitingTellsCountAndAge(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	h.raise(t, h.everybody())
	h.announce(t, h.everybody()[:1], notify.ByPush)
	h.exec(t, `update notify.parcels set next_at = now() - interval '1 minute' where urgency = 'routine'`)
	waiting, err := h.outbox().Waiting(context.Background())
	if err != nil || len(waiting) != 2 {
		t.Fatalf("waiting %+v, %v", waiting, err)
	}
	if w := waiting[0]; w.Lane != criticalPush || w.Count != 3 {
		t.Errorf("critical: %+v", w)
	}
	if w := waiting[1]; w.Lane.Urgency != notify.UrgencyRoutine || w.Count != 1 || w.Oldest < time.Minute {
		t.Errorf("routine: %+v", w)
	}
}
