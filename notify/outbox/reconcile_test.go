package outbox_test

import (
	"context"
	"maps"
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
	if e, err := o.Expire(context.Background(), 10); err != nil || e.Deliveries != 0 {
		t.Fatalf("expired %+v, %v", e, err)
	}
	h.claim(t, o, refs[:1])
	h.announce(t, h.everybody()[:1], notify.ByPush)
	h.exec(t, `update notify.events set expires_at = now() - interval '1 second'`)
	want := map[outbox.Way]int{{Urgency: notify.UrgencyCritical, Channel: notify.ChannelPush}: 2, {Urgency: notify.UrgencyRoutine, Channel: notify.ChannelPush}: 1}
	if e, err := o.Expire(context.Background(), 10); err != nil || e.Deliveries != 3 || !maps.Equal(e.OfPeople, want) {
		t.Fatalf("expired %+v, %v; want 2 pushes of the alert, the third of which is on its way, and one of a message", e, err)
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

// B3: an alert has waited since it was accepted, also while it waits for its next attempt and while a worker holds it; a routine notice since it has been due.
func TestAnAlertWaitsSinceItWasAccepted(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	refs := h.raiseEach(t)
	h.announce(t, h.everybody()[:1], notify.ByPush)
	h.exec(t, `update notify.events set created_at = now() - interval '1 hour'`)
	h.exec(t, `update notify.parcels set next_at = now() + interval '10 minutes' where urgency = 'routine'`)
	for what, put := range map[string]func(){
		"waits for its next attempt": func() { h.exec(t, `update notify.parcels set next_at = now() + interval '10 minutes'`) },
		"is on its way": func() {
			h.exec(t, `update notify.parcels set next_at = now() where urgency = 'critical'`)
			h.claim(t, h.outbox(), refs)
		},
	} {
		put()
		waiting, err := h.outbox().Waiting(t.Context())
		if err != nil || len(waiting) != 1 || waiting[0].Lane != criticalPush || waiting[0].Count != 0 || waiting[0].Oldest < time.Hour {
			t.Errorf("an alert that %s: %+v, %v; want nothing due, and an hour", what, waiting, err)
		}
		h.exec(t, `update notify.parcels set lease_until = null, next_at = now() + interval '10 minutes'`)
	}
}

// B3: a row that cannot be written keeps nobody else's lease from being released, nor anybody else's notice from being ended; it comes up again.
func TestADamagedRowHoldsUpNoOther(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 4)
	h.exec(t, `create function public.raise_damage() returns trigger language plpgsql as $$
		begin raise exception 'invalid page in block 7' using errcode = 'XX001'; end $$`)
	held := h.claim(t, h.impatient(), h.raise(t, h.everybody()).Refs).Deliveries
	h.exec(t, `create trigger damage before update on notify.deliveries for each row when (new.id = '`+held[2].ID.String()+`') execute function public.raise_damage()`)
	freed, stuck := 0, 0
	for range 2 { // the parcel is taken apart, and what was in it is freed
		released, err := h.outbox().ReleaseExpired(t.Context(), 10, time.Now().Add(time.Hour), 0)
		if err != nil {
			t.Fatal(err)
		}
		freed, stuck = freed+released.Deliveries, stuck+len(released.Stuck)
	}
	if freed != len(held)-1 || stuck != 1 {
		t.Errorf("%d of %d freed, %d stuck; want all but one", freed, len(held), stuck)
	}
	if released, err := h.outbox().ReleaseExpired(t.Context(), 10, time.Now().Add(time.Hour), 0); err != nil || len(released.Stuck) != 0 {
		t.Errorf("the damaged one comes up at once: %+v, %v", released, err)
	}
	h.exec(t, `update notify.parcels set lease_until = null`)
	h.exec(t, `update notify.events set expires_at = now() - interval '1 second'`)
	if e, err := h.outbox().Expire(t.Context(), 10); err != nil || e.Deliveries != len(held)-1 {
		t.Errorf("expired %+v, %v; want all but one", e, err)
	}
	h.exec(t, `drop trigger damage on notify.deliveries`)
	if e, err := h.outbox().Expire(t.Context(), 10); err != nil || e.Deliveries != 1 {
		t.Errorf("expired %+v, %v; want the one whose row is mended", e, err)
	}
}
