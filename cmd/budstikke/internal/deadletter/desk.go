// Package deadletter is what the commands of the outbox do: it lists, explains, replays and parks deliveries for whoever runs the program (B3). It tells
// ids, states and what providers answered; no address, no name and no word of a notice.
//
// It may open the database of the settings, and import what commands may. Start reading at Desk.
package deadletter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
	"budstikke.example/notify/outbox"
)

// Class is the word of the trail for what is done with notices at the command line.
const Class = "notices"

// batch is how many deliveries are asked about, replayed or parked in one transaction.
const batch = 500

// Desk is where one municipality's deliveries are looked after, by somebody.
type Desk struct {
	db           *scope.DB
	municipality uuid.UUID
	by           trail.Asker
}

// At returns the desk of a municipality. Error: there is none of this name.
func At(ctx context.Context, db *scope.DB, slug string, by trail.Asker) (*Desk, error) {
	municipality, err := postgres.New(db, nil, slog.New(slog.DiscardHandler)).MunicipalityBySlug(scope.ByProgram(ctx), slug)
	if errors.Is(err, app.ErrNotFound) {
		return nil, fmt.Errorf("there is no municipality %q", slug)
	}
	if err != nil {
		return nil, err
	}
	return &Desk{db: db, municipality: municipality, by: by}, nil
}

// FromEnvironment opens the database of the settings, and does what do does at the desk of a municipality.
func FromEnvironment(ctx context.Context, log io.Writer, slug string, by trail.Asker, do func(context.Context, *Desk) error) error {
	settings, err := boot.LoadFromEnvironment("audit")
	if err != nil {
		return err
	}
	opened, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return err
	}
	defer opened.Close()
	desk, err := At(ctx, opened, slug, by)
	if err != nil {
		return err
	}
	return do(ctx, desk)
}

func (d *Desk) do(ctx context.Context, fn func(tx *scope.Tx) error) error {
	return d.db.WithScope(scope.ByProgram(ctx), scope.Of(d.municipality, scope.Auditor), fn)
}

// List tells each of the deliveries that a filter chooses, oldest event first, most of them at most, and leaves an entry in the trail before anything is
// told. An error of each ends it and is returned.
func (d *Desk) List(ctx context.Context, f outbox.Filter, most int, each func(outbox.Letter) error) error {
	err := d.do(ctx, func(tx *scope.Tx) error {
		return d.by.Leave(tx, trail.Act{Operation: "ListDeliveries", Class: Class, Resource: f.About})
	})
	if err != nil {
		return err
	}
	after := uuid.Nil
	for most > 0 {
		var letters []outbox.Letter
		err := d.do(ctx, func(tx *scope.Tx) (err error) {
			letters, err = outbox.Letters(ctx, tx, f, after, min(most, batch))
			return err
		})
		if err != nil {
			return err
		}
		for _, l := range letters {
			if err := each(l); err != nil {
				return err
			}
			after = l.ID
		}
		if most -= len(letters); len(letters) < batch {
			return nil
		}
	}
	return nil
}

// Show returns everything that is known of a delivery, and leaves an entry in the trail: it says whose it was. Error: it is not there.
func (d *Desk) Show(ctx context.Context, delivery uuid.UUID) (document json.RawMessage, err error) {
	err = d.do(ctx, func(tx *scope.Tx) error {
		document, err = outbox.Story(ctx, tx, delivery)
		if err != nil {
			return err
		}
		if document == nil {
			return fmt.Errorf("there is no delivery %s", delivery)
		}
		var whose struct{ PersonID uuid.UUID }
		if err := json.Unmarshal(document, &whose); err != nil {
			return fmt.Errorf("what is known of the delivery cannot be read: %w", err)
		}
		return d.by.Leave(tx, trail.Act{Operation: "ShowDelivery", Class: Class, Person: whose.PersonID, Resource: delivery})
	})
	if err != nil {
		return nil, err
	}
	return withLast(document)
}

// Replay lets dead deliveries leave once more and tells each what became of it; the entry in the trail is written with it. It stops at the first batch
// that fails: those told before it were replayed.
func (d *Desk) Replay(ctx context.Context, deliveries []uuid.UUID, each func(outbox.Answer) error) error {
	return d.change(ctx, "ReplayDeliveries", outbox.Replay, deliveries, each)
}

// Park ends deliveries that wait; otherwise as Replay.
func (d *Desk) Park(ctx context.Context, deliveries []uuid.UUID, each func(outbox.Answer) error) error {
	return d.change(ctx, "ParkDeliveries", outbox.Park, deliveries, each)
}

func (d *Desk) change(
	ctx context.Context, operation string, change func(context.Context, *scope.Tx, []uuid.UUID) ([]outbox.Answer, error), deliveries []uuid.UUID,
	each func(outbox.Answer) error,
) error {
	for len(deliveries) > 0 {
		n := min(len(deliveries), batch)
		var answers []outbox.Answer
		err := d.do(ctx, func(tx *scope.Tx) (err error) {
			if answers, err = change(ctx, tx, deliveries[:n]); err != nil {
				return err
			}
			act := trail.Act{Operation: operation, Class: Class}
			if n == 1 {
				act.Resource = deliveries[0]
			}
			return d.by.Leave(tx, act)
		})
		if err != nil {
			return err
		}
		for _, a := range answers {
			if err := each(a); err != nil {
				return err
			}
		}
		deliveries = deliveries[n:]
	}
	return nil
}
