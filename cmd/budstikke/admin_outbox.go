package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/notify/outbox"
)

type outboxList struct {
	outboxDesk
	outboxFilter
	State []string `enum:"pending,retry,sent,suppressed,expired,dead" default:"dead" help:"In these states: ${enum}."`
}

// Run lists.
func (c outboxList) Run(ctx context.Context, t terminal) error {
	states := make([]outbox.State, len(c.State))
	for i, s := range c.State {
		states[i] = outbox.State(s)
	}
	chosen, err := c.filter(states...)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(t.out)
	return c.at(ctx, t, "listing", func(ctx context.Context, d *deadletter.Desk) error {
		told := 0
		err := d.List(ctx, chosen, c.Most, func(l outbox.Letter) error {
			told++
			if c.JSON {
				return encoder.Encode(l)
			}
			_, err := fmt.Fprintf(t.out, "%s\t%s\t%s\t%s %s\t%s %s\tattempt %d\t%s %d %s\n", l.ID, l.Created.UTC().Format(time.RFC3339), l.Kind, l.Urgency,
				l.Provider, l.State, l.Reason, l.Attempts, l.Outcome, l.Status, deadletter.Meaning(l.Reason))
			return err
		})
		hintMore(t, told, c.Most)
		if err == nil && told == 0 {
			fmt.Fprintf(t.err, "there is none of the last %.0f hours by these options; --within looks further back\n", c.Within.Hours())
		}
		return err
	})
}

type outboxShow struct {
	outboxDesk
	ID uuid.UUID `arg:"" help:"The delivery."`
}

// Run explains.
func (c outboxShow) Run(ctx context.Context, t terminal) error {
	return c.at(ctx, t, "explaining", func(ctx context.Context, d *deadletter.Desk) error {
		document, err := d.Show(ctx, c.ID)
		if err != nil {
			return err
		}
		var told map[string]any
		if err := json.Unmarshal(document, &told); err != nil {
			return err
		}
		for _, word := range []string{"state", "reason", "outcome"} {
			name, _ := told[word].(string)
			if meaning := deadletter.Meaning(name); meaning != "" && !c.JSON {
				fmt.Fprintf(t.out, "%s: %s\n", name, meaning)
			}
		}
		encoder := json.NewEncoder(t.out)
		if !c.JSON {
			encoder.SetIndent("", "  ")
		}
		return encoder.Encode(told)
	})
}
