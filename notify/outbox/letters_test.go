package outbox_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// dead claims the alert to everybody and lets the provider refuse it; it answers the deliveries.
func (h *house) dead(t *testing.T) []notify.Delivery {
	t.Helper()
	held := h.claim(t, h.outbox(), h.raise(t, h.everybody()).Refs).Deliveries
	for _, d := range held {
		settle(t, h.outbox(), d, notify.Result{Outcome: notify.Refused, Status: 400, Reason: "BadTopic"})
	}
	return held
}

func (h *house) letters(t testing.TB, f outbox.Filter) (list []outbox.Letter) {
	t.Helper()
	h.as(t, scope.Auditor, func(tx *scope.Tx) (err error) {
		list, err = outbox.Letters(context.Background(), tx, f, uuid.Nil, 100)
		return err
	})
	return list
}

func (h *house) replay(t testing.TB, ids ...uuid.UUID) map[uuid.UUID]string {
	t.Helper()
	return h.asked(t, outbox.Replay, ids)
}

func (h *house) asked(t testing.TB, do func(context.Context, *scope.Tx, []uuid.UUID) ([]outbox.Answer, error), ids []uuid.UUID) map[uuid.UUID]string {
	t.Helper()
	said := map[uuid.UUID]string{}
	h.as(t, scope.Auditor, func(tx *scope.Tx) error {
		list, err := do(context.Background(), tx, ids)
		for _, a := range list {
			said[a.Delivery] = a.Answer
		}
		return err
	})
	return said
}

// B3: what nobody could deliver is kept, listed, explained, and leaves once more under the id that it has, as a new notice would.
func TestADeadLetterIsReplayedUnderItsID(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	held := h.dead(t)
	list := h.letters(t, outbox.Filter{})
	if len(list) != 3 || list[0].Reason != "BadTopic" || list[0].Status != 400 || list[0].Attempts != 1 || list[0].Kind != notify.KindAlertRaised {
		t.Fatalf("listed %+v", list)
	}
	for name, f := range map[string]outbox.Filter{
		"another provider": {Provider: notify.ProviderFCM}, "another reason": {Reason: "panic"}, "routine ones": {Urgency: notify.UrgencyRoutine},
		"those sent": {States: []outbox.State{outbox.StateSent}}, "later ones": {Since: time.Now().Add(time.Hour)}, "of another event": {About: uuid.New()},
	} {
		if got := h.letters(t, f); len(got) != 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := h.letters(t, outbox.Filter{About: held[0].Event, Since: time.Now().Add(-time.Hour)}); len(got) != 3 {
		t.Errorf("%d of the event", len(got))
	}
	if said := h.replay(t, held[0].ID, held[1].ID); len(said) != 2 || said[held[0].ID] != outbox.Replayed || said[held[1].ID] != outbox.Replayed {
		t.Fatalf("replayed %v", said)
	}
	if said := h.replay(t, held[0].ID); said[held[0].ID] != "retry" {
		t.Errorf("replayed twice: %v", said)
	}
	claimed, err := h.outbox().ClaimDue(context.Background(), criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 2 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	for _, d := range claimed.Deliveries {
		if d.Attempt != 1 || d.ID != held[0].ID && d.ID != held[1].ID {
			t.Errorf("claimed %s at attempt %d", d.ID, d.Attempt)
		}
		settle(t, h.outbox(), d, notify.Result{Outcome: notify.Accepted, Status: 200})
	}
	var story struct {
		State    string
		Attempts []struct{ Reason string }
	}
	h.as(t, scope.Auditor, func(tx *scope.Tx) error {
		document, err := outbox.Story(context.Background(), tx, held[0].ID)
		if err != nil {
			return err
		}
		return json.Unmarshal(document, &story)
	})
	if story.State != "sent" || len(story.Attempts) != 1 || story.Attempts[0].Reason != "BadTopic" {
		t.Errorf("its story is %+v, want the attempt that was refused, and that it was sent", story)
	}
}

// V15: who has lost access gets nothing by a replay, neither when that ended the notice nor when it happened since; and what is over, gone or unknown
// is told apart from what left.
func TestAReplayOpensNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 5)
	held := h.dead(t)
	of := func(guardian int) uuid.UUID { return h.push(t, h.guardians[guardian]) }
	h.deactivate(t, h.guardians[0])
	h.exec(t, `update notify.endpoints set state = 'active', retired_reason = null where person_id = $1`, h.guardians[0]) // so that only the claim refuses
	h.exec(t, `update notify.endpoints set state = 'retired', retired_reason = 'gone' where person_id = $1`, h.guardians[1])
	h.exec(t, `update notify.deliveries set state = 'suppressed', reason = 'access_ended' where id = $1`, of(2))
	stranger := uuid.New()
	said := h.replay(t, of(0), of(1), of(2), of(3), stranger)
	for id, want := range map[uuid.UUID]string{
		of(0): outbox.Replayed, of(1): "endpoint_gone", of(2): "suppressed", of(3): outbox.Replayed, stranger: "not_found",
	} {
		if said[id] != want {
			t.Errorf("%s: %q, want %q", id, said[id], want)
		}
	}
	claimed, err := h.outbox().ClaimDue(context.Background(), criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 1 || claimed.Deliveries[0].ID != of(3) {
		t.Errorf("claimed %+v, %v; want the one whose receiver has access", claimed.Deliveries, err)
	}
	if state, reason := h.state(t, of(0)); state+" "+reason != "suppressed access_ended" {
		t.Errorf("who lost access since: %s %s", state, reason)
	}
	h.exec(t, `update notify.events set expires_at = now() - interval '1 second' where id = $1`, held[0].Event)
	if said := h.replay(t, of(4)); said[of(4)] != "too_late" {
		t.Errorf("of an event that is over: %v", said)
	}
	for _, caller := range []scope.Caller{scope.SignIn, scope.Machine} {
		h.as(t, caller, func(tx *scope.Tx) error {
			list, err := outbox.Replay(context.Background(), tx, []uuid.UUID{of(4)})
			letters, _ := outbox.Letters(context.Background(), tx, outbox.Filter{}, uuid.Nil, 10)
			if len(list)+len(letters) != 0 {
				t.Errorf("%s is answered %v and %v", caller, list, letters)
			}
			return err
		})
	}
}

// What is parked does not leave, whatever it travels with does; what a worker has in its hands cannot be parked; and replaying undoes it.
func TestParkedStays(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	h.raise(t, h.everybody())
	first, second := h.push(t, h.guardians[0]), h.push(t, h.guardians[1])
	if said := h.asked(t, outbox.Park, []uuid.UUID{first, uuid.Max}); said[first] != outbox.Parked || said[uuid.Max] != "not_found" {
		t.Fatalf("parked %v", said)
	}
	claimed, err := h.outbox().ClaimDue(context.Background(), criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 2 || len(claimed.Ended) != 0 {
		t.Fatalf("claimed %+v, %v; want the two that are not parked", claimed, err)
	}
	if said := h.asked(t, outbox.Park, []uuid.UUID{first, second}); said[first] != "dead" || said[second] != "on_its_way" {
		t.Errorf("parked again, and parked on its way: %v", said)
	}
	for _, d := range claimed.Deliveries {
		settle(t, h.outbox(), d, notify.Result{Outcome: notify.Accepted})
	}
	if said := h.replay(t, first); said[first] != outbox.Replayed {
		t.Fatalf("replayed %v", said)
	}
	if free, leased := h.parcels(t); free != 1 || leased != 0 {
		t.Errorf("%d parcels wait and %d are held, want the one replayed", free, leased)
	}
	if said := h.asked(t, outbox.Park, []uuid.UUID{first}); said[first] != outbox.Parked {
		t.Errorf("parked after its replay: %v", said)
	}
	if free, _ := h.parcels(t); free != 0 {
		t.Errorf("%d parcels wait with nothing in them", free)
	}
}

// B3: a notice that takes its worker with it ends after a while, and nothing else with it; whoever is killed for other reasons now and then loses nothing.
func TestWhatKillsItsWorkerIsParked(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	ctx := context.Background()
	h.raise(t, h.everybody())
	poison := h.push(t, h.guardians[0])
	for round := range notify.MostLost + 1 { // the first loss is of a parcel of two
		h.exec(t, `update notify.parcels set next_at = now() - interval '1 minute'`) // the waits are over
		claimed, err := h.impatient().ClaimDue(ctx, criticalPush, 10, nil, nil)
		if err != nil || len(claimed.Deliveries) == 0 {
			t.Fatalf("round %d: claimed %+v, %v", round, claimed, err)
		}
		for _, d := range claimed.Deliveries {
			if d.ID != poison && round > 0 {
				settle(t, h.outbox(), d, notify.Result{Outcome: notify.Accepted})
			}
		}
		released, err := h.outbox().ReleaseExpired(ctx, 10, time.Now().Add(time.Hour), 0)
		dead := []outbox.Way{{Urgency: notify.UrgencyCritical, Channel: notify.ChannelPush}}
		if want := round / notify.MostLost; err != nil || released.Dead != want || !slices.Equal(released.Ended, dead[:want]) {
			t.Fatalf("round %d: %+v, %v, want %d dead", round, released, err, want)
		}
	}
	if state, reason := h.state(t, poison); state+" "+reason != "dead lost_too_often" {
		t.Errorf("what kills its worker is %s %s", state, reason)
	}
	if state, _ := h.state(t, h.push(t, h.guardians[1])); state != "sent" {
		t.Errorf("what travelled with it is %s", state)
	}
	if got := h.letters(t, outbox.Filter{Reason: "lost_too_often"}); len(got) != 1 || got[0].ID != poison || got[0].PossibleDuplicates != notify.MostLost+1 {
		t.Errorf("listed %+v", got)
	}
	if said := h.replay(t, poison); said[poison] != outbox.Replayed {
		t.Fatalf("replayed %v", said)
	}
	if n := h.count(t, `select lost from notify.parcels where id = $1`, poison); n != 0 {
		t.Errorf("replayed, it counts as lost %d times", n)
	}
}

// Any result shows that the worker lived: what was lost before does not count from then on.
func TestAResultForgetsLosses(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	h.claim(t, h.impatient(), h.raise(t, h.everybody()).Refs)
	if n, err := release(context.Background(), h.outbox()); err != nil || n != 1 {
		t.Fatalf("released %d, %v", n, err)
	}
	if n := h.count(t, `select lost from notify.parcels`); n != 1 {
		t.Fatalf("lost %d times", n)
	}
	claimed, err := h.outbox().ClaimDue(context.Background(), criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	settle(t, h.outbox(), claimed.Deliveries[0], notify.Result{Outcome: notify.Unavailable})
	if n := h.count(t, `select lost from notify.parcels`); n != 0 {
		t.Errorf("after a result it counts as lost %d times", n)
	}
}
