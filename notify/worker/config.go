package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/trace"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

// Mailer sends e-mail. It obeys ctx and reports what became of it.
type Mailer interface {
	Send(ctx context.Context, m notify.Mail) notify.Result
}

// Pusher sends to one push provider.
type Pusher interface {
	Send(ctx context.Context, p notify.Push) notify.Result
}

// Texter sends text messages. What it takes can only be made from a critical delivery (V20).
type Texter interface {
	Send(ctx context.Context, s notify.SMS) notify.Result
}

// Senders are the ways out. A provider without a sender is not served by this worker.
type Senders struct {
	Email Mailer
	Push  map[notify.Provider]Pusher
	SMS   Texter
}

// Config is what a worker works with.
type Config struct {
	DB     *scope.DB    // a pool of the worker's own database role; required
	Queue  *queue.Queue // nil: always poll Postgres
	Render func(notify.Delivery) (notify.Words, error)
	Senders
	Logger *slog.Logger // nil: none

	// Slots is how many sends to a provider may run at the same time; a provider left out gets its default (see DefaultSlots).
	Slots map[notify.Provider]int
	// Rates is how many deliveries per second a provider takes from this process; 0 or left out: as many as it can. Routine deliveries leave the last
	// three tenths to critical ones.
	Rates map[notify.Provider]float64
	// Terms are the limits of claims; the zero value takes those of package notify.
	Terms outbox.Terms
	// SendTimeout bounds one call to a provider; nil: notify.SendTimeout. It must lie below Terms.Lease.
	SendTimeout func(notify.Urgency) time.Duration
	// Backoff is the upper bound of the wait before the next attempt; nil: notify.Backoff.
	Backoff func(u notify.Urgency, attempt int) time.Duration
	// RelayEvery is how often the relay looks for what was lost; 0: 250 ms.
	RelayEvery time.Duration
	// PollEvery is how often Postgres is asked while the belt is away and nothing was due; 0: 100 ms.
	PollEvery time.Duration
	// ReceiptsEvery is how often SMS are looked for whose end nobody has told; 0: 2 s.
	ReceiptsEvery time.Duration
	// Synthetic are the operator's own addresses, by provider, that a synthetic notice goes to every minute; none: nobody sends any. That of SMS is not
	// used: its provider is asked whether it would take one, and nothing is sent (V20).
	Synthetic map[notify.Provider]string
	// SyntheticEvery is how often one of all workers sends synthetic notices; 0: a minute.
	SyntheticEvery time.Duration
	// Clock tells how much of a lease is left; nil: time.Now. What is due, leased or expired is for the database's clock to say.
	Clock func() time.Time

	// Tracer tells of deliveries as parts of the traces in which their events were announced; nil: nobody traces, and nothing is measured for it.
	Tracer trace.Tracer

	Signals Signals
}

// Signals are called when something has happened, so that a test can wait for it. They cost nothing when nil. They must not block for long.
type Signals struct {
	Claimed func(outbox.Claimed)
	// Settled is called for each result; state is empty when it came too late to be written.
	Settled func(d notify.Delivery, r notify.Result, state outbox.State)
	// Belt is called when the belt goes away (false) and when it is back (true).
	Belt func(here bool)
}

// DefaultSlots is how many sends may run at the same time: what the provider's sender can carry, and no more than a small machine can.
func DefaultSlots(p notify.Provider) int {
	switch p {
	case notify.ProviderAPNs:
		return 200
	case notify.ProviderFCM:
		return 100
	case notify.ProviderWebPush, notify.ProviderTwilio:
		return 50
	case notify.ProviderSMTP:
		return 16
	}
	return 8
}

// reserve is how many of a pool's slots are never given to routine deliveries: an eighth, and at least one (measured: with it the last of
// 3,000 critical deliveries overtakes 30,000 routine ones within two sends).
func reserve(slots int) int { return max(slots/8, 1) }

func (c *Config) fill() error {
	var errs []error
	if c.DB == nil {
		errs = append(errs, errors.New("worker: Config.DB is missing"))
	}
	if c.Render == nil {
		errs = append(errs, errors.New("worker: Config.Render is missing"))
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.SendTimeout == nil {
		c.SendTimeout = notify.SendTimeout
	}
	if c.Terms.Lease == nil {
		c.Terms.Lease = notify.Lease
	}
	if c.Backoff == nil {
		c.Backoff = notify.Backoff
	}
	if c.RelayEvery <= 0 {
		c.RelayEvery = 250 * time.Millisecond
	}
	if c.PollEvery <= 0 {
		c.PollEvery = 100 * time.Millisecond
	}
	if c.ReceiptsEvery <= 0 {
		c.ReceiptsEvery = receiptsEvery
	}
	if c.SyntheticEvery <= 0 {
		c.SyntheticEvery = syntheticEvery
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	for _, u := range []notify.Urgency{notify.UrgencyCritical, notify.UrgencyRoutine} {
		if c.SendTimeout(u) >= c.Terms.Lease(u) {
			errs = append(errs, errors.New("worker: SendTimeout must be shorter than the lease, or two workers send the same delivery"))
		}
	}
	return errors.Join(errs...)
}

// sender answers how a provider is reached, or nil when this worker does not serve it.
func (c *Config) sender(p notify.Provider) func(context.Context, notify.Delivery, notify.Words) notify.Result {
	channel, _ := p.Channel()
	switch channel {
	case notify.ChannelEmail:
		if c.Email != nil {
			return func(ctx context.Context, d notify.Delivery, w notify.Words) notify.Result {
				return c.Email.Send(ctx, notify.Mail{Delivery: d, Words: w})
			}
		}
	case notify.ChannelPush:
		if push := c.Push[p]; push != nil {
			return func(ctx context.Context, d notify.Delivery, w notify.Words) notify.Result {
				return push.Send(ctx, notify.Push{Delivery: d, Words: w})
			}
		}
	case notify.ChannelSMS:
		if c.SMS != nil {
			return c.text
		}
	}
	return nil
}

// text is the only way to an SMS: through JustifySMS, which takes no synthetic notice (V20).
func (c *Config) text(ctx context.Context, d notify.Delivery, w notify.Words) notify.Result {
	if d.Kind == notify.KindSynthetic {
		return c.check(ctx)
	}
	sms, err := notify.JustifySMS(d, w)
	if err != nil {
		return notify.Result{Outcome: notify.Refused, Reason: "sms_not_justified"}
	}
	return c.SMS.Send(ctx, sms)
}
