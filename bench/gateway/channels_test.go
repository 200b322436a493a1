package gateway

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/render"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/worker"
)

// bareLoop sends through the very senders that Budstikke's worker uses, with as many at a time, and keeps nothing.
type bareLoop struct {
	send    func(context.Context, notify.Delivery, notify.Words) notify.Result
	words   notify.Words
	channel notify.Channel
	to      []string
	at      int // a time
	ways    ways
}

// Name implements Contender.
func (l *bareLoop) Name() string { return "bare loop over the same client" }

// Send implements Contender.
func (l *bareLoop) Send(ctx context.Context, to []Receiver) (Run, error) {
	began := time.Now()
	work := make(chan string, l.at)
	var sending sync.WaitGroup
	for range l.at {
		sending.Go(func() {
			for address := range work {
				id := uuid.New()
				l.send(ctx, notify.Delivery{
					Municipality: id, ID: id, Event: id, Kind: notify.KindAlertRaised, Urgency: notify.UrgencyCritical, Subject: id, Person: id, Channel: l.channel,
					Endpoint: id, Address: address, Locale: "nb", Attempt: 1, ExpiresAt: time.Now().Add(time.Hour),
				}, l.words)
			}
		})
	}
	for i := range to {
		work <- l.to[i]
	}
	close(work)
	sending.Wait()
	return Run{Total: time.Since(began)}, ctx.Err()
}

// Close implements Contender.
func (l *bareLoop) Close(ctx context.Context) error { return l.ways.close(ctx) }

// BenchmarkSMSAndEmail sends one SMS or one mail to each of some thousand receivers: Budstikke against a bare loop over its own client.
func BenchmarkSMSAndEmail(b *testing.B) {
	for _, c := range []struct {
		channel  notify.Channel
		provider notify.Provider
		format   string // of an address
		latency  time.Duration
	}{
		{notify.ChannelSMS, notify.ProviderTwilio, "+4740%s", 0},
		{notify.ChannelSMS, notify.ProviderTwilio, "+4740%s", 50 * time.Millisecond},
		{notify.ChannelEmail, notify.ProviderSMTP, "guardian-%s@example.com", 0},
	} {
		b.Run(fmt.Sprintf("%s %s", c.channel, c.latency), func(b *testing.B) {
			throughChannel(b, c.channel, c.provider, c.format, c.latency)
		})
	}
}

func throughChannel(b *testing.B, channel notify.Channel, provider notify.Provider, format string, latency time.Duration) {
	p := startProvider(b)
	n := min(*receivers, 4000)
	t := newTown(b, n)
	t.readdress(b, channel, provider, format)
	addresses := make([]string, n)
	for i := range addresses {
		addresses[i] = fmt.Sprintf(format, fmt.Sprintf("%06d", i+1))
	}
	m := &measured{bench: "sms and e-mail", name: fmt.Sprintf("%d by %s, provider %d ms", n, channel, latency.Milliseconds()), unit: "s"}
	for round := range *rounds {
		for _, open := range []func() Contender{
			func() Contender { return newBareLoop(b, p, channel, provider, addresses) },
			func() Contender {
				w := p.ways(b)
				w.Push = map[notify.Provider]worker.Pusher{notify.ProviderAPNs: w.apns}
				return startOurs(b, t, w, nil)
			},
		} {
			t.freshen(b)
			p.become(b, conditions{})
			p.delay(b, sandbox.Provider(provider), latency)
			c := open()
			turn(b, m.of(c.Name()), c, t, p, sandbox.Provider(provider))
			shut(b, c)
		}
		b.Logf("round %d of %d", round+1, *rounds)
	}
	m.against("bare loop over the same client")
	m.demand("Budstikke", "bare loop over the same client", 0.8)
	m.publish(b)
}

func newBareLoop(b *testing.B, p *provider, channel notify.Channel, provider notify.Provider, addresses []string) *bareLoop {
	b.Helper()
	w := p.ways(b)
	words, err := render.Render(notify.Delivery{Kind: notify.KindAlertRaised, Urgency: notify.UrgencyCritical, Channel: channel, Locale: "nb", Subject: uuid.New()},
		render.Links{PublicURL: "https://budstikke.example"})
	if err != nil {
		b.Fatal(err)
	}
	l := &bareLoop{words: words, channel: channel, to: addresses, at: worker.DefaultSlots(provider), ways: w}
	l.send = func(ctx context.Context, d notify.Delivery, words notify.Words) notify.Result {
		if channel == notify.ChannelEmail {
			return w.Email.Send(ctx, notify.Mail{Delivery: d, Words: words})
		}
		s, err := notify.JustifySMS(d, words)
		if err != nil {
			return notify.Result{Outcome: notify.Refused}
		}
		return w.SMS.Send(ctx, s)
	}
	return l
}
