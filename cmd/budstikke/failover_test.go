package main

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/sandbox"
)

// answerWithin is how soon what raises an alert has to end by itself when its database goes. An API process cuts a request off after WEB_REQUEST_TIMEOUT in any case;
// here nobody does, so that what would wait for ever is seen. On a machine that does nothing else it takes some milliseconds.
const answerWithin = 5 * time.Second

// B3: the server that everything is written to dies by kill -9 while alerts are raised and carried out, and its stand-by takes over. Whoever was told
// that an alert is accepted was told the truth; those who were not were told so, without that somebody had to cut them off; and work goes on by itself.
func TestStandByTakesOver(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	primary, standby := twoServers(t)
	c := newCrowdOn(t, pgtest.On(t, primary.URLWith(standby)), 8)
	c.API = pooled(t, c.APIURL, "none")
	play, err := sandbox.Start(context.WithoutCancel(t.Context()), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = play.Close() })
	redis := privateRedis(t)
	bell, err := queue.Open(queue.Config{URL: redis.URL(), Prefix: "budstikke"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bell.Close() })
	start(t, notifyProcess(workerSettings(t, c, redis, play)))

	desk := &raiser{crowd: c}
	stop := desk.keepRaising(t, bell)
	desk.accepts(t, 5)
	eventually(t, "the worker has started", func() bool { return len(play.Deliveries(nil)) > 0 }) // one that starts while there is no database ends
	if err := primary.Crash(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(soon(t)); err != nil {
		t.Fatal(err)
	}
	promoted := time.Now()
	desk.accepts(t, 5)
	t.Logf("accepted again %s after the promotion", since(promoted))
	stop()

	c.Admin.Reset()
	accepted, refused, slowest := desk.accepted, desk.refused, desk.slowest
	eventually(t, "everything accepted has gone out", func() bool {
		return c.count(t, `select count(*) from notify.events e join notify.deliveries d on d.municipality_id = e.municipality_id and d.event_id = e.id
			where e.subject_id = any ($1) and d.channel <> 'in_app' and d.state = 'sent'`, accepted) == len(accepted)*len(c.wanted)
	})
	if got := len(play.Deliveries(nil)); got < len(accepted)*len(c.wanted) {
		t.Errorf("%d notices reached the providers, and %d were accepted", got, len(accepted)*len(c.wanted))
	}
	if refused == 0 {
		t.Error("nobody noticed that the server was gone")
	}
	if slowest > answerWithin {
		t.Errorf("somebody waited %s for an answer", slowest)
	}
	t.Logf("%d alerts accepted, %d refused, slowest answer %s", len(accepted), refused, slowest)
}

// twoServers starts a server and its synchronous stand-by.
func twoServers(t *testing.T) (primary, standby *local.Postgres) {
	t.Helper()
	nothingSet := func(string) (string, bool) { return "", false }
	primary, err := local.StartPostgres(soon(t), local.Options{Purpose: local.Throwaway, Folder: openFolder(t), Lookup: nothingSet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = primary.Stop(context.Background()) })
	standby, err = primary.StandBy(soon(t))
	if errors.Is(err, local.ErrNoBackup) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = standby.Stop(context.Background()) })
	return primary, standby
}

// pooled opens a database as a process of the program does.
func pooled(t *testing.T, url, pooler string) *scope.DB {
	t.Helper()
	db, err := boot.OpenDatabase(soon(t), boot.Settings{Database: boot.Database{URL: boot.Secret(url), Connections: 8, Pooler: pooler,
		StatementTime: 5 * time.Second, LockTime: 2 * time.Second, IdleTime: 10 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// raiser is a head who raises one alert after another, and keeps what the answers were.
type raiser struct {
	*crowd
	mu       sync.Mutex
	accepted []uuid.UUID
	refused  int
	slowest  time.Duration
}

func (r *raiser) keepRaising(t *testing.T, bell *queue.Queue) (stop func()) {
	office := r.office(bell.Ring)
	ctx, cancel := context.WithCancel(asking(t, "RaiseAlert", r.institution))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.once(ctx, func(ctx context.Context) (uuid.UUID, error) {
					alert, _, err := r.tryRaise(ctx, office)
					return alert, err
				})
			}
		}
	}()
	return func() { cancel(); <-ended }
}

func (r *raiser) once(ctx context.Context, raise func(context.Context) (uuid.UUID, error)) {
	began := time.Now()
	alert, err := raise(ctx)
	took := time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.slowest = max(r.slowest, took)
	switch {
	case err == nil:
		r.accepted = append(r.accepted, alert)
	case ctx.Err() == nil:
		r.refused++
	}
}

// accepts waits until so many more alerts were accepted.
func (r *raiser) accepts(t *testing.T, more int) {
	t.Helper()
	count := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.accepted)
	}
	until := count() + more
	eventually(t, "alerts are accepted", func() bool { return count() >= until })
}
