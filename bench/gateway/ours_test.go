package gateway

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/push"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/render"
	"budstikke.example/notify/worker"
)

// ours is Budstikke: an alert raised by the call that the API makes, carried by a worker with the configuration that `budstikke notify` has.
type ours struct {
	town   *town
	office postgres.Office
	queue  *queue.Queue
	apns   *push.APNs
	worker *worker.Worker
	ended  atomic.Pointer[count]
	gone   atomic.Int64
}

// count counts down to a signal.
type count struct {
	left atomic.Int64
	done chan struct{}
}

func (c *count) down() {
	if c != nil && c.left.Add(-1) == 0 {
		close(c.done)
	}
}

func newOurs(b *testing.B, t *town, p *provider, slots int) *ours {
	b.Helper()
	o := &ours{town: t}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(p.Credentials.CAPEM))
	c := p.Credentials.APNs
	var err error
	o.apns, err = push.NewAPNs(push.APNsConfig{Host: p.Addresses.APNs, Key: c.KeyP8, KeyID: c.KeyID, TeamID: c.TeamID, Topic: c.Topic, RootCAs: roots})
	if err != nil {
		b.Fatal(err)
	}
	o.queue, err = queue.Open(queue.Config{URL: os.Getenv("REDIS_URL"), Prefix: "bench-" + uuid.NewString()})
	if err != nil {
		b.Fatal(err)
	}
	links := render.Links{PublicURL: "https://budstikke.example"}
	o.office = postgres.New(t.API, o.queue.Ring, slog.New(slog.DiscardHandler)).Office(t.head)
	o.worker, err = worker.New(worker.Config{
		DB: t.Worker, Queue: o.queue, Render: func(d notify.Delivery) (notify.Words, error) { return render.Render(d, links) },
		Senders: worker.Senders{Push: map[notify.Provider]worker.Pusher{notify.ProviderAPNs: o.apns}},
		Slots:   map[notify.Provider]int{notify.ProviderAPNs: slots},
		Signals: worker.Signals{Settled: func(_ notify.Delivery, r notify.Result, s outbox.State) {
			if r.Outcome == notify.EndpointGone {
				o.gone.Add(1)
			}
			if s == outbox.StateSent || s == outbox.StateDead {
				o.ended.Load().down()
			}
		}},
	})
	if err != nil {
		b.Fatal(err)
	}
	o.worker.Start(context.WithoutCancel(b.Context()))
	if _, err := o.alert(b.Context(), t.small, 1); err != nil { // a push through each connection first, as the peers' have had
		b.Fatal(err)
	}
	return o
}

// Name implements Contender.
func (o *ours) Name() string { return "Budstikke" }

// Send implements Contender. The deliveries get ids of their own; the receivers are those of the town.
func (o *ours) Send(ctx context.Context, to []Receiver) (Run, error) {
	return o.alert(ctx, o.town.school, len(to))
}

// alert raises an alert to the guardians of a school and waits for every one of them.
func (o *ours) alert(ctx context.Context, school uuid.UUID, guardians int) (Run, error) {
	c := &count{done: make(chan struct{})}
	c.left.Store(int64(guardians))
	o.ended.Store(c)
	began := time.Now()
	if err := o.raise(ctx, school); err != nil {
		return Run{}, err
	}
	accepted := time.Since(began)
	select {
	case <-c.done:
		return Run{Accepted: accepted, Total: time.Since(began), Gone: int(o.gone.Load())}, nil
	case <-ctx.Done():
		return Run{Gone: int(o.gone.Load())}, fmt.Errorf("%d were not finished: %w; %+v", c.left.Load(), ctx.Err(), o.worker.Stats())
	}
}

// raise raises an alert to everybody in town; the worker is told by the bell that the API rings.
func (o *ours) raise(ctx context.Context, school uuid.UUID) error {
	policy, _ := access.Of("RaiseAlert")
	ctx = auth.WithOperation(ctx, auth.Question{Policy: policy, ID: school})
	_, err := postgres.Write(ctx, o.office, func(tx *postgres.OfficeTx) (int, error) {
		institution, err := tx.Institution(ctx, school)
		if err != nil {
			return 0, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return 0, err
		}
		alarm, err := institution.Alarm(uuid.Must(uuid.NewV7()), app.Evacuation, "Everybody is outside and well.", me.ID, tx.Now)
		if err != nil {
			return 0, err
		}
		reach, err := tx.SaveAlert(ctx, alarm, "")
		return reach.People, err
	})
	return err
}

// Close implements Contender.
func (o *ours) Close(ctx context.Context) error {
	err := o.worker.Stop(ctx)
	if closed := o.apns.Close(ctx); err == nil {
		err = closed
	}
	if wiped := o.queue.Wipe(ctx, queue.Lanes(notify.ProviderAPNs)); err == nil {
		err = wiped
	}
	return err
}
