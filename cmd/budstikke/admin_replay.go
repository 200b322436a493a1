package main

import (
	"context"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/notify/outbox"
)

type outboxReplay struct {
	outboxDesk
	outboxFilter
	outboxNamed
}

// Run replays. Error: none of those that were named leaves once more.
func (c outboxReplay) Run(ctx context.Context, t terminal) error {
	return c.at(ctx, t, "replay", func(ctx context.Context, d *deadletter.Desk) error {
		ids, err := c.ids(ctx, d, c.outboxFilter, outbox.StateDead)
		if err != nil {
			return err
		}
		did := tally{word: outbox.Replayed, each: said(t, c.JSON)}
		if err := d.Replay(ctx, ids, did.answer); err != nil {
			return err
		}
		return did.end(t, c.All, c.Most)
	})
}

type outboxPark struct {
	outboxDesk
	outboxFilter
	outboxNamed
}

// Run parks. Error: none of those that were named was parked.
func (c outboxPark) Run(ctx context.Context, t terminal) error {
	return c.at(ctx, t, "park", func(ctx context.Context, d *deadletter.Desk) error {
		ids, err := c.ids(ctx, d, c.outboxFilter, outbox.StatePending, outbox.StateRetry)
		if err != nil {
			return err
		}
		did := tally{word: outbox.Parked, each: said(t, c.JSON)}
		if err := d.Park(ctx, ids, did.answer); err != nil {
			return err
		}
		return did.end(t, c.All, c.Most)
	})
}
