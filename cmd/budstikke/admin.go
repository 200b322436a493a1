package main

import (
	"cmp"
	"context"
	"fmt"
	"os/signal"
	"syscall"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/auditor"
	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/migrations/trail"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// adminCommand is for whoever looks after the running system.
type adminCommand struct {
	Outbox adminOutbox `cmd:"" help:"Look after notices that could not be delivered."`
	Bounce adminBounce `cmd:"" help:"Read one mail on standard input, as mail servers pipe it: a report that a mail of ours did not arrive. Retires addresses that do not exist."`
}

type adminOutbox struct {
	List   outboxList   `cmd:"" help:"List deliveries: those that ended without being sent, or others."`
	Show   outboxShow   `cmd:"" help:"Tell everything that is known of one delivery, and what it means."`
	Replay outboxReplay `cmd:"" help:"Let deliveries that ended without being sent leave once more, under the same ids."`
	Park   outboxPark   `cmd:"" help:"End deliveries that wait, so that they do not leave. Replay undoes it."`
	Broken outboxBroken `cmd:"" help:"Show what was found in Redis under the names of the belt and is no notice's id."`
}

// outboxDesk is what all of them ask for.
type outboxDesk struct {
	Municipality string `required:"" placeholder:"SLUG" help:"The municipality."`
	Operator     string `placeholder:"NAME" help:"Who asks, for the audit trail. Left out, the name of the system's account."`
	JSON         bool   `help:"Print one JSON document per line instead of text."`
}

// at does what do does at the municipality's desk; purpose is the word that stands in the trail.
func (d outboxDesk) at(ctx context.Context, t terminal, purpose string, do func(context.Context, *deadletter.Desk) error) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	by := trail.Asker{Operator: cmp.Or(d.Operator, auditor.Operator()), Purpose: purpose}
	return deadletter.FromEnvironment(ctx, t.err, d.Municipality, by, do)
}

// outboxFilter chooses deliveries.
type outboxFilter struct {
	Provider string        `enum:",apns,fcm,webpush,twilio,smtp" default:"" help:"Of one provider: apns, fcm, webpush, twilio or smtp."`
	Urgency  string        `enum:",critical,routine" default:"" help:"critical or routine."`
	Reason   string        `placeholder:"WORD" help:"That ended, or wait, for this reason."`
	About    uuid.UUID     `placeholder:"ID" help:"Of one event, or of one alert or conversation."`
	Within   time.Duration `default:"192h" help:"Of events of the last so many hours."`
	Most     int           `default:"1000" help:"No more than so many."`
}

func (f outboxFilter) filter(states ...outbox.State) (outbox.Filter, error) {
	if f.Most < 1 || f.Within <= 0 {
		return outbox.Filter{}, fmt.Errorf("--most and --within must be more than nothing")
	}
	return outbox.Filter{
		States: states, Provider: notify.Provider(f.Provider), Urgency: notify.Urgency(f.Urgency), Reason: f.Reason, About: f.About,
		Since: time.Now().Add(-f.Within),
	}, nil
}
