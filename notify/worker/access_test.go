package worker_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/worker"
)

// V15: a guardian made inactive between the commit and the sending gets nothing, and everybody else gets theirs.
func TestDeactivatedBetweenCommitAndSending(t *testing.T) {
	t.Parallel()
	for name, arrange := range map[string]string{
		"with the triggers of the schema": `select 1`,
		"by the claim alone":              `alter table app.guardianship_access disable trigger cut_off_guardian`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 20)
			r.exec(t, arrange)
			w := r.start(t, r.config())
			w.Pause()
			r.raise(t, r.everybody())
			r.exec(t, `update app.guardianships set status = 'inactive' where guardian_id = $1`, r.guardians[0])
			w.Resume()
			eventually(t, "everything has ended", func() bool {
				return r.pushes(t, outbox.StateSent)+r.pushes(t, outbox.StateSuppressed) == 20
			})
			r.phones.exactlyOnce(t, 19)
			for _, d := range r.phones.all() {
				if d.Person == r.guardians[0] {
					t.Error("the deactivated guardian got a push")
				}
			}
		})
	}
}

// V15: the same while the notice is on its way and its first attempt fails: it ends at once, and by the claim where no trigger saw it.
func TestDeactivatedBetweenAttempts(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]struct {
		arrange string
		settled outbox.State
	}{
		"with the triggers of the schema": {`select 1`, outbox.StateSuppressed},
		"by the claim alone":              {`alter table app.guardianship_access disable trigger cut_off_guardian`, outbox.StateRetry},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 1)
			r.exec(t, way.arrange)
			c := r.config()
			settled := make(chan outbox.State, 10)
			c.Signals.Settled = func(_ notify.Delivery, _ notify.Result, s outbox.State) { settled <- s }
			r.phones.on(func(context.Context, notify.Delivery) notify.Result {
				r.exec(t, `update app.guardianships set status = 'inactive'`) // while it is on its way
				return notify.Result{Outcome: notify.Unavailable}
			})
			r.start(t, c)
			r.raise(t, r.everybody())
			if s := <-settled; s != way.settled {
				t.Fatalf("settled as %s", s)
			}
			eventually(t, "it is suppressed", func() bool { return r.pushes(t, outbox.StateSuppressed) == 1 })
			eventually(t, "nothing is left to carry", func() bool { return r.count(t, `select count(*) from notify.parcels`) == 0 })
			if n := r.phones.len(); n != 1 {
				t.Errorf("%d attempts, want the one that was on its way", n)
			}
		})
	}
}

func TestTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	r := newRig(t, 5)
	w := r.start(t, r.config())
	w.Pause()
	r.raise(t, r.everybody())
	r.exec(t, `update notify.events set expires_at = now() - interval '1 second'`)
	w.Resume()
	eventually(t, "everything has ended", func() bool { return r.pushes(t, outbox.StateExpired) == 5 })
	if n := r.phones.len(); n != 0 {
		t.Errorf("%d pushes left too late", n)
	}
}

// mobiles is an SMS provider that counts.
type mobiles struct{ got atomic.Int64 }

// Send implements worker.Texter.
func (m *mobiles) Send(context.Context, notify.SMS) notify.Result {
	m.got.Add(1)
	return notify.Result{Outcome: notify.Accepted}
}

// V20: even a row that should not exist does not become an SMS: the third net after the types and the database.
func TestRoutineSMSIsRefusedByTheWorkerToo(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	const number = "+46701740611"
	r.endpoint(t, r.guardians[0], notify.ProviderTwilio, number)
	texts := &mobiles{}
	c := r.config()
	c.SMS = texts
	r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "the critical SMS is sent", func() bool { return texts.got.Load() == 1 })

	r.exec(t, `alter table notify.deliveries drop constraint sms_needs_a_critical_event`)
	r.exec(t, `alter table notify.parcels drop constraint a_parcel_of_sms_is_critical`)
	forged := r.tell(t, func(tx *scope.Tx) (outbox.Announced, error) {
		return outbox.Announce(context.Background(), tx, notify.MessagePosted{Conversation: newID()}, r.everybody(), notify.ByPush)
	})
	r.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, provider,
			endpoint_id, created_at)
		select municipality_id, $1, $2, 'routine', person_id, 'institution', $3, 'sms', 'twilio', id, now()
		from notify.endpoints where channel = 'sms'`, newID(), forged.Event, r.institution)
	r.exec(t, `insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, attempt, fence)
		select municipality_id, id, event_id, urgency, provider, array[id], now(), 0, 0 from notify.deliveries where channel = 'sms' and urgency = 'routine'`)
	eventually(t, "the forged SMS is dead", func() bool {
		return r.count(t, `select count(*) from notify.deliveries where channel = 'sms' and state = 'dead' and reason = 'sms_not_justified'`) == 1
	})
	if n := texts.got.Load(); n != 1 {
		t.Errorf("%d SMS left, want the critical one", n)
	}
}

// Logs tell what happened to which delivery, and nothing about whom, where or what.
func TestLogsCarryNoAddressesAndNoWords(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2)
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		if d.Person == r.guardians[0] {
			panic("could not send to " + d.Address)
		}
		return notify.Result{Outcome: notify.Refused, Reason: "too_big"}
	})
	c := r.config()
	c.Terms.MaxAttempts = func(notify.Urgency) int { return 1 }
	r.start(t, c)
	announced := r.raise(t, r.everybody())
	eventually(t, "both are dead", func() bool { return r.pushes(t, outbox.StateDead) == 2 })
	eventually(t, "the log tells", func() bool { return strings.Count(r.log.String(), announced.Event.String()) >= 2 })
	for _, word := range []string{"device-", "something to look at", r.guardians[0].String(), r.guardians[1].String()} {
		if strings.Contains(r.log.String(), word) {
			t.Errorf("the log holds %q", word)
		}
	}
	for _, word := range []string{`"kind":"alert_raised"`, `"channel":"push"`, `"provider":"apns"`, `"outcome":"refused"`} {
		if !strings.Contains(r.log.String(), word) {
			t.Errorf("the log lacks %s", word)
		}
	}
}

func TestNewReportsEveryMistake(t *testing.T) {
	t.Parallel()
	_, err := worker.New(worker.Config{SendTimeout: short(patience)})
	for _, word := range []string{"DB", "Render", "SendTimeout"} {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("New = %v, want it to name %s", err, word)
		}
	}
	render := func(notify.Delivery) (notify.Words, error) { return notify.Words{}, nil }
	if _, err := worker.New(worker.Config{DB: &scope.DB{}, Render: render}); err == nil || !strings.Contains(err.Error(), "sender") {
		t.Errorf("New without senders = %v", err)
	}
}

// V15: what was claimed and waits for its slot leaves soon or is asked about anew. Here both slots are stuck, others are claimed for when they come free, and
// access ends while those wait: they are given back, and the next claim refuses them.
func TestDeactivatedWhileWaitingForASlot(t *testing.T) {
	t.Parallel()
	const guardians, slots, arrivedFirst = 400, 2, 150
	r := newRig(t, guardians)
	r.exec(t, `alter table app.guardianship_access disable trigger cut_off_guardian`) // the claim alone decides
	release, sent := make(chan struct{}), atomic.Int64{}
	r.phones.on(func(ctx context.Context, _ notify.Delivery) notify.Result {
		if sent.Add(1) > arrivedFirst {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: slots}
	c.Terms.Lease = func(notify.Urgency) time.Duration { return 2 * patience }
	c.SendTimeout = func(notify.Urgency) time.Duration { return patience }
	var claimed lockedSet
	c.Signals.Claimed = func(o outbox.Claimed) {
		for _, d := range o.Deliveries {
			claimed.add(d.Person)
		}
	}
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "what waits for a slot is given back", func() bool { return w.Stats().GivenBack > 0 })
	left := map[uuid.UUID]bool{}
	for _, d := range r.phones.all() {
		left[d.Person] = true
	}
	var waited []uuid.UUID
	for _, person := range claimed.all() {
		if !left[person] {
			waited = append(waited, person)
		}
	}
	if len(waited) == 0 {
		t.Fatal("nobody waited for a slot")
	}
	r.exec(t, `update app.guardianships set status = 'inactive' where guardian_id = any ($1)`, waited)
	eventually(t, "only what is on its way is held", func() bool {
		return r.count(t, `select coalesce(sum(cardinality(deliveries)), 0) from notify.parcels where lease_until is not null`) <= slots
	})
	close(release)
	eventually(t, "everything has ended", func() bool {
		return r.pushes(t, outbox.StateSent)+r.pushes(t, outbox.StateSuppressed) == guardians
	})
	for _, d := range r.phones.all() {
		if slices.Contains(waited, d.Person) {
			t.Errorf("a guardian whose access ended while the notice waited got a push")
		}
	}
}

// lockedSet is a set of persons.
type lockedSet struct {
	mu      sync.Mutex
	persons map[uuid.UUID]bool
}

func (s *lockedSet) add(person uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.persons == nil {
		s.persons = map[uuid.UUID]bool{}
	}
	s.persons[person] = true
}

func (s *lockedSet) all() []uuid.UUID {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.persons))
}
