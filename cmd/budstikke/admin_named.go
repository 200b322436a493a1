package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/cmd/budstikke/internal/deadletter"
	"budstikke.example/notify/outbox"
)

// errNothing answers a replay or a park that names nothing.
var errNothing = errors.New("name deliveries by their ids, or say --all for everything that the other options choose (budstikke admin outbox list shows it)")

// hintMore says that there may be more than --most let through: whoever reads a thousand lines does not count them.
func hintMore(t terminal, told, most int) {
	if told >= most {
		fmt.Fprintf(t.err, "these are the first %d: there may be more, see --most\n", most)
	}
}

// outboxNamed says which deliveries: by their ids, or all that a filter chooses.
type outboxNamed struct {
	ID  []uuid.UUID `arg:"" optional:"" help:"The deliveries."`
	All bool        `help:"All that the other options choose, instead of ids."`
}

func (n outboxNamed) ids(ctx context.Context, d *deadletter.Desk, f outboxFilter, states ...outbox.State) ([]uuid.UUID, error) {
	if n.All == (len(n.ID) > 0) {
		return nil, errNothing
	}
	if !n.All {
		return n.ID, nil
	}
	chosen, err := f.filter(states...)
	if err != nil {
		return nil, err
	}
	var ids []uuid.UUID
	err = d.List(ctx, chosen, f.Most, func(l outbox.Letter) error {
		ids = append(ids, l.ID)
		return nil
	})
	return ids, err
}
