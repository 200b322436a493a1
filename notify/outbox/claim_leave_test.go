package outbox_test

import (
	"context"
	"testing"

	"budstikke.example/notify"
)

// V15: what may leave does not wait, after it was asked about, for whoever is taking somebody else's access away at the same moment.
func TestWhatLeavesWaitsForNobody(t *testing.T) {
	t.Parallel()
	h, ctx := newHouse(t, 2), context.Background()
	refs := h.raise(t, h.everybody()).Refs
	h.deactivate(t, h.guardians[1])
	h.exec(t, `update notify.deliveries set state = 'pending', settled_at = null, reason = null where channel = 'push'`) // so that only the claim refuses it
	tx, err := h.Admin.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, `select from notify.deliveries where person_id = $1 for update`, h.guardians[1]); err != nil {
		t.Fatal(err)
	}
	left, done := make(chan []notify.Delivery, 1), make(chan error, 1)
	go func() {
		_, err := h.outbox().Claim(ctx, notify.ProviderAPNs, refs, 10, func(leaving []notify.Delivery) { left <- leaving })
		done <- err
	}()
	select {
	case leaving := <-left:
		if len(leaving) != 1 || leaving[0].Person != h.guardians[0] {
			t.Errorf("%d leave, want the one whose receiver has access", len(leaving))
		}
	case err := <-done:
		t.Errorf("the claim ended without letting anything leave: %v", err)
	}
	if err := tx.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if state, reason := h.state(t, h.push(t, h.guardians[1])); state != "suppressed" || reason != "access_ended" {
		t.Errorf("who has lost access: %s, %s", state, reason)
	}
}
