package outbox

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Tally counts the deliveries of one channel that are in one state.
type Tally struct {
	Channel            notify.Channel
	State              State
	Count              int
	Delivered          int // of these: those the provider later said had arrived
	Undelivered        int // of these: those the provider later said had not
	PossibleDuplicates int // attempts whose end nobody saw; each may have arrived as one notice more
}

// Progress counts what has become of the deliveries about a subject (an alert, a conversation …), per channel and state, as far as the
// caller of the transaction may see them. It is the evidence of an alert (B2). Empty when nothing was announced about it.
func Progress(ctx context.Context, tx *scope.Tx, subject uuid.UUID) ([]Tally, error) {
	rows, err := db.New().Progress(ctx, tx, db.ProgressParams{MunicipalityID: tx.Municipality(), SubjectID: subject})
	if err != nil {
		return nil, fmt.Errorf("outbox: progress: %w", err)
	}
	list := make([]Tally, len(rows))
	for i, r := range rows {
		list[i] = Tally{
			Channel: notify.Channel(r.Channel), State: State(r.State), Count: int(r.Count), Delivered: int(r.Delivered),
			Undelivered: int(r.Undelivered), PossibleDuplicates: int(r.PossibleDuplicates),
		}
	}
	return list, nil
}
