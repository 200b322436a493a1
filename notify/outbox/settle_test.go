package outbox_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

func settle(t *testing.T, o *outbox.Outbox, d notify.Delivery, r notify.Result) []outbox.Settled {
	t.Helper()
	settled, err := o.Settle(context.Background(), []outbox.Settlement{{Delivery: d, Result: r}})
	if err != nil {
		t.Fatal(err)
	}
	return settled
}

// A result is written beside its delivery, on the same page: then no index gets an entry for it (B14).
func TestResultsStayOnTheirPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 400)
	o := h.outbox()
	refs := h.raise(t, h.everybody()).Refs
	pages := func() map[string]string {
		t.Helper()
		list, err := h.Admin.Query(t.Context(), `select id::text, tableoid::text || ' ' || (ctid::text::point)[0] from notify.deliveries where channel = 'push'`)
		if err != nil {
			t.Fatal(err)
		}
		of := map[string]string{}
		var id, page string
		if _, err := pgx.ForEachRow(list, []any{&id, &page}, func() error { of[id] = page; return nil }); err != nil {
			t.Fatal(err)
		}
		return of
	}
	before := pages()
	var batch []outbox.Settlement
	for _, d := range h.claim(t, o, refs).Deliveries {
		batch = append(batch, outbox.Settlement{Delivery: d, Result: notify.Result{Outcome: notify.Accepted, Status: 200, ProviderID: strings.ToUpper(d.ID.String())}})
	}
	if settled, err := o.Settle(t.Context(), batch); err != nil || len(settled) != len(h.guardians) {
		t.Fatalf("%d settled, %v", len(settled), err)
	}
	moved := 0
	for id, page := range pages() {
		if before[id] != page {
			moved++
		}
	}
	if most := len(h.guardians) / 20; moved > most {
		t.Errorf("%d of %d results went to another page, want at most %d", moved, len(h.guardians), most)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		result     notify.Result
		state      outbox.State
		attempt    int
		duplicates int
		endpoint   string
	}{
		"accepted":      {notify.Result{Outcome: notify.Accepted, ProviderID: "p1", Status: 200}, outbox.StateSent, 1, 0, "active"},
		"refused":       {notify.Result{Outcome: notify.Refused, Status: 413}, outbox.StateDead, 1, 0, "active"},
		"throttled":     {notify.Result{Outcome: notify.Throttled, Status: 429}, outbox.StateRetry, 1, 0, "active"},
		"unavailable":   {notify.Result{Outcome: notify.Unavailable, Status: 503}, outbox.StateRetry, 1, 0, "active"},
		"unknown":       {notify.Result{Outcome: notify.Unknown}, outbox.StateRetry, 1, 1, "active"},
		"no outcome":    {notify.Result{}, outbox.StateRetry, 1, 1, "active"},
		"misconfigured": {notify.Result{Outcome: notify.Misconfigured, Status: 403}, outbox.StateRetry, 0, 0, "active"},
		"gone":          {notify.Result{Outcome: notify.EndpointGone, Status: 410}, outbox.StateDead, 1, 0, "retired"},
		"gone lately": {notify.Result{Outcome: notify.EndpointGone, Status: 410, GoneSince: time.Now().Add(-time.Minute)},
			outbox.StateDead, 1, 0, "retired"},
		"gone before it registered itself": {
			notify.Result{Outcome: notify.EndpointGone, Status: 410, GoneSince: time.Now().Add(-2 * time.Hour)},
			outbox.StateRetry, 1, 0, "active"},
		"words that Postgres cannot store": {
			notify.Result{Outcome: notify.Unavailable, Reason: "a\x00b\xff", ProviderID: "\x00", Status: -1}, outbox.StateRetry, 1, 0, "active"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1)
			o := h.outbox()
			held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries[0]
			settled := settle(t, o, held, c.result)
			if len(settled) != 1 || settled[0].State != c.state {
				t.Fatalf("settled %+v, want %s", settled, c.state)
			}
			if got := h.count(t, `select attempt from notify.deliveries where id = $1`, held.ID); got != c.attempt {
				t.Errorf("attempt %d, want %d", got, c.attempt)
			}
			if got := h.count(t, `select possible_duplicates from notify.deliveries where id = $1`, held.ID); got != c.duplicates {
				t.Errorf("%d possible duplicates, want %d", got, c.duplicates)
			}
			if got := h.text(t, `select state from notify.endpoints where id = $1`, held.Endpoint); got != c.endpoint {
				t.Errorf("endpoint is %s, want %s", got, c.endpoint)
			}
			// It may be written again, and changes nothing.
			if again := settle(t, o, held, c.result); len(again) != 0 {
				t.Errorf("settled twice: %+v", again)
			}
			// The attempt that ends it stands in the delivery; any other has a row.
			want := map[bool]int{true: 1}[c.state == outbox.StateRetry]
			if n := h.count(t, `select count(*) from notify.attempts where delivery_id = $1 and attempt = 1`, held.ID); n != want {
				t.Errorf("%d attempts kept, want %d", n, want)
			}
			if got := h.text(t, `select coalesce(outcome, '') || ' ' || coalesce(status, 0) from notify.deliveries where id = $1`, held.ID); c.result.Outcome != "" &&
				got != fmt.Sprintf("%s %d", c.result.Outcome, max(c.result.Status, 0)) {
				t.Errorf("kept as %q", got)
			}
			free, leased := h.parcels(t)
			if free != want || leased != 0 {
				t.Errorf("%d parcels are free and %d leased, want %d", free, leased, want)
			}
		})
	}
}

// B3: what falls with a connection that others used, too, costs no attempt; and one that falls for ever is dead in the end.
func TestAFailureThatIsSharedCostsNoAttempt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	o := outbox.New(h.Worker, outbox.Terms{MaxAttempts: func(notify.Urgency) int { return 2 }})
	settled := settle(t, o, h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries[0], notify.Result{Outcome: notify.Unknown, Shared: true})
	for claims := 1; settled[0].State == outbox.StateRetry; claims++ {
		if claims > 20 {
			t.Fatal("it is never given up")
		}
		h.exec(t, `update notify.parcels set next_at = now()`)
		claimed, err := o.ClaimDue(context.Background(), criticalPush, 10, nil, nil)
		if err != nil || len(claimed.Deliveries) != 1 {
			t.Fatalf("claimed %+v, %v", claimed, err)
		}
		if got := claimed.Deliveries[0].Attempt; claims < 6 && got != 1 {
			t.Errorf("claim %d is attempt %d", claims+1, got)
		}
		settled = settle(t, o, claimed.Deliveries[0], notify.Result{Outcome: notify.Unknown, Shared: true})
	}
	if settled[0].State != outbox.StateDead {
		t.Errorf("it is %s", settled[0].State)
	}
}

// A device that registers itself between the claim and the provider's "gone" has a new life.
func TestGoneSparesADeviceThatCameBack(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]notify.Result{
		"without a time": {Outcome: notify.EndpointGone},
		"with a time":    {Outcome: notify.EndpointGone, GoneSince: time.Now().Add(-time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1)
			o := h.outbox()
			held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries[0]
			h.exec(t, `update notify.endpoints set registered_at = now() where id = $1`, held.Endpoint)
			settle(t, o, held, result)
			if got := h.text(t, `select state from notify.endpoints where id = $1`, held.Endpoint); got != "active" {
				t.Errorf("endpoint is %s", got)
			}
		})
	}
}

func TestFenceStopsALateResult(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	ctx := context.Background()
	late := h.claim(t, h.impatient(), h.raise(t, h.everybody()).Refs).Deliveries[0]
	if n, err := release(ctx, h.outbox()); err != nil || n != 1 {
		t.Fatalf("released %d, %v", n, err)
	}
	claimed, err := h.outbox().ClaimDue(ctx, criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	second := claimed.Deliveries[0]
	if second.Fence <= late.Fence || second.Attempt != 2 {
		t.Fatalf("the second claim has fence %d and attempt %d", second.Fence, second.Attempt)
	}
	if settled := settle(t, h.outbox(), late, notify.Result{Outcome: notify.Refused}); len(settled) != 0 {
		t.Fatalf("a late result was written: %+v", settled)
	}
	if settled := settle(t, h.outbox(), second, notify.Result{Outcome: notify.Accepted}); len(settled) != 1 {
		t.Fatal("the holder's result was not written")
	}
	if n := h.count(t, `select possible_duplicates from notify.deliveries where id = $1`, late.ID); n != 1 {
		t.Errorf("%d possible duplicates, want 1", n)
	}
}

// release frees every lease that has run out, and answers how many deliveries.
func release(ctx context.Context, o *outbox.Outbox) (int, error) {
	released, err := o.ReleaseExpired(ctx, 10, time.Now().Add(time.Hour), 0)
	return released.Deliveries, err
}

// B3: leases that ran out after the horizon are left to their holder; the database tells its time, by which the next horizon is set.
func TestLeasesAreLeftAfterTheHorizon(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	ctx := t.Context()
	first, err := h.outbox().ReleaseExpired(ctx, 10, time.Time{}, 0)
	if err != nil || first.At.IsZero() {
		t.Fatalf("released %+v, %v", first, err)
	}
	held := h.claim(t, h.impatient(), h.raise(t, h.everybody()).Refs).Deliveries[0]
	second, err := h.outbox().ReleaseExpired(ctx, 10, first.At, 0) // it ran out after this
	if err != nil || second.Deliveries != 0 || !second.At.After(first.At) {
		t.Fatalf("released %+v, %v", second, err)
	}
	if settled := settle(t, h.outbox(), held, notify.Result{Outcome: notify.Unavailable}); len(settled) != 1 {
		t.Fatal("the holder's result was not written")
	}
	next := h.claim(t, h.impatient(), h.raise(t, h.everybody()).Refs).Deliveries
	third, err := h.outbox().ReleaseExpired(ctx, 10, second.At.Add(time.Hour), 0)
	if err != nil || third.Deliveries != len(next) {
		t.Fatalf("released %+v, %v, want %d", third, err, len(next))
	}
}

// B3: a claim is not on the disk when its deliveries leave, and a crash of the database forgets it. What a worker knows to have been taken is written all the same, for
// nobody had it meanwhile; what failed is tried again as if it had not been, and somebody who has claimed the parcel anew is not meddled with.
func TestWhatACrashForgotAndWasTakenIsWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 10)
	o := h.outbox()
	refs := h.raise(t, h.everybody()).Refs
	held := h.claim(t, o, refs).Deliveries
	forget := `update notify.parcels set lease_until = null, fence = fence - 1, attempt = attempt - 1`
	h.exec(t, forget)
	accepted := notify.Result{Outcome: notify.Accepted, Status: 200, ProviderID: "A1"}
	if settled := settle(t, o, held[0], accepted); len(settled) != 1 || settled[0].State != outbox.StateSent {
		t.Fatalf("what was taken is settled as %+v", settled)
	}
	if settled := settle(t, o, held[0], accepted); len(settled) != 0 {
		t.Errorf("the second time it is settled as %+v", settled)
	}
	if settled := settle(t, o, held[1], notify.Result{Outcome: notify.Refused}); len(settled) != 0 {
		t.Errorf("what was refused is settled as %+v", settled)
	}
	if got := h.text(t, `select format('%s %s %s %s %s', state, outcome, status, provider_message_id, attempt) from notify.deliveries where id = $1`, held[0].ID); got != "sent accepted 200 A1 1" {
		t.Errorf("it is kept as %q", got)
	}
	again := h.claim(t, o, refs).Deliveries
	if len(again) != len(held)-1 || slices.ContainsFunc(again, func(d notify.Delivery) bool { return d.ID == held[0].ID }) {
		t.Fatalf("%d are claimed anew, want all but what was taken", len(again))
	}
	for _, d := range again {
		if settled := settle(t, o, d, accepted); len(settled) != 1 {
			t.Errorf("%s is settled as %+v", d.ID, settled)
		}
	}
	if free, leased := h.parcels(t); free+leased != 0 {
		t.Errorf("%d parcels are left free, %d leased", free, leased)
	}

	// Somebody has claimed it anew: the fence is theirs.
	refs = h.raise(t, h.everybody()).Refs
	held = h.claim(t, o, refs).Deliveries
	h.exec(t, forget)
	h.exec(t, `update notify.parcels set fence = fence + 2, attempt = attempt + 1, lease_until = now() + interval '1 minute'`)
	if settled := settle(t, o, held[0], accepted); len(settled) != 0 {
		t.Errorf("in somebody else's hands it is settled as %+v", settled)
	}
}

// B3: a stand-by took over whose clock is five minutes behind. Leases that were made before end five minutes later than they were made for: they count as over
// when the database has answered for longer than they were, unless its clock went back only now; those that were made since are their holders'.
func TestLeasesOfAnotherClockAreReleased(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	ctx := t.Context()
	first, err := h.outbox().ReleaseExpired(ctx, 10, time.Time{}, 0)
	if err != nil {
		t.Fatal(err)
	}
	before := h.claim(t, h.outbox(), h.raise(t, h.everybody()).Refs).Deliveries
	h.exec(t, `update notify.parcels set lease_until = lease_until + interval '5 minutes'`)
	since := h.claim(t, h.outbox(), h.raise(t, h.everybody()).Refs).Deliveries
	for what, c := range map[string]struct {
		horizon time.Time
		steady  time.Duration
	}{
		"it has just been promoted":       {first.At, 0},
		"a holder may live for so long":   {first.At, notify.Lease(notify.UrgencyCritical)},
		"its clock went back only now":    {first.At.Add(5 * time.Minute), time.Hour},
		"it has not answered long enough": {time.Time{}, 0},
	} {
		if r, err := h.outbox().ReleaseExpired(ctx, 10, c.horizon, c.steady); err != nil || r.Deliveries != 0 {
			t.Errorf("%s: released %+v, %v", what, r, err)
		}
	}
	r, err := h.outbox().ReleaseExpired(ctx, 10, first.At, notify.Lease(notify.UrgencyCritical)+time.Millisecond)
	if err != nil || r.Deliveries != len(before) {
		t.Errorf("released %+v, %v, want the %d of the other clock", r, err, len(before))
	}
	if settled := settle(t, h.outbox(), since[0], notify.Result{Outcome: notify.Unavailable}); len(settled) != 1 {
		t.Error("a lease that was made since was taken from its holder")
	}
	routine := h.claim(t, h.outbox(), h.announce(t, h.everybody()[:1], notify.ByPush).Refs).Deliveries
	h.exec(t, `update notify.parcels set lease_until = lease_until + interval '5 minutes' where urgency = 'routine'`)
	if r, err := h.outbox().ReleaseExpired(ctx, 10, first.At, notify.Lease(notify.UrgencyCritical)+time.Second); err != nil || r.Deliveries != 0 {
		t.Errorf("released %+v, %v, while the holder of a routine one may live", r, err)
	}
	if r, err := h.outbox().ReleaseExpired(ctx, 10, first.At, notify.Lease(notify.UrgencyRoutine)+time.Second); err != nil || r.Deliveries != len(routine) {
		t.Errorf("released %+v, %v, want the routine one", r, err)
	}
}

// B3: critical notices that another clock put off are due; one whose provider asked for patience waits for as long as it asked, also when that is longer.
func TestWhatAnotherClockPutOffIsDue(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 5)
	o, ctx := h.outbox(), t.Context()
	refs := h.raiseEach(t)
	held := h.claim(t, o, refs[:3]).Deliveries
	if settled := settle(t, o, held[0], notify.Result{Outcome: notify.Unavailable}); len(settled) != 1 {
		t.Fatal("not settled")
	}
	for _, d := range held[1:] {
		_, err := o.Settle(ctx, []outbox.Settlement{{Delivery: d, Result: notify.Result{Outcome: notify.Throttled, RetryAfter: 10 * time.Minute}, Wait: 10 * time.Minute}})
		if err != nil {
			t.Fatal(err)
		}
	}
	ids := func(sql string, args ...any) (found int) {
		return h.count(t, `select count(*) from notify.parcels where `+sql, args...)
	}
	forward := func(want int) {
		t.Helper()
		n, err := o.BringForward(ctx, []outbox.Lane{criticalPush}, 15*time.Second, 30*time.Minute)
		if err != nil || n != want {
			t.Errorf("%d brought forward, %v, want %d", n, err, want)
		}
	}
	forward(0)
	// The clock goes back: what was written is five minutes ahead. The second has been asked to wait since; the third had been before.
	h.exec(t, `update notify.attempts set finished_at = finished_at + interval '5 minutes' where delivery_id <> $1`, held[1].ID)
	h.exec(t, `update notify.parcels set next_at = next_at + interval '5 minutes' where id <> $1 and id <> $2`, held[1].ID, refs[4].Parcel)
	h.exec(t, `update notify.parcels set next_at = next_at + interval '10 seconds' where id = $1`, refs[4].Parcel)
	forward(3)
	if n := ids(`next_at > now() + interval '9 minutes' and id = $1`, held[1].ID); n != 1 {
		t.Error("what the provider asked for is not waited for")
	}
	if n := ids(`next_at > now() and id = $1`, refs[4].Parcel); n != 1 {
		t.Error("an ordinary wait is not waited for")
	}
	if n := ids(`next_at <= now() and queued_at is null and id in ($1, $2, $3)`, held[0].ID, held[2].ID, refs[3].Parcel); n != 3 {
		t.Errorf("%d of 3 are due", n)
	}
	h.exec(t, `update notify.parcels set next_at = now() + interval '31 minutes' where id = $1`, held[1].ID)
	forward(1) // nobody waits for so long
}

// A lease that ran out while Postgres was away is forgiven as long as nobody has taken over: the provider has it, sending it again would
// be a duplicate. Any other late result is not.
func TestLateAcceptanceIsTaken(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	held := h.claim(t, h.impatient(), h.raise(t, h.everybody()).Refs).Deliveries
	if n, err := release(context.Background(), h.outbox()); err != nil || n != 2 {
		t.Fatalf("released %d, %v", n, err)
	}
	if settled := settle(t, h.outbox(), held[0], notify.Result{Outcome: notify.Refused}); len(settled) != 0 {
		t.Fatalf("a late refusal was written: %+v", settled)
	}
	settled := settle(t, h.outbox(), held[1], notify.Result{Outcome: notify.Accepted})
	if len(settled) != 1 || settled[0].State != outbox.StateSent {
		t.Fatalf("settled %+v", settled)
	}
}

// B3: what a worker held when it died travels one by one from then on, so that one that kills its worker does so alone and is parked after its last
// attempt; what it had settled of the same parcel stays settled.
func TestReleasedTravelsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 40)
	ctx := context.Background()
	short := outbox.Terms{Lease: func(notify.Urgency) time.Duration { return 0 }, MaxAttempts: func(notify.Urgency) int { return 2 }}
	o := outbox.New(h.Worker, short)
	held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries
	settle(t, o, held[0], notify.Result{Outcome: notify.Accepted})
	settle(t, o, held[1], notify.Result{Outcome: notify.Unavailable})
	if n, err := release(ctx, o); err != nil || n != 38 {
		t.Fatalf("released %d, %v; want the 38 without a result", n, err)
	}
	if n := h.count(t, `select count(*) from notify.parcels where id = deliveries[1] and cardinality(deliveries) = 1 and lease_until is null and attempt = 1`); n != 39 {
		t.Fatalf("%d travel alone at their second attempt, want the 38 and the one that failed", n)
	}
	if n := h.count(t, `select sum(possible_duplicates) from notify.deliveries`); n != 38 {
		t.Errorf("%d possible duplicates, want 38", n)
	}
	again, err := o.ClaimDue(ctx, criticalPush, 100, nil, nil)
	if err != nil || len(again.Deliveries) != 39 {
		t.Fatalf("%d claimed again, %v", len(again.Deliveries), err)
	}
	for _, d := range again.Deliveries[1:] { // the first kills its worker again
		settle(t, o, d, notify.Result{Outcome: notify.Accepted})
	}
	if n, err := release(ctx, o); err != nil || n != 1 {
		t.Fatalf("released %d, %v", n, err)
	}
	last, err := o.ClaimDue(ctx, criticalPush, 100, nil, nil)
	if err != nil || len(last.Deliveries) != 0 || len(last.Ended) != 1 || last.Ended[0].Reason != "too_many_attempts" {
		t.Fatalf("claimed %+v, %v", last, err)
	}
	if n := h.count(t, `select count(*) from notify.deliveries where channel = 'push' and state = 'sent'`); n != 39 {
		t.Errorf("%d are sent, want all but the one that kills its worker", n)
	}
	if free, leased := h.parcels(t); free+leased != 0 {
		t.Errorf("%d parcels are free and %d leased with nothing to do", free, leased)
	}
}

// B3, V15: a batch over several parcels, most of it accepted, is written as each of its members alone would be: what failed goes alone, what was cut off on
// its way stays suppressed, what comes by an older fence changes nothing, and what is still on its way stays in its parcel. Its repetition changes nothing.
func TestSettleManyAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 70)
	o := h.outbox()
	held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries
	if len(held) != 70 {
		t.Fatalf("%d claimed", len(held))
	}
	cut, failed, late, onTheirWay := held[10], held[20], held[30], held[40:43]
	h.deactivate(t, cut.Person)
	late.Fence--
	want := map[uuid.UUID]outbox.State{}
	var batch []outbox.Settlement
	for i, d := range held {
		result, state := notify.Result{Outcome: notify.Accepted, ProviderID: "p", Status: 200}, outbox.StateSent
		switch {
		case d.ID == failed.ID:
			result, state = notify.Result{Outcome: notify.Unavailable, Status: 503}, outbox.StateRetry
		case d.ID == cut.ID:
			state = outbox.StateSuppressed
		case d.ID == late.ID:
			d, state = late, ""
		case i >= 40 && i < 43:
			continue
		}
		if state != "" {
			want[d.ID] = state
		}
		batch = append(batch, outbox.Settlement{Delivery: d, Result: result})
	}
	settled, err := o.Settle(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	got := map[uuid.UUID]outbox.State{}
	for _, s := range settled {
		got[s.Delivery] = s.State
		if state, _ := h.state(t, s.Delivery); state != string(s.State) {
			t.Errorf("%s is told as %s and kept as %s", s.Delivery, s.State, state)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("settled %v, want %v", got, want)
	}
	if n := h.count(t, `select count(*) from notify.deliveries where state = 'sent' and channel = 'push' and attempt = 1 and fence = 1 and outcome = 'accepted' and status = 200
		and provider_message_id = 'p' and settled_at is not null`); n != 64 {
		t.Errorf("%d are kept with what the provider said, want 64", n)
	}
	left := h.count(t, `select count(*) from notify.parcels p, unnest(p.deliveries) d where p.lease_until is not null`)
	alone := h.count(t, `select count(*) from notify.parcels p where p.lease_until is null and p.deliveries = array[$1::uuid]`, failed.ID)
	if left != 4 || alone != 1 {
		t.Errorf("%d are still on their way and %d waits alone, want 4 and 1", left, alone)
	}
	if again, err := o.Settle(context.Background(), batch); err != nil || len(again) != 0 {
		t.Errorf("settled twice: %v, %v", again, err)
	}
	for _, d := range append(onTheirWay, held[30]) {
		if settled := settle(t, o, d, notify.Result{Outcome: notify.Accepted}); len(settled) != 1 {
			t.Errorf("%s was not written", d.ID)
		}
	}
	if free, leased := h.parcels(t); free != 1 || leased != 0 {
		t.Errorf("%d parcels are free and %d leased, want the one that failed", free, leased)
	}
}

// What is given back of a parcel goes at once, and what is on its way of the same parcel is settled all the same.
func TestGiveBackOfAPart(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	o := h.outbox()
	held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries
	if err := o.GiveBack(context.Background(), held[:1]); err != nil {
		t.Fatal(err)
	}
	settle(t, o, held[1], notify.Result{Outcome: notify.Accepted})
	settle(t, o, held[2], notify.Result{Outcome: notify.Accepted})
	if settled := settle(t, o, held[0], notify.Result{Outcome: notify.Accepted}); len(settled) != 0 {
		t.Errorf("the result of what was given back counts: %+v", settled)
	}
	claimed, err := o.ClaimDue(context.Background(), criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 1 || claimed.Deliveries[0].ID != held[0].ID || claimed.Deliveries[0].Attempt != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
}

func TestLastAttemptIsDeadAndKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	o := outbox.New(h.Worker, outbox.Terms{MaxAttempts: func(notify.Urgency) int { return 2 }})
	held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries[0]
	settle(t, o, held, notify.Result{Outcome: notify.Unavailable})
	claimed, err := o.ClaimDue(context.Background(), criticalPush, 1, nil, nil)
	if err != nil || len(claimed.Deliveries) != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	settled := settle(t, o, claimed.Deliveries[0], notify.Result{Outcome: notify.Unavailable, Reason: "busy"})
	if len(settled) != 1 || settled[0].State != outbox.StateDead {
		t.Fatalf("settled %+v", settled)
	}
	if n := h.count(t, `select count(*) from notify.attempts where delivery_id = $1`, held.ID); n != 1 {
		t.Errorf("%d attempts kept besides the last, want 1", n)
	}
	if got := h.text(t, `select attempt || ' ' || reason from notify.deliveries where id = $1`, held.ID); got != "2 busy" {
		t.Errorf("the last attempt is kept as %q", got)
	}
}

func TestGiveBackBurnsNoAttempt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	o := h.outbox()
	held := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries
	if err := o.GiveBack(context.Background(), held); err != nil {
		t.Fatal(err)
	}
	claimed, err := o.ClaimDue(context.Background(), criticalPush, 1, nil, nil)
	if err != nil || len(claimed.Deliveries) != 1 || claimed.Deliveries[0].Attempt != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	if err := o.GiveBack(context.Background(), held); err != nil { // by the old fence
		t.Fatal(err)
	}
	if free, leased := h.parcels(t); free != 0 || leased != 1 {
		t.Fatalf("an old holder gave back what is another's: %d parcels are free, %d leased", free, leased)
	}
}
