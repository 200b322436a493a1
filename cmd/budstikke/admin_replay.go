package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/notify/outbox"
)

type outboxReplay struct {
	outboxDesk
	outboxFilter
	outboxNamed
}

// Run replays.
func (c outboxReplay) Run(ctx context.Context, t terminal) error {
	return c.at(ctx, t, "replay", func(ctx context.Context, d *deadletter.Desk) error {
		ids, err := c.ids(ctx, d, c.outboxFilter, outbox.StateDead)
		if err != nil {
			return err
		}
		return d.Replay(ctx, ids, said(t, c.JSON))
	})
}

type outboxPark struct {
	outboxDesk
	outboxFilter
	outboxNamed
}

// Run parks.
func (c outboxPark) Run(ctx context.Context, t terminal) error {
	return c.at(ctx, t, "park", func(ctx context.Context, d *deadletter.Desk) error {
		ids, err := c.ids(ctx, d, c.outboxFilter, outbox.StatePending, outbox.StateRetry)
		if err != nil {
			return err
		}
		return d.Park(ctx, ids, said(t, c.JSON))
	})
}

func said(t terminal, asJSON bool) func(outbox.Answer) error {
	return func(a outbox.Answer) error {
		if asJSON {
			return json.NewEncoder(t.out).Encode(a)
		}
		_, err := fmt.Fprintln(t.out, strings.Join([]string{a.Delivery.String(), a.Answer, deadletter.Meaning(a.Answer)}, "\t"))
		return err
	}
}
