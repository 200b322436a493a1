package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

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
	return announce(ctx, tx, e, audience{to: to}, channels.List(), nil)
}

// Raise writes a critical event and its deliveries in the caller's transaction, by every channel that a recipient has a verified endpoint
// for; safety notices cannot be switched off (B1). Each SMS records the event that justifies it (V20). Call queue.Ring with the refs after
// the commit. Errors: the database's.
func Raise(ctx context.Context, tx *scope.Tx, e notify.Critical, to []Recipient) (Announced, error) {
	return announce(ctx, tx, e, audience{to: to}, notify.CriticalChannels(), nil)
}

// RaiseToAll is Raise to everybody whom the event may reach: the guardians of the place that it is about, read by the statement that writes their
// notices, for a caller who answers for that place. For anybody else it reaches nobody. Errors: the database's.
func RaiseToAll(ctx context.Context, tx *scope.Tx, e notify.Critical) (Announced, error) {
	return announce(ctx, tx, e, audience{all: true}, notify.CriticalChannels(), nil)
}

// ReceiversOf lists the persons who are told of an event, each once, in no order. Errors: the database's.
func ReceiversOf(ctx context.Context, tx *scope.Tx, event uuid.UUID) ([]uuid.UUID, error) {
	rows, err := tx.Query(ctx, `
		select distinct d.person_id from notify.deliveries d
		where d.municipality_id = scope.municipality() and d.id between notify.first_of($1) and notify.last_of($1) and d.event_id = $1`, event)
	if err != nil {
		return nil, fmt.Errorf("outbox: receivers: %w", err)
	}
	people, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	if err != nil {
		return nil, fmt.Errorf("outbox: receivers: %w", err)
	}
	return people, nil
}

// AskToConfirm writes the mail that asks the owner of a registered e-mail address to confirm it (H3). It is the only notice that goes to an
// unverified endpoint, and it goes to that one only. Errors: the database's.
func AskToConfirm(ctx context.Context, tx *scope.Tx, e notify.EmailRegistered, person uuid.UUID) (Announced, error) {
	self := []Recipient{{Person: person, Grounds: GroundsSelf}}
	return announce(ctx, tx, e, audience{to: self}, notify.RoutineChannelsOf(e).List(), &e.Endpoint)
}

// audience is whom an event is told to: those named, or all whom the database knows it to concern.
type audience struct {
	to  []Recipient
	all bool
}

func announce(ctx context.Context, tx *scope.Tx, e notify.Event, to audience, channels []notify.Channel, only *uuid.UUID) (Announced, error) {
	urgency, known := notify.KindUrgency(e.Kind())
	if !known {
		return Announced{}, fmt.Errorf("outbox: %q is no kind of event", e.Kind())
	}
	id, err := uuid.NewV7()
	if err != nil {
		return Announced{}, fmt.Errorf("outbox: %w", err)
	}
	ctx, span := traceAnnouncement(ctx, e.Kind(), urgency, id)
	defer span.End()
	queries := db.New()
	err = queries.InsertEvent(ctx, tx.Later(), db.InsertEventParams{
		MunicipalityID: tx.Municipality(), ID: id, Kind: string(e.Kind()), Urgency: string(urgency), SubjectID: e.Subject(),
		CreatedAt: tx.Now, LifetimeSeconds: notify.Lifetime(urgency).Seconds(), Traceparent: traceparent(span),
	})
	if err != nil {
		return Announced{}, fmt.Errorf("outbox: event %s: %w", e.Kind(), err)
	}
	if len(to.to) == 0 && !to.all {
		return Announced{Event: id}, nil
	}
	told := Announced{Event: id}
	if told.Refs, told.Reach, err = fanOut(ctx, tx, id, urgency, to, channels, only); err != nil {
		return Announced{}, fmt.Errorf("outbox: deliveries of %s: %w", e.Kind(), err)
	}
	return told, nil
}

// fanOutSQL is written by hand because sqlc does not know the columns of a function that returns a table, nor arrays with nulls in them.
// The moment is never later than the database's own clock: a process whose clock runs ahead must not delay an alert.
const fanOutSQL = `select parcel_id, provider, size, people, reachable
	from notify.fan_out($1, $2, $3, $4, $5, $6, $7, least($8::timestamptz, clock_timestamp()), $9)`

func fanOut(
	ctx context.Context, tx *scope.Tx, event uuid.UUID, urgency notify.Urgency, to audience, channels []notify.Channel, only *uuid.UUID,
) (refs []Ref, reach Reach, err error) {
	var persons []uuid.UUID // null: all
	grounds := make([]string, len(to.to))
	children, institutions := make([]*uuid.UUID, len(to.to)), make([]*uuid.UUID, len(to.to))
	if !to.all {
		persons = make([]uuid.UUID, len(to.to))
	}
	for i := range to.to {
		r := &to.to[i]
		persons[i], grounds[i] = r.Person, string(r.Grounds)
		children[i], institutions[i] = optional(&r.Child), optional(&r.Institution)
	}
	words := make([]string, len(channels))
	for i, c := range channels {
		words[i] = string(c)
	}
	rows, err := tx.Query(ctx, fanOutSQL, event, string(urgency), persons, grounds, children, institutions, words, tx.Now, only)
	if err != nil {
		return nil, Reach{}, err
	}
	defer rows.Close()
	refs = make([]Ref, 0, 4+len(to.to)/16)
	for rows.Next() {
		ref := Ref{Municipality: tx.Municipality(), Urgency: urgency}
		if err := rows.Scan(&ref.Parcel, &ref.Provider, &ref.Size, &reach.People, &reach.Reachable); err != nil {
			return nil, Reach{}, err
		}
		refs = append(refs, ref)
	}
	return refs, reach, rows.Err()
}

func optional(id *uuid.UUID) *uuid.UUID {
	if *id == uuid.Nil {
		return nil
	}
	return id
}
