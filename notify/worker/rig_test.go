package worker_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/worker"
)

// patience is how long a test waits for something that must happen. It is long because the machine may be busy.
const patience = 90 * time.Second

// rig is a municipality whose guardians each have a child and a device, a belt of its own, and a phone network that keeps what it gets.
type rig struct {
	*pgtest.Database
	municipality, institution uuid.UUID
	head                      uuid.UUID // who raises its alerts
	guardians, children       []uuid.UUID
	queue                     *queue.Queue
	phones                    *phones
	log                       *lockedBuffer
}

func newRig(t *testing.T, guardians int) *rig {
	t.Helper()
	r := &rig{Database: pgtest.New(t), municipality: newID(), institution: newID(), head: newID(), phones: newPhones(), log: &lockedBuffer{}}
	r.queue = r.belt(t, redisURL(t))
	r.settle(t, guardians)
	return r
}

// neighbour is another municipality on the same belt and with the same provider.
func (r *rig) neighbour(t *testing.T, guardians int) *rig {
	t.Helper()
	n := *r
	n.municipality, n.institution, n.head, n.guardians, n.children = newID(), newID(), newID(), nil, nil
	n.settle(t, guardians)
	return &n
}

// settle makes the rig's municipality with its kindergarten and its people.
func (r *rig) settle(t *testing.T, guardians int) {
	t.Helper()
	r.exec(t, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'm-' || left($2, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', now())`, r.municipality, uuid.NewString())
	r.exec(t, `insert into app.institutions (municipality_id, id, kind, national_number, name, created_at)
		values ($1, $2, 'kindergarten', '1', 'K', now())`, r.municipality, r.institution)
	for range guardians {
		r.guardians, r.children = append(r.guardians, newID()), append(r.children, newID())
	}
	r.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, unnest($2::uuid[] || $3::uuid[]), 'A', 'B', now()`, r.municipality, r.guardians, r.children)
	r.exec(t, `insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), $3, now()`, r.municipality, r.children, r.institution)
	r.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::uuid[]), true, 'parent', now()`, r.municipality, r.children, r.guardians)
	r.exec(t, `update app.guardianships set status = 'active'`)
	r.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'H', 'H', now())`,
		r.municipality, r.head)
	r.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		values ($1, gen_random_uuid(), $2, $3, 'head', now())`, r.municipality, r.head, r.institution)
	r.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at,
			registered_at, verified_at)
		select $1, gen_random_uuid(), g, 'push', 'apns', 'device-' || g, 'sv', 'active', now(), now(), now() from unnest($2::uuid[]) g`,
		r.municipality, r.guardians)
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func redisURL(t testing.TB) string {
	if url := os.Getenv("REDIS_URL"); url != "" {
		return url
	}
	if os.Getenv("CI") != "" {
		t.Fatal("REDIS_URL is not set: run the tests by make test")
	}
	return "redis://" + miniredis.RunT(t).Addr() + "/0"
}

// belt opens a belt with a prefix of its own.
func (r *rig) belt(t testing.TB, url string) *queue.Queue {
	t.Helper()
	q, err := queue.Open(queue.Config{URL: url, Prefix: "test-" + uuid.NewString() + ":"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = q.Wipe(context.Background(), queue.Lanes(notify.Providers()...))
		_ = q.Close()
	})
	return q
}

func (r *rig) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := r.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (r *rig) count(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := r.Admin.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// pushes counts the pushes in a state.
func (r *rig) pushes(t testing.TB, state outbox.State) int {
	t.Helper()
	return r.count(t, `select count(*) from notify.deliveries where channel = 'push' and state = $1`, string(state))
}

func (r *rig) endpoint(t testing.TB, person uuid.UUID, p notify.Provider, address string) {
	t.Helper()
	channel, _ := p.Channel()
	r.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at,
			registered_at, verified_at) values ($1, $2, $3, $4, $5, $6, 'sv', 'active', now(), now(), now())`,
		r.municipality, newID(), person, string(channel), string(p), address)
}

func (r *rig) everybody() []outbox.Recipient {
	return outbox.OfInstitution(r.institution, r.guardians...)
}

// raise commits an alert to people and rings the bell, as the API does.
func (r *rig) raise(t testing.TB, to []outbox.Recipient) outbox.Announced {
	t.Helper()
	return r.tell(t, func(tx *scope.Tx) (outbox.Announced, error) {
		ctx, alert := context.Background(), newID()
		if _, err := tx.Exec(ctx, `select scope.open($1, $2, 'staff')`, r.municipality, r.head); err != nil {
			return outbox.Announced{}, err
		}
		if _, err := tx.Exec(ctx, `insert into app.alerts (municipality_id, id, institution_id, situation, text, raised_by, raised_at)
			values ($1, $2, $3, 'closure', 'x', $4, now())`, r.municipality, alert, r.institution, r.head); err != nil {
			return outbox.Announced{}, err
		}
		return outbox.Raise(ctx, tx, notify.AlertRaised{Alert: alert}, to)
	})
}

// post does the same with a routine event.
func (r *rig) post(t testing.TB, to []outbox.Recipient) outbox.Announced {
	t.Helper()
	return r.tell(t, func(tx *scope.Tx) (outbox.Announced, error) {
		return outbox.Announce(context.Background(), tx, notify.MessagePosted{Conversation: newID()}, to, notify.ByPush.And(notify.ByEmail))
	})
}

func (r *rig) tell(t testing.TB, write func(tx *scope.Tx) (outbox.Announced, error)) outbox.Announced {
	t.Helper()
	var announced outbox.Announced
	err := r.API.WithScope(context.Background(), scope.Of(r.municipality, scope.Machine), func(tx *scope.Tx) (err error) {
		announced, err = write(tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	_ = r.queue.Ring(context.Background(), announced.Refs) // its failing must not matter
	return announced
}

// config is a worker that pushes to the phones and loses no time.
func (r *rig) config() worker.Config {
	return worker.Config{
		DB: r.Worker, Queue: r.queue,
		Render: func(notify.Delivery) (notify.Words, error) {
			return notify.Words{Title: "There is something to look at"}, nil
		},
		Senders: worker.Senders{Push: map[notify.Provider]worker.Pusher{notify.ProviderAPNs: r.phones}},
		Logger:  slog.New(slog.NewJSONHandler(r.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Backoff: func(notify.Urgency, int) time.Duration { return time.Millisecond },
		Terms:   outbox.Terms{Grace: 300 * time.Millisecond}, RelayEvery: 50 * time.Millisecond, PollEvery: 20 * time.Millisecond,
	}
}

// start runs a worker until the test ends.
func (r *rig) start(t testing.TB, c worker.Config) *worker.Worker {
	t.Helper()
	w, err := worker.New(c)
	if err != nil {
		t.Fatal(err)
	}
	w.Start(context.Background())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = w.Stop(ctx)
	})
	return w
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}

// phones is a push provider that accepts everything and keeps what it gets, unless a test says otherwise.
type phones struct {
	mu    sync.Mutex
	got   []notify.Delivery
	reply func(ctx context.Context, d notify.Delivery) notify.Result
}

func newPhones() *phones { return &phones{} }

// Send implements worker.Pusher.
func (p *phones) Send(ctx context.Context, m notify.Push) notify.Result {
	p.mu.Lock()
	p.got = append(p.got, m.Delivery)
	reply := p.reply
	p.mu.Unlock()
	if reply != nil {
		return reply(ctx, m.Delivery)
	}
	return notify.Result{Outcome: notify.Accepted}
}

func (p *phones) on(reply func(ctx context.Context, d notify.Delivery) notify.Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reply = reply
}

func (p *phones) all() []notify.Delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]notify.Delivery(nil), p.got...)
}

func (p *phones) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.got)
}

// exactlyOnce fails unless each of n people got one push.
func (p *phones) exactlyOnce(t testing.TB, n int) {
	t.Helper()
	times := map[uuid.UUID]int{}
	for _, d := range p.all() {
		times[d.Person]++
	}
	for person, got := range times {
		if got != 1 {
			t.Errorf("%s got %d pushes", person, got)
		}
	}
	if len(times) != n {
		t.Errorf("%d people got a push, want %d", len(times), n)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// lease returns terms with a short lease.
func lease(d time.Duration) outbox.Terms {
	return outbox.Terms{Lease: func(notify.Urgency) time.Duration { return d }, Grace: 300 * time.Millisecond}
}

func short(d time.Duration) func(notify.Urgency) time.Duration {
	return func(notify.Urgency) time.Duration { return d }
}
