package outbox

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/notify"
)

// Fault says where the cause of a failure of the database lies.
type Fault int

// Faults.
const (
	// FaultElsewhere: the database is away, full or busy. Repeat the batch as it is.
	FaultElsewhere Fault = iota
	// FaultInside: something in the batch cannot be read or written, however often it is repeated (SQLSTATE classes 22, 23 and XX: a row's word, a constraint,
	// a damaged page). Halve the batch until it is alone.
	FaultInside
	// FaultSlow: it was not done in time (57014, or the caller's patience ended), or a file of the database could not be read (58030, 58P01: a bad sector, or a
	// whole disk). The same as FaultInside when that happens again and Answers finds that the database answers otherwise.
	FaultSlow
)

// FaultOf tells where the cause of an error of this package lies.
func FaultOf(err error) Fault {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		if errors.Is(err, context.DeadlineExceeded) || pgconn.Timeout(err) {
			return FaultSlow
		}
		return FaultElsewhere
	}
	switch {
	case strings.HasPrefix(pg.Code, "22"), strings.HasPrefix(pg.Code, "23"), strings.HasPrefix(pg.Code, "XX"):
		return FaultInside
	case pg.Code == "57014", pg.Code == "58030", pg.Code == "58P01":
		return FaultSlow
	}
	return FaultElsewhere
}

// Away tells whether the database was not there, or had no room: it may have crashed, and have forgotten what was not on its disk. One that only lets us wait for
// another's lock, or breaks a deadlock (classes 55 and 40), has forgotten nothing.
func Away(err error) bool {
	var pg *pgconn.PgError
	return FaultOf(err) == FaultElsewhere && !(errors.As(err, &pg) && (strings.HasPrefix(pg.Code, "40") || strings.HasPrefix(pg.Code, "55")))
}

// Answers tells whether the database answers what reads no table.
func (o *Outbox) Answers(ctx context.Context) bool {
	_, err := o.db.Pool().Exec(ctx, `select`)
	return err == nil
}

// FailedClaim is the error of ClaimDue for a claim that failed, with the parcels that it named.
type FailedClaim struct {
	Refs []Ref
	Err  error
}

// Error implements error.
func (f *FailedClaim) Error() string { return f.Err.Error() }

// Unwrap returns what it failed with.
func (f *FailedClaim) Unwrap() error { return f.Err }

// TakeApart puts each delivery of a parcel that nobody holds in a parcel of its own and answers their refs; none when somebody holds it, or it holds one only.
// They are due when it was. Errors: the database's.
func (o *Outbox) TakeApart(ctx context.Context, r Ref) ([]Ref, error) {
	rows, err := o.db.Pool().Query(ctx, `
		with whole as (
			delete from notify.parcels p
			where p.municipality_id = $1 and p.id = $2 and p.attempt = $3 and p.lease_until is null and cardinality(p.deliveries) > 1
			returning p.*
		)
		insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, queued_at, attempt, fence, lease_until)
		select w.municipality_id, d.id, w.event_id, w.urgency, w.provider, array[d.id], w.next_at, clock_timestamp(), w.attempt, w.fence, null
		from whole w cross join lateral unnest(w.deliveries) d (id)
		returning id, urgency, attempt`, r.Municipality, r.Parcel, r.Attempt)
	if err != nil {
		return nil, fmt.Errorf("outbox: take apart: %w", err)
	}
	var refs []Ref
	one := Ref{Municipality: r.Municipality, Provider: r.Provider, Size: 1}
	_, err = pgx.ForEachRow(rows, []any{(*uuid.UUID)(&one.Parcel), (*notify.Urgency)(&one.Urgency), &one.Attempt}, func() error {
		refs = append(refs, one)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("outbox: take apart: %w", err)
	}
	return refs, nil
}
