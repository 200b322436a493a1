package outbox

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Terms are the limits under which deliveries are claimed. The zero value takes those of package notify.
type Terms struct {
	Lease       func(notify.Urgency) time.Duration // how long a claim holds; notify.Lease
	MaxAttempts func(notify.Urgency) int           // how often a delivery is tried before it is dead; notify.MaxAttempts
	// Grace is how long a parcel may be missing from the belt before Reconcile puts it there: the time that whoever announced it has
	// for ringing the bell. 5 s.
	Grace time.Duration
}

// Outbox is the worker's side: it works across municipalities under the worker's own database role. It is safe for concurrent use.
type Outbox struct {
	db      *scope.DB
	queries *db.Queries
	terms   Terms

	adopting chan struct{} // holds one while somebody takes a message for a delivery

	mu   sync.Mutex
	last map[Lane]uuid.UUID // who was served last by ClaimDue
}

// New returns an outbox on the worker's own pool.
func New(pool *scope.DB, terms Terms) *Outbox {
	if terms.Lease == nil {
		terms.Lease = notify.Lease
	}
	if terms.MaxAttempts == nil {
		terms.MaxAttempts = notify.MaxAttempts
	}
	if terms.Grace <= 0 {
		terms.Grace = 5 * time.Second
	}
	return &Outbox{db: pool, queries: db.New(), terms: terms, adopting: make(chan struct{}, 1), last: map[Lane]uuid.UUID{}}
}

// Lane is where deliveries queue: one provider, one urgency.
type Lane struct {
	Provider notify.Provider
	Urgency  notify.Urgency
}

// Waiting is what a lane still has to do.
type Waiting struct {
	Lane  Lane
	Count int // deliveries that are due and in nobody's hands
	// Oldest is how long whoever has waited longest has waited. In a critical lane since the notice was accepted, also while it waits for its next attempt or
	// is on its way: a provider that asks for patience again and again keeps an alert waiting like one that is away (B3). In a routine lane only since it has
	// been due: that a full mailbox is tried again in half an hour is as it should be.
	Oldest time.Duration
}

// Waiting tells, per lane, how much is due and how long somebody has waited. Lanes with nothing to do are left out, and routine ones with nothing due.
func (o *Outbox) Waiting(ctx context.Context) ([]Waiting, error) {
	rows, err := o.queries.Waiting(ctx, o.db.Pool())
	if err != nil {
		return nil, fmt.Errorf("outbox: waiting: %w", err)
	}
	list := make([]Waiting, len(rows))
	for i, r := range rows {
		list[i] = Waiting{
			Lane:  Lane{Provider: notify.Provider(r.Provider), Urgency: notify.Urgency(r.Urgency)},
			Count: int(r.Count), Oldest: time.Duration(r.OldestMs) * time.Millisecond,
		}
	}
	return list, nil
}
