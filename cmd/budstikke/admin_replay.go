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

// tally counts what came of a replay or a park, so that the exit code tells a script whether anything did.
type tally struct {
	word       string // the answer of those that did
	each       func(outbox.Answer) error
	asked, did int
}

func (y *tally) answer(a outbox.Answer) error {
	y.asked++
	if a.Answer == y.word {
		y.did++
	}
	return y.each(a)
}

// end says where nothing was chosen, or more may be, which is no error, and fails where something was and none of it did.
func (y *tally) end(t terminal, all bool, most int) error {
	if all {
		hintMore(t, y.asked, most)
	}
	switch {
	case y.asked == 0 && all:
		fmt.Fprintln(t.err, "nothing is chosen by these options; budstikke admin outbox list shows what there is")
	case y.did == 0:
		return fmt.Errorf("nothing was %s; each answer says why", y.word)
	}
	return nil
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
