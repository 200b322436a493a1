package worker_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/worker"
)

// ways are the providers beside push: they take what they get and keep to whom, and say something else when a test wants it.
type ways struct {
	mu         sync.Mutex
	sms, mails map[uuid.UUID]int
	textsAway  bool
}

func newWays() *ways { return &ways{sms: map[uuid.UUID]int{}, mails: map[uuid.UUID]int{}} }

// texts and letters are the ways as providers.
type (
	texts   struct{ *ways }
	letters struct{ *ways }
)

// Send implements worker.Texter.
func (w texts) Send(_ context.Context, s notify.SMS) notify.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.textsAway {
		return notify.Result{Outcome: notify.Unavailable, Status: 503}
	}
	w.sms[s.Delivery().Person]++
	return notify.Result{Outcome: notify.Accepted, ProviderID: s.Delivery().ID.String()}
}

// Send implements worker.Mailer.
func (w letters) Send(_ context.Context, m notify.Mail) notify.Result {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.mails[m.Delivery.Person]++
	return notify.Result{Outcome: notify.Accepted}
}

// got tells to whom SMS and mails left, and how many each.
func (w *ways) got() (sms, mails map[uuid.UUID]int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.sms), maps.Clone(w.mails)
}

func (w *ways) texting(away bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.textsAway = away
}

// onceTo fails unless each of people got one, and nobody else any.
func onceTo(t testing.TB, what string, got map[uuid.UUID]int, people ...uuid.UUID) {
	t.Helper()
	for person, n := range got {
		if n != 1 || !slices.Contains(people, person) {
			t.Errorf("%s: somebody got %d", what, n)
		}
	}
	if len(got) != len(people) {
		t.Errorf("%s: %d people got one, want %d", what, len(got), len(people))
	}
}

// everyWay is a rig whose guardians have a device, a number and an address each, and a worker's configuration that serves all three.
func everyWay(t *testing.T, guardians int) (*rig, *ways, worker.Config) {
	t.Helper()
	r, w := newRig(t, guardians), newWays()
	for i, g := range r.guardians {
		r.endpoint(t, g, notify.ProviderTwilio, fmt.Sprintf("+467017406%02d", i))
		r.endpoint(t, g, notify.ProviderSMTP, fmt.Sprintf("guardian%d@budstikke.example", i))
	}
	c := r.config()
	c.SMS, c.Email = texts{w}, letters{w}
	return r, w, c
}

// board is what the head sees of an alert (B2).
func (r *rig) board(t testing.TB, event uuid.UUID) outbox.Reach {
	t.Helper()
	var reach outbox.Reach
	err := r.API.WithScope(context.Background(), scope.Of(r.municipality, scope.Machine), func(tx *scope.Tx) error {
		ctx := context.Background()
		if _, err := tx.Exec(ctx, `select scope.open($1, $2, 'staff')`, r.municipality, r.head); err != nil {
			return err
		}
		var subject uuid.UUID
		err := tx.QueryRow(ctx, `select subject_id from notify.events where id = $1`, event).Scan(&subject)
		if err == nil {
			reach, err = outbox.ReachOf(ctx, tx, subject)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return reach
}

// B2, B3: whatever push does, an alert escalates: it does not wait for push, because it left by the other channels at the same moment. Everybody gets one SMS
// and one mail, and the board says that they were reached.
func TestAlertsEscalateWhateverPushDoes(t *testing.T) {
	t.Parallel()
	for name, push := range map[string]func(ctx context.Context) notify.Result{
		"is down until its breaker opens": func(context.Context) notify.Result { return notify.Result{Outcome: notify.Unavailable, Status: 503} },
		"throttles for an hour": func(context.Context) notify.Result {
			return notify.Result{Outcome: notify.Throttled, Status: 429, RetryAfter: time.Hour}
		},
		"never tells what it did":    func(context.Context) notify.Result { return notify.Result{Outcome: notify.Unknown} },
		"refuses our key":            func(context.Context) notify.Result { return notify.Result{Outcome: notify.Misconfigured, Status: 403} },
		"says that devices are gone": func(context.Context) notify.Result { return notify.Result{Outcome: notify.EndpointGone, Status: 410} },
		"refuses the notice":         func(context.Context) notify.Result { return notify.Result{Outcome: notify.Refused, Status: 400} },
		"hangs": func(ctx context.Context) notify.Result {
			<-ctx.Done()
			return notify.Result{Outcome: notify.Unknown}
		},
		"panics": func(context.Context) notify.Result { panic("push") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const people = 50
			r, w, c := everyWay(t, people)
			r.phones.on(func(ctx context.Context, _ notify.Delivery) notify.Result { return push(ctx) })
			r.start(t, c)
			alert := r.raise(t, r.everybody())
			eventually(t, "everybody has an SMS and a mail, and push was tried", func() bool {
				sms, mails := w.got()
				return len(sms) == people && len(mails) == people && r.phones.len() > 0
			})
			eventually(t, "the board says so", func() bool { return r.board(t, alert.Event).Reached == people })
			sms, mails := w.got()
			onceTo(t, "SMS", sms, r.guardians...)
			onceTo(t, "mail", mails, r.guardians...)
			if got := r.board(t, alert.Event); got.People != people || got.Reachable != people || got.Missed != 0 {
				t.Errorf("the board says %+v", got)
			}
			if n := r.pushes(t, outbox.StateSent); n != 0 {
				t.Errorf("%d pushes count as sent", n)
			}
		})
	}
}

// When SMS is down as well the mail reaches people, and each SMS leaves once when it can, also when push never comes back.
func TestAlertsReachPeopleWhilePushAndSMSAreDown(t *testing.T) {
	t.Parallel()
	r, w, c := everyWay(t, 20)
	down := func(context.Context, notify.Delivery) notify.Result {
		return notify.Result{Outcome: notify.Unavailable}
	}
	r.phones.on(down)
	w.texting(true)
	r.start(t, c)
	alert := r.raise(t, r.everybody())
	eventually(t, "the mails left", func() bool { return r.board(t, alert.Event).Reached == 20 })
	if sms, _ := w.got(); len(sms) != 0 {
		t.Fatalf("%d SMS left", len(sms))
	}
	w.texting(false)
	eventually(t, "the SMS left", func() bool { sms, _ := w.got(); return len(sms) == 20 })
	sms, mails := w.got()
	onceTo(t, "SMS", sms, r.guardians...)
	onceTo(t, "mail", mails, r.guardians...)
}

// The board tells how many people nothing reached and nothing will: they have to be told in another way (B2). Who has an address only is reached by mail, and who
// may not be told is none of them.
func TestTheBoardTellsWhomNothingReached(t *testing.T) {
	t.Parallel()
	r, w := newRig(t, 4), newWays()
	mailed, gone, waits, cut := r.guardians[0], r.guardians[1], r.guardians[2], r.guardians[3]
	r.exec(t, `update notify.endpoints set state = 'retired' where person_id = $1`, mailed)
	r.endpoint(t, mailed, notify.ProviderSMTP, "mailed@budstikke.example")
	c := r.config()
	c.SMS, c.Email = texts{w}, letters{w}
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		switch d.Person {
		case gone:
			return notify.Result{Outcome: notify.EndpointGone, Status: 410}
		case waits:
			return notify.Result{Outcome: notify.Unavailable}
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	work := r.start(t, c)
	work.Pause()
	alert := r.raise(t, r.everybody())
	r.exec(t, `update app.guardianships set status = 'inactive' where guardian_id = $1`, cut)
	work.Resume()
	want := outbox.Reach{People: 4, Reachable: 4, Reached: 1, Missed: 1}
	eventually(t, "one is reached, one is not and will not be, one waits, and one may not be told", func() bool { return r.board(t, alert.Event) == want })

	// An SMS that was taken and did not arrive has reached nobody.
	r.endpoint(t, waits, notify.ProviderTwilio, "+46701740699")
	again := r.raise(t, outbox.OfInstitution(r.institution, waits))
	eventually(t, "the SMS is taken", func() bool { return r.board(t, again.Event).Reached == 1 })
	r.exec(t, `update notify.deliveries set receipt = 'undelivered', receipt_rank = 4 where channel = 'sms'`)
	if got := r.board(t, again.Event); got.Reached != 0 || got.Missed != 0 {
		t.Errorf("an SMS that did not arrive, beside a push that waits: %+v", got)
	}
	r.exec(t, `update notify.deliveries set state = 'expired' where channel = 'push' and event_id = $1`, again.Event)
	if got := r.board(t, again.Event); got.Reached != 0 || got.Missed != 1 {
		t.Errorf("an SMS that did not arrive, beside a push that came too late: %+v", got)
	}
}

// V15, V20: whoever may not be told any more gets nothing by any channel, however badly the others fail: neither before the first attempt nor between two.
func TestNothingEscalatesToWhoMayNotBeTold(t *testing.T) {
	t.Parallel()
	r, w, c := everyWay(t, 6)
	down := func(context.Context, notify.Delivery) notify.Result {
		return notify.Result{Outcome: notify.Unavailable}
	}
	r.phones.on(down)
	w.texting(true)
	before, between, stay := r.guardians[:2], r.guardians[2:4], r.guardians[4:]
	work := r.start(t, c)
	work.Pause()
	r.raise(t, r.everybody())
	r.exec(t, `update app.guardianships set status = 'inactive' where guardian_id = any ($1)`, before)
	work.Resume()
	eventually(t, "SMS to the others were tried, and the mails have left", func() bool {
		return r.count(t, `select count(*) from notify.deliveries where channel = 'sms' and state = 'retry'`) == 4 &&
			r.count(t, `select count(*) from notify.deliveries where channel = 'email' and state = 'sent'`) == 4
	})
	work.Pause()
	eventually(t, "nothing is on its way", func() bool {
		return r.count(t, `select count(*) from notify.parcels where lease_until is not null`) == 0
	})
	r.exec(t, `update app.guardianships set status = 'inactive' where guardian_id = any ($1)`, between)
	w.texting(false)
	work.Resume()
	eventually(t, "those who may be told are told", func() bool { sms, _ := w.got(); return len(sms) >= len(stay) })
	eventually(t, "nothing waits for the others", func() bool {
		return r.count(t, `select count(*) from notify.deliveries where person_id <> all ($1) and state in ('pending', 'retry')`, stay) == 0
	})
	sms, mails := w.got()
	onceTo(t, "SMS", sms, stay...)
	onceTo(t, "mail", mails, r.guardians[2:]...) // to those who were cut off between, it had left before
}

// However many workers and bells there are, an alert leaves once by each channel.
func TestAlertsEscalateOnce(t *testing.T) {
	t.Parallel()
	r, w, c := everyWay(t, 40)
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		return notify.Result{Outcome: notify.Unavailable}
	})
	for range 3 {
		r.start(t, c)
	}
	alert := r.raise(t, r.everybody())
	for range 5 {
		if err := r.queue.Ring(context.Background(), alert.Refs); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "everybody is reached", func() bool { sms, mails := w.got(); return len(sms) == 40 && len(mails) == 40 })
	eventually(t, "nothing but push waits", func() bool {
		return r.count(t, `select count(*) from notify.deliveries where channel <> 'push' and state in ('pending', 'retry')`) == 0
	})
	sms, mails := w.got()
	onceTo(t, "SMS", sms, r.guardians...)
	onceTo(t, "mail", mails, r.guardians...)
}
