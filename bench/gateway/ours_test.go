package gateway

import (
	"context"
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
	"budstikke.example/notify/queue"
	"budstikke.example/notify/render"
	"budstikke.example/notify/worker"
)

// ours is Budstikke: an alert raised by the call that the API makes, carried by a worker with the configuration that `budstikke notify` has.
type ours struct {
	town   *town
	office postgres.Office
	queue  *queue.Queue
	ways   ways
	worker *worker.Worker
	ended  atomic.Pointer[count]
	gone   atomic.Int64
	rung   atomic.Pointer[time.Time] // when the bell was rung last: right after the commit
}

// count counts down to a signal.
type count struct {
	only notify.Urgency // empty: of any
	left atomic.Int64
	done chan struct{}
}

func (c *count) down() {
	if c.left.Add(-1) == 0 {
		close(c.done)
	}
}

// newOurs serves APNs alone.
func newOurs(b *testing.B, t *town, p *provider, slots int) *ours {
	b.Helper()
	w := p.ways(b)
	return startOurs(b, t, ways{Push: map[notify.Provider]worker.Pusher{notify.ProviderAPNs: w.apns}, apns: w.apns}, map[notify.Provider]int{notify.ProviderAPNs: slots})
}

// startOurs starts a worker; slots left out are the worker's own.
func startOurs(b *testing.B, t *town, w ways, slots map[notify.Provider]int) *ours {
	b.Helper()
	o := &ours{town: t, ways: w}
	var err error
	o.queue, err = queue.Open(queue.Config{URL: os.Getenv("REDIS_URL"), Prefix: "bench-" + uuid.NewString()})
	if err != nil {
		b.Fatal(err)
	}
	links := render.Links{PublicURL: "https://budstikke.example"}
	ring := func(ctx context.Context, refs []outbox.Ref) error {
		now := time.Now()
		o.rung.Store(&now)
		return o.queue.Ring(ctx, refs)
	}
	o.office = postgres.New(t.API, ring, slog.New(slog.DiscardHandler)).WithForewarning(o.queue.Forewarn).Office(t.head)
	o.worker, err = worker.New(worker.Config{
		DB: t.Worker, Queue: o.queue, Render: func(d notify.Delivery) (notify.Words, error) { return render.Render(d, links) },
		Senders: worker.Senders{Email: w.Email, Push: w.Push, SMS: w.SMS},
		Slots:   slots,
		Signals: worker.Signals{Settled: func(d notify.Delivery, r notify.Result, s outbox.State) {
			if r.Outcome == notify.EndpointGone {
				o.gone.Add(1)
			}
			if c := o.ended.Load(); c != nil && (s == outbox.StateSent || s == outbox.StateDead) && (c.only == "" || c.only == d.Urgency) {
				c.down()
			}
		}},
	})
	if err != nil {
		b.Fatal(err)
	}
	o.worker.Start(context.WithoutCancel(b.Context()))
	if _, err := o.alert(b.Context(), t.small, 1, ""); err != nil { // a push through each connection first, as the peers' have had
		b.Fatal(err)
	}
	return o
}

// Name implements Contender.
func (o *ours) Name() string { return "Budstikke" }

// Send implements Contender. The deliveries get ids of their own; the receivers are those of the town.
func (o *ours) Send(ctx context.Context, to []Receiver) (Run, error) {
	return o.alert(ctx, o.town.school, len(to), "")
}

// alert raises an alert to the guardians of a school and waits for every one of them; only of an urgency, when it is given.
func (o *ours) alert(ctx context.Context, school uuid.UUID, guardians int, only notify.Urgency) (Run, error) {
	c := &count{only: only, done: make(chan struct{})}
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
	if closed := o.ways.close(ctx); err == nil {
		err = closed
	}
	if wiped := o.queue.Wipe(ctx, queue.Lanes(notify.Providers()...)); err == nil {
		err = wiped
	}
	return err
}
