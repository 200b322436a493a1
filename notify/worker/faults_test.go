package worker_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/worker"
)

// B3: a worker that dies with deliveries in its hands. What it held is sent by another after the lease, possible duplicates are counted and
// bounded by what was in flight, and whatever the dead one says later changes nothing.
func TestDroppedWorker(t *testing.T) {
	t.Parallel()
	const people, slots = 200, 20
	r := newRig(t, people)
	dead, revive := newPhones(), make(chan struct{})
	dead.on(func(context.Context, notify.Delivery) notify.Result {
		<-revive
		return notify.Result{Outcome: notify.Refused} // would make them dead, if anybody listened
	})
	c := r.config()
	c.Terms, c.SendTimeout = lease(2*time.Second), short(time.Second)
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
	first := c
	first.Push = map[notify.Provider]worker.Pusher{notify.ProviderAPNs: dead}
	dying := r.start(t, first)
	r.raise(t, r.everybody())
	eventually(t, "the first worker holds all it can", func() bool { return dead.len() == slots })

	r.start(t, c)
	eventually(t, "every push is settled", func() bool { return r.pushes(t, outbox.StateSent) == people })
	r.phones.exactlyOnce(t, people)
	if n := r.count(t, `select sum(possible_duplicates) from notify.deliveries`); n != slots {
		t.Errorf("%d possible duplicates, want the %d that were in flight", n, slots)
	}
	close(revive)
	eventually(t, "the late results are refused", func() bool { return dying.Stats().Late == slots })
	if n := r.pushes(t, outbox.StateSent); n != people {
		t.Errorf("a late result changed what was sent: %d, want %d", n, people)
	}
}

// A delivery whose sender panics is tried again, is dead after its last attempt and kept, and hurts nobody else.
func TestPoisonIsParked(t *testing.T) {
	t.Parallel()
	r := newRig(t, 10)
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		if d.Person == r.guardians[3] {
			panic("poison")
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	c := r.config()
	c.Terms.MaxAttempts = func(notify.Urgency) int { return 3 }
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "the poison is parked", func() bool { return r.pushes(t, outbox.StateDead) == 1 && r.pushes(t, outbox.StateSent) == 9 })
	if n := w.Stats().Panics; n != 3 {
		t.Errorf("%d panics, want 3", n)
	}
	if n := r.count(t, `select count(*) from notify.attempts a join notify.deliveries d on d.id = a.delivery_id where d.person_id = $1`,
		r.guardians[3]); n != 2 {
		t.Errorf("%d attempts kept besides the last, want 2", n)
	}
}

// Wrong credentials are our own fault: nobody's notice dies of them, and the provider is asked with one at a time until one gets through.
func TestMisconfiguredBurnsNoAttempt(t *testing.T) {
	t.Parallel()
	r := newRig(t, 40)
	c := r.config()
	c.Terms.MaxAttempts = func(notify.Urgency) int { return 1 }
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: 8}
	var atOnce, most, refused atomic.Int64
	var mended atomic.Bool
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		if mended.Load() {
			return notify.Result{Outcome: notify.Accepted}
		}
		n := atOnce.Add(1)
		defer atOnce.Add(-1)
		if refused.Load() >= 8 { // the first batch was claimed before anybody knew
			most.Store(max(most.Load(), n))
		}
		refused.Add(1)
		return notify.Result{Outcome: notify.Misconfigured, Status: 403, Reason: "InvalidProviderToken"}
	})
	r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "everybody waits", func() bool { return r.pushes(t, outbox.StateRetry) == 40 })
	if n := r.count(t, `select sum(attempt) from notify.deliveries`); n != 0 {
		t.Errorf("%d attempts burned", n)
	}
	if n := r.count(t, `select count(*) from notify.parcels p join notify.attempts a on a.delivery_id = p.id
		where p.next_at < a.finished_at + interval '5 seconds' and p.lease_until is null and p.fence = a.fence`); n != 0 {
		t.Errorf("%d are tried again at once", n)
	}
	if most.Load() != 1 {
		t.Errorf("%d were tried at the same time after the provider had refused us, want 1", most.Load())
	}
	mended.Store(true)
	r.exec(t, `update notify.parcels set next_at = now()`)
	eventually(t, "everything is sent", func() bool { return r.pushes(t, outbox.StateSent) == 40 })
}

// A provider that refuses our key now with this word and now with that, and says of some receivers in between that they are gone, is told of all the same: by a
// counter, which what comes in between cannot set back, and by a line of the log. No notice has lost an attempt by it.
func TestRefusedCredentialsAreToldWhateverComesBetween(t *testing.T) {
	t.Parallel()
	const people = 24
	r := newRig(t, people)
	c := r.config()
	c.Terms.MaxAttempts = func(notify.Urgency) int { return 1 }
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: 2}
	words := []notify.Result{
		{Outcome: notify.Misconfigured, Status: 403, Reason: "ExpiredProviderToken"}, {Outcome: notify.EndpointGone, Status: 400, Reason: "BadDeviceToken"},
		{Outcome: notify.Misconfigured, Status: 403, Reason: "InvalidProviderToken"}, {Outcome: notify.Misconfigured, Status: 401, Reason: "20003"},
		{Outcome: notify.Misconfigured, Status: 535, Reason: "5.7.8"}, {Outcome: notify.Throttled, Status: 429},
	}
	var asked atomic.Int64
	var mended atomic.Bool
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		if mended.Load() {
			return notify.Result{Outcome: notify.Accepted}
		}
		said := words[int(asked.Add(1)-1)%len(words)]
		if said.Outcome != notify.Misconfigured && d.Person != r.guardians[0] {
			said = words[0] // gone, or told to wait, is one of them
		}
		return said
	})
	w := r.start(t, c)
	r.raise(t, r.everybody())
	const refused = "notify_attempts_total channel=push,outcome=misconfigured,provider=apns"
	eventually(t, "all but one have been refused", func() bool { return scraped(t, w)[refused] >= people-1 })
	if n := r.count(t, `select count(*) from notify.deliveries where channel = 'push' and attempt > 0 and person_id <> $1`, r.guardians[0]); n != 0 {
		t.Errorf("%d notices have lost an attempt", n)
	}
	if n := r.count(t, `select count(*) from notify.deliveries where channel = 'push' and state = 'dead' and person_id <> $1`, r.guardians[0]); n != 0 {
		t.Errorf("%d notices died of our key", n)
	}
	if !strings.Contains(r.log.String(), "the provider refuses our credentials") {
		t.Error("the log says nothing")
	}
	mended.Store(true)
	r.exec(t, `update notify.parcels set next_at = now()`)
	eventually(t, "the others are sent", func() bool { return r.pushes(t, outbox.StateSent) >= people-1 })
}

// B3: while a provider is away, what waits for it waits: it is asked with one at a time, and only what was tried has cost an attempt.
func TestProviderAwayBurnsFewAttempts(t *testing.T) {
	t.Parallel()
	const people, slots = 500, 8
	r := newRig(t, people)
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
	c.Backoff = func(notify.Urgency, int) time.Duration { return time.Hour } // what was tried does not come back by itself
	var back atomic.Bool
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		if back.Load() {
			return notify.Result{Outcome: notify.Accepted}
		}
		return notify.Result{Outcome: notify.Unavailable, Status: 503}
	})
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "the breaker opens", func() bool { return w.Stats().Broken > 0 })
	if n := r.count(t, `select count(*) from notify.deliveries where channel = 'push' and attempt = 0`); n < people/2 {
		t.Errorf("only %d of %d have cost no attempt", n, people)
	}
	back.Store(true)
	eventually(t, "what was not tried is sent", func() bool { return r.pushes(t, outbox.StatePending) == 0 })
	if n := r.pushes(t, outbox.StateSent); n < people/2 {
		t.Errorf("%d of %d were sent", n, people)
	}
	r.exec(t, `update notify.parcels set next_at = now()`)
	eventually(t, "the rest is sent", func() bool { return r.pushes(t, outbox.StateSent) == people })
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		return notify.Result{Outcome: notify.Throttled, Status: 429, RetryAfter: 10 * time.Minute}
	})
	r.start(t, r.config())
	r.raise(t, r.everybody())
	eventually(t, "it waits", func() bool { return r.pushes(t, outbox.StateRetry) == 1 })
	if n := r.count(t, `select count(*) from notify.parcels where next_at between now() + interval '9 minutes' and now() + interval '11 minutes'`); n != 1 {
		t.Error("it is not tried after the ten minutes the provider asked for")
	}
}

// A passing fault is tried again until it passes.
func TestRetriesUntilItPasses(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5)
	tries := make(chan uuid.UUID, 1000)
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		tries <- d.Person
		if d.Attempt < 4 {
			return notify.Result{Outcome: notify.Unavailable, Status: 503}
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	r.start(t, r.config())
	r.raise(t, r.everybody())
	eventually(t, "everything is sent", func() bool { return r.pushes(t, outbox.StateSent) == 5 })
	if n := len(tries); n != 20 {
		t.Errorf("%d attempts, want 4 each", n)
	}
}

// B3: Postgres breaking every connection while pushes are on their way: results are facts and are written when it is back.
func TestPostgresBreaksOff(t *testing.T) {
	t.Parallel()
	const people = 100
	r := newRig(t, people)
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: 30}
	broken := make(chan struct{})
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		<-broken
		return notify.Result{Outcome: notify.Accepted}
	})
	r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "pushes are on their way", func() bool { return r.phones.len() == 30 })
	r.exec(t, `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = 'budstikke_test_worker'`)
	close(broken)
	eventually(t, "every push is settled", func() bool { return r.pushes(t, outbox.StateSent) == people })
	r.phones.exactlyOnce(t, people)
}

// A database that crashes forgets the claims of the last moments, which are not on its disk, and has their deliveries due again when it is back. What a worker
// still knows of them is written before it claims anything: nothing leaves twice (B3).
func TestResultsAreWrittenBeforeWhatACrashForgotIsClaimed(t *testing.T) {
	t.Parallel()
	for _, belt := range []bool{true, false} {
		t.Run(fmt.Sprintf("belt %t", belt), func(t *testing.T) {
			t.Parallel()
			const people = 60
			r := newRig(t, people)
			r.exec(t, `alter function notify.settle_accepted(uuid[], uuid[], bigint[], integer[], integer[], text[], integer[], uuid[], integer[], uuid, uuid) rename to settle_taken`)
			r.exec(t, `create function notify.settle_accepted(uuid[], uuid[], bigint[], integer[], integer[], text[], integer[], uuid[], integer[], uuid, uuid)
				returns table (id uuid, state text) language plpgsql as $$ begin raise exception using errcode = 'disk_full', message = 'no room'; end $$`)
			c := r.config()
			if !belt {
				c.Queue = nil
			}
			c.PollEvery, c.RelayEvery = 5*time.Millisecond, 5*time.Millisecond
			w := r.start(t, c)
			r.raise(t, r.everybody())
			eventually(t, "all have left, and it cannot be written", func() bool {
				return r.phones.len() == people && strings.Contains(r.log.String(), "results are not written")
			})
			// In one moment the database is back, and the claims of before are forgotten.
			r.exec(t, `do $$ begin
				drop function notify.settle_accepted(uuid[], uuid[], bigint[], integer[], integer[], text[], integer[], uuid[], integer[], uuid, uuid);
				alter function notify.settle_taken(uuid[], uuid[], bigint[], integer[], integer[], text[], integer[], uuid[], integer[], uuid, uuid) rename to settle_accepted;
				update notify.parcels set lease_until = null, fence = fence - 1, attempt = attempt - 1, queued_at = null;
			end $$`)
			eventually(t, "every push is settled", func() bool { return r.pushes(t, outbox.StateSent) == people })
			eventually(t, "no parcel is left", func() bool { return r.count(t, `select count(*) from notify.parcels`) == 0 })
			r.phones.exactlyOnce(t, people)
			if w.Stats().Dead != 0 {
				t.Errorf("stats %+v", w.Stats())
			}
		})
	}
}

// SIGTERM: what is on its way is finished and written, nothing new is taken, nothing is lost.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	const people, slots = 50, 10
	r := newRig(t, people)
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
	let := make(chan struct{})
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		<-let
		return notify.Result{Outcome: notify.Accepted}
	})
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "pushes are on their way", func() bool { return r.phones.len() == slots })
	stopped := make(chan error, 1)
	go func() { stopped <- w.Stop(context.Background()) }()
	select {
	case err := <-stopped:
		t.Fatalf("Stop returned %v with pushes on their way", err)
	case let <- struct{}{}: // one may go …
	}
	close(let) // … and then all
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	sent := r.phones.len()
	if got := r.pushes(t, outbox.StateSent); got != sent {
		t.Errorf("%d are written as sent, %d were", got, sent)
	}
	if n := r.count(t, `select count(*) from notify.parcels where lease_until is not null`); n != 0 {
		t.Errorf("%d parcels are still held", n)
	}
	r.start(t, c)
	eventually(t, "another worker sends the rest", func() bool { return r.pushes(t, outbox.StateSent) == people })
	r.phones.exactlyOnce(t, people)
	if n := r.count(t, `select sum(possible_duplicates) from notify.deliveries`); n != 0 {
		t.Errorf("%d possible duplicates from an orderly stop", n)
	}
}

// When patience ends, calls are broken off, and what they were about is due again at once and counted as a possible duplicate.
func TestStopForced(t *testing.T) {
	t.Parallel()
	r := newRig(t, 4)
	r.phones.on(func(ctx context.Context, _ notify.Delivery) notify.Result {
		<-ctx.Done()
		return notify.Result{Outcome: notify.Unknown, Reason: "cancelled"}
	})
	c := r.config()
	c.Backoff = func(notify.Urgency, int) time.Duration { return 0 }
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "pushes are on their way", func() bool { return r.phones.len() == 4 })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := w.Stop(ctx); !errors.Is(err, worker.ErrForced) {
		t.Fatalf("Stop = %v, want ErrForced", err)
	}
	if n := r.count(t, `select count(*) from notify.deliveries d join notify.parcels p on p.id = d.id
		where d.state = 'retry' and d.possible_duplicates = 1 and p.next_at <= now() and p.lease_until is null`); n != 4 {
		t.Errorf("%d are due again, want 4", n)
	}
}

// A claim whose answer came so late that the lease may have ended is given back, not sent.
func TestClaimThatCameTooLateIsGivenBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	c := r.config()
	var asked atomic.Int64
	start := time.Now()
	c.Clock = func() time.Time { // the first claim seems to take an hour
		if asked.Add(1) == 1 {
			return start
		}
		return start.Add(time.Hour)
	}
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "it is sent after all", func() bool { return r.pushes(t, outbox.StateSent) == 1 })
	if s := w.Stats(); s.GivenBack != 1 || r.phones.len() != 1 || r.phones.all()[0].Attempt != 1 {
		t.Errorf("given back %d times, sent %d times", s.GivenBack, r.phones.len())
	}
}

// B14: a provider that hung and is back takes an alert at once, though what was sent to it before still waits for its answer.
func TestHungSendsHoldUpNoAlert(t *testing.T) {
	t.Parallel()
	const guardians, slots, hang = 80, 32, 12
	r := newRig(t, guardians)
	release, back := make(chan struct{}), atomic.Bool{}
	defer close(release)
	var routine atomic.Int64
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		switch {
		case d.Urgency == notify.UrgencyCritical:
		case routine.Add(1) <= hang:
			<-release
		case !back.Load():
			return notify.Result{Outcome: notify.Unavailable}
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
	w := r.start(t, c)
	r.post(t, r.everybody())
	eventually(t, "the breaker opens", func() bool { return w.Stats().Broken > 0 })
	back.Store(true)
	r.raise(t, outbox.OfInstitution(r.institution, r.guardians[0]))
	eventually(t, "the alert arrives", func() bool {
		return slices.ContainsFunc(r.phones.all(), func(d notify.Delivery) bool { return d.Urgency == notify.UrgencyCritical })
	})
}

// B3: a stand-by takes over whose clock is five minutes behind. What a dead worker held then, and what was to be tried again, does not stand still for five minutes.
func TestAnAlertWaitsForNoOtherClock(t *testing.T) {
	t.Parallel()
	const people = 40 // two parcels
	r := newRig(t, people)
	c := r.config()
	c.Terms, c.SendTimeout = lease(2*time.Second), short(time.Second)
	w := r.start(t, c)
	w.Pause()
	refs := r.raise(t, r.everybody()).Refs
	r.exec(t, `update notify.parcels set next_at = next_at + interval '5 minutes', queued_at = queued_at + interval '5 minutes'`)
	r.exec(t, `update notify.parcels set lease_until = next_at + interval '2 seconds', attempt = attempt + 1, fence = fence + 1 where id = $1`, refs[0].Parcel)
	w.Resume()
	eventually(t, "everybody has theirs", func() bool { return r.pushes(t, outbox.StateSent) == people })
	r.phones.exactlyOnce(t, people)
	if n := r.count(t, `select sum(possible_duplicates) from notify.deliveries`); n != refs[0].Size {
		t.Errorf("%d possible duplicates, want the %d that the dead one held", n, refs[0].Size)
	}
}
