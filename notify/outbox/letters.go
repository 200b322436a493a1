package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
)

// Letter is a delivery as whoever runs the program may see it: what became of it, and no address, name or word of it.
type Letter struct {
	ID                 uuid.UUID       `json:"id"`
	Event              uuid.UUID       `json:"eventId"`
	Kind               notify.Kind     `json:"kind"`
	Subject            uuid.UUID       `json:"subjectId"` // what the event is about: an alert, a conversation …
	Urgency            notify.Urgency  `json:"urgency"`
	Channel            notify.Channel  `json:"channel"`
	Provider           notify.Provider `json:"provider"`
	State              State           `json:"state"`
	Outcome            string          `json:"outcome,omitempty"` // of the last attempt, a notify.Outcome
	Status             int             `json:"status,omitempty"`  // what the provider answered to it
	Reason             string          `json:"reason,omitempty"`
	Attempts           int             `json:"attempts"`
	PossibleDuplicates int             `json:"possibleDuplicates,omitempty"`
	Created            time.Time       `json:"createdAt"`
	Settled            time.Time       `json:"settledAt,omitzero"`
	Expires            time.Time       `json:"expiresAt"`
}

// Filter chooses letters. A zero field chooses all, except States, which is dead ones when empty.
type Filter struct {
	States   []State
	Provider notify.Provider
	Urgency  notify.Urgency
	Reason   string
	About    uuid.UUID // an event, or what one is about
	Since    time.Time // events from then on
}

// Letters lists the deliveries that a filter chooses, those in the app left out, oldest event first: after the one named, most of them at most. It works
// in the scope Auditor. Errors: the database's.
func Letters(ctx context.Context, tx *scope.Tx, f Filter, after uuid.UUID, most int) ([]Letter, error) {
	states := []string{string(StateDead)}
	if len(f.States) > 0 {
		states = states[:0]
		for _, s := range f.States {
			states = append(states, string(s))
		}
	}
	var providers []string
	if f.Provider != "" {
		providers = []string{string(f.Provider)}
	}
	rows, err := tx.Query(ctx, `select id, event_id, kind, subject_id, urgency, channel, provider, state, coalesce(outcome, ''), coalesce(status, 0),
			coalesce(reason, ''), attempt, possible_duplicates, created_at, coalesce(settled_at, '0001-01-01T00:00:00Z'), expires_at
		from notify.letters($1, $2, nullif($3, ''), nullif($4, ''), $5, $6, $7, $8)`,
		states, providers, string(f.Urgency), f.Reason, optional(&f.About), f.Since, after, most)
	if err != nil {
		return nil, fmt.Errorf("outbox: letters: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Letter])
	if err != nil {
		return nil, fmt.Errorf("outbox: letters: %w", err)
	}
	return list, nil
}

// Story is everything that is known of one delivery, its attempts and whether somebody has it included, as a JSON document of notify.letter. Nil for
// one that is not there. It works in the scope Auditor. Errors: the database's.
func Story(ctx context.Context, tx *scope.Tx, delivery uuid.UUID) (json.RawMessage, error) {
	var document []byte
	err := tx.QueryRow(ctx, "select notify.letter($1)", delivery).Scan(&document)
	if err != nil {
		return nil, fmt.Errorf("outbox: letter: %w", err)
	}
	return document, nil
}

// Answer is what became of the wish to replay or park a delivery: replayed or parked, or why not. The reasons stand at notify.replay and notify.park.
type Answer struct {
	Delivery uuid.UUID `json:"id"`
	Answer   string    `json:"answer"`
}

// The answers of deliveries that did what was asked.
const (
	Replayed = "replayed"
	Parked   = "parked"
)

// Replay lets dead deliveries leave once more under the same ids, as soon as a worker looks. Those whose receiver has lost access since stay where they
// are: the claim asks (V15). It works in the scope Auditor. Errors: the database's; then nothing was replayed.
func Replay(ctx context.Context, tx *scope.Tx, deliveries []uuid.UUID) ([]Answer, error) {
	return answers(ctx, tx, "select id, answer from notify.replay($1)", deliveries)
}

// Park ends deliveries that wait, so that they do not leave; Replay undoes it. It works in the scope Auditor. Errors: the database's; then nothing was
// parked.
func Park(ctx context.Context, tx *scope.Tx, deliveries []uuid.UUID) ([]Answer, error) {
	return answers(ctx, tx, "select id, answer from notify.park($1)", deliveries)
}

func answers(ctx context.Context, tx *scope.Tx, sql string, deliveries []uuid.UUID) ([]Answer, error) {
	rows, err := tx.Query(ctx, sql, deliveries)
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Answer])
	if err != nil {
		return nil, fmt.Errorf("outbox: %w", err)
	}
	return list, nil
}
