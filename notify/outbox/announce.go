package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// ErrConfirmationGoesAlone is returned by Announce for an EmailRegistered event, which goes to one unverified address: use AskToConfirm.
var ErrConfirmationGoesAlone = errors.New("outbox: an EmailRegistered event is sent by AskToConfirm")

// Announce writes a routine event and its deliveries in the caller's transaction: one per recipient, channel and verified endpoint, and
// none for a channel that a recipient has no verified endpoint for. A recipient named twice (siblings) gets one notice. It takes no SMS:
// a RoutineChannels cannot hold it (V20), and the database refuses it as well. Call queue.Ring with the refs after the commit.
//
// Errors: ErrConfirmationGoesAlone or the database's.
func Announce(ctx context.Context, tx *scope.Tx, e notify.Routine, to []Recipient, channels notify.RoutineChannels) (Announced, error) {
	if e.Kind() == notify.KindEmailRegistered {
		return Announced{}, ErrConfirmationGoesAlone
	}
	return announce(ctx, tx, e, to, channels.List(), nil)
}

// Raise writes a critical event and its deliveries in the caller's transaction, by every channel that a recipient has a verified endpoint
// for; safety notices cannot be switched off (B1). Each SMS records the event that justifies it (V20). Call queue.Ring with the refs after
// the commit. Errors: the database's.
func Raise(ctx context.Context, tx *scope.Tx, e notify.Critical, to []Recipient) (Announced, error) {
	return announce(ctx, tx, e, to, notify.CriticalChannels(), nil)
}

// AskToConfirm writes the mail that asks the owner of a registered e-mail address to confirm it (H3). It is the only notice that goes to an
// unverified endpoint, and it goes to that one only. Errors: the database's.
func AskToConfirm(ctx context.Context, tx *scope.Tx, e notify.EmailRegistered, person uuid.UUID) (Announced, error) {
	self := []Recipient{{Person: person, Grounds: GroundsSelf}}
	return announce(ctx, tx, e, self, notify.RoutineChannelsOf(e).List(), &e.Endpoint)
}

func announce(ctx context.Context, tx *scope.Tx, e notify.Event, to []Recipient, channels []notify.Channel, only *uuid.UUID) (Announced, error) {
	urgency, known := notify.KindUrgency(e.Kind())
	if !known {
		return Announced{}, fmt.Errorf("outbox: %q is no kind of event", e.Kind())
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Announced{}, fmt.Errorf("outbox: %w", err)
	}
	queries := db.New()
	err = queries.InsertEvent(ctx, tx, db.InsertEventParams{
		MunicipalityID: tx.Municipality(), ID: id, Kind: string(e.Kind()), Urgency: string(urgency), SubjectID: e.Subject(),
		CreatedAt: tx.Now, LifetimeSeconds: notify.Lifetime(urgency).Seconds(),
	})
	if err != nil {
		return Announced{}, fmt.Errorf("outbox: event %s: %w", e.Kind(), err)
	}
	refs, err := fanOut(ctx, tx, id, urgency, to, channels, only)
	if err != nil {
		return Announced{}, fmt.Errorf("outbox: deliveries of %s: %w", e.Kind(), err)
	}
	return Announced{Event: id, Refs: refs}, nil
}

// fanOutSQL is written by hand because sqlc does not know the columns of a function that returns a table, nor arrays with nulls in them.
// The moment is never later than the database's own clock: a process whose clock runs ahead must not delay an alert.
const fanOutSQL = `select delivery_id, provider
	from notify.fan_out($1, $2, $3, $4, $5, $6, $7, least($8::timestamptz, clock_timestamp()), $9)`

func fanOut(
	ctx context.Context, tx *scope.Tx, event uuid.UUID, urgency notify.Urgency, to []Recipient, channels []notify.Channel, only *uuid.UUID,
) ([]Ref, error) {
	if len(to) == 0 {
		return nil, nil
	}
	persons, grounds := make([]uuid.UUID, len(to)), make([]string, len(to))
	children, institutions := make([]*uuid.UUID, len(to)), make([]*uuid.UUID, len(to))
	for i := range to {
		persons[i], grounds[i] = to[i].Person, string(to[i].Grounds)
		children[i], institutions[i] = optional(&to[i].Child), optional(&to[i].Institution)
	}
	words := make([]string, len(channels))
	for i, c := range channels {
		words[i] = string(c)
	}
	rows, err := tx.Query(ctx, fanOutSQL, event, string(urgency), persons, grounds, children, institutions, words, tx.Now, only)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	refs := make([]Ref, 0, len(to))
	for rows.Next() {
		ref := Ref{Municipality: tx.Municipality(), Urgency: urgency}
		if err := rows.Scan(&ref.Delivery, &ref.Provider); err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	return refs, rows.Err()
}

func optional(id *uuid.UUID) *uuid.UUID {
	if *id == uuid.Nil {
		return nil
	}
	return id
}
