package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

var criticalText = outbox.Lane{Provider: notify.ProviderTwilio, Urgency: notify.UrgencyCritical}

// texted claims an alert's SMS to guardians who have one number.
func (h *house) texted(t *testing.T) []notify.Delivery {
	t.Helper()
	for _, g := range h.guardians {
		h.endpoint(t, g, notify.ProviderTwilio, "+46701740605")
	}
	h.raise(t, h.everybody())
	claimed, err := h.outbox().ClaimDue(context.Background(), criticalText, len(h.guardians), nil, nil)
	if err != nil || len(claimed.Deliveries) != len(h.guardians) {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	return claimed.Deliveries
}

// Whoever looks for a message that may have left does not look from a moment on that lies ahead, because the process that promised it has a wrong clock.
func TestDoubtReckonsByTheDatabase(t *testing.T) {
	t.Parallel()
	for _, skew := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		h := newHouse(t, 1)
		h.Clock.Advance(skew)
		var before, after time.Time
		now := func(at *time.Time) {
			if err := h.Admin.QueryRow(t.Context(), `select clock_timestamp()`).Scan(at); err != nil {
				t.Fatal(err)
			}
		}
		now(&before)
		held := h.texted(t)[0]
		now(&after)
		held.Fence = 2 // it was held before
		doubt, err := h.outbox().Doubt(t.Context(), held)
		if err != nil || doubt.Since.Before(before) || doubt.Since.After(after) {
			t.Errorf("a clock that is %v off: since %v, %v; want between %v and %v", skew, doubt.Since, err, before, after)
		}
	}
}

// Two people may have one number: a message that the provider shows counts for one of them, whoever asks how often.
func TestAMessageIsAdoptedOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	ctx, o, held := context.Background(), h.outbox(), h.texted(t)
	for range 2 {
		if id, err := o.Adopt(ctx, held[0], []string{"SM1"}); err != nil || id != "SM1" {
			t.Fatalf("the first got %q, %v", id, err)
		}
	}
	if id, err := o.Adopt(ctx, held[1], []string{"SM1"}); err != nil || id != "" {
		t.Fatalf("the second got %q, %v", id, err)
	}
	if id, err := o.Adopt(ctx, held[1], []string{"SM1", "SM2"}); err != nil || id != "SM2" {
		t.Fatalf("the second got %q, %v", id, err)
	}
	if id, err := o.Adopt(ctx, held[1], nil); err != nil || id != "" {
		t.Fatalf("of nothing came %q, %v", id, err)
	}
}

// After a worker was killed a whole alert's SMS are asked about at once, and each has two seconds: nobody of them waits for the others on a connection of their own,
// and no two take one message (B3).
func TestAMessageIsAdoptedOnceByMany(t *testing.T) {
	t.Parallel()
	const people, processes = 60, 4
	h := newHouse(t, people)
	held := h.texted(t)
	of := make([]*outbox.Outbox, processes)
	for i := range of {
		of[i] = h.outbox()
	}
	candidates := make([]string, people)
	for i := range candidates {
		candidates[i] = fmt.Sprintf("SM%d", i)
	}
	adopted := make([]string, people)
	pool := h.Worker.Pool()
	before := pool.Stat()
	var all sync.WaitGroup
	for i, d := range held {
		all.Go(func() {
			id, err := of[i%processes].Adopt(t.Context(), d, candidates)
			if err != nil {
				t.Error(err)
			}
			adopted[i] = id
		})
	}
	all.Wait()
	if waited := pool.Stat().EmptyAcquireCount() - before.EmptyAcquireCount(); waited > processes {
		t.Errorf("%d waited for a connection", waited)
	}
	slices.Sort(adopted)
	slices.Sort(candidates)
	if !slices.Equal(adopted, candidates) {
		t.Errorf("%d people took %v", people, adopted)
	}

	// Somebody else has the event: one waits for it in the database, for half a second at most, and the others of its process for that one.
	lock, err := h.Admin.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Rollback(context.Background()) }()
	if _, err := lock.Exec(t.Context(), `select pg_advisory_xact_lock(hashtextextended($1, 120))`, held[0].Event.String()); err != nil {
		t.Fatal(err)
	}
	first := make(chan error, 1)
	go func() {
		_, err := of[0].Adopt(t.Context(), held[0], candidates)
		first <- err
	}()
	waiting := func() bool {
		return h.count(t, `select count(*) from pg_locks where locktype = 'advisory' and not granted and database = (select oid from pg_database where datname = current_database())`) > 0
	}
	for !waiting() {
		select {
		case err := <-first:
			t.Fatalf("it did not wait for the event: %v", err)
		default:
		}
	}
	short, over := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer over()
	if _, err := of[0].Adopt(short, held[1], candidates); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("whose time is over gets %v", err)
	}
	var locked *pgconn.PgError
	if err := <-first; !errors.As(err, &locked) || locked.Code != "55P03" {
		t.Errorf("who waits for the event too long gets %v", err)
	}
}

// Receipts go forward only, whichever way they come, and one that comes before our own result is kept.
func TestAnswersFollowTheRankOfReceipts(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	ctx, o, held := context.Background(), h.outbox(), h.texted(t)[0]
	a := outbox.Awaited{Municipality: held.Municipality, Delivery: held.ID, ProviderID: "SM1"}
	for _, c := range []struct{ said, kept outbox.ReceiptStatus }{
		{outbox.ReceiptSent, outbox.ReceiptSent}, {outbox.ReceiptQueued, outbox.ReceiptSent}, {outbox.ReceiptSent, outbox.ReceiptSent},
		{outbox.ReceiptDelivered, outbox.ReceiptDelivered}, {outbox.ReceiptFailed, outbox.ReceiptDelivered},
	} {
		if err := o.Answered(ctx, a, c.said); err != nil {
			t.Fatal(err)
		}
		if got := h.text(t, `select receipt from notify.deliveries where id = $1`, held.ID); got != string(c.kept) {
			t.Errorf("after %s the receipt is %s, want %s", c.said, got, c.kept)
		}
	}
	if err := o.Answered(ctx, a, "lost in the snow"); err == nil {
		t.Error("a word that is no status was kept")
	}
	settle(t, o, held, notify.Result{Outcome: notify.Accepted, ProviderID: "SM1"})
	if got := h.text(t, `select state || ' ' || receipt from notify.deliveries where id = $1`, held.ID); got != "sent delivered" {
		t.Errorf("with our own result it is %s", got)
	}
	// Its end was known before it was awaited: it is forgotten without being asked after.
	h.exec(t, `update notify.awaited_receipts set ask_at = now()`)
	if due, err := o.Overdue(ctx, 10); err != nil || len(due) != 0 {
		t.Errorf("asked after: %+v, %v", due, err)
	}
	if n := h.count(t, `select count(*) from notify.awaited_receipts`); n != 0 {
		t.Errorf("%d are still awaited", n)
	}
}

// One that never comes to an end is asked after six times, later each time.
func TestAskingAfterEnds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	ctx, o, held := context.Background(), h.outbox(), h.texted(t)[0]
	settle(t, o, held, notify.Result{Outcome: notify.Accepted, ProviderID: "SM1"})
	if due, err := o.Overdue(ctx, 10); err != nil || len(due) != 0 {
		t.Fatalf("asked after before a minute has passed: %+v, %v", due, err)
	}
	asked := 0
	for range 10 {
		h.exec(t, `update notify.awaited_receipts set ask_at = now()`)
		due, err := o.Overdue(ctx, 10)
		if err != nil {
			t.Fatal(err)
		}
		asked += len(due)
	}
	if asked != 6 {
		t.Errorf("asked after %d times, want 6", asked)
	}
}
