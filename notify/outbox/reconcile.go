package outbox

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox/internal/db"
)

// Reconcile finds what is due on the belts and is not there: never put there, or put there more than Terms.Grace before the oldest ref
// that still lies there (belts are first in, first out, so it was lost). It stamps them as put there now and returns their refs, at most
// limit per belt, longest due first; hand them to the queue. Ring failing is no harm: they come up again after that time.
func (o *Outbox) Reconcile(ctx context.Context, belts []Belt, limit int) ([]Ref, error) {
	if len(belts) == 0 {
		return nil, nil
	}
	params := db.ReconcileParams{Most: int32(limit)}
	for _, b := range belts {
		params.Municipalities = append(params.Municipalities, b.Municipality)
		params.Providers = append(params.Providers, string(b.Lane.Provider))
		params.Urgencies = append(params.Urgencies, string(b.Lane.Urgency))
		olderThan := b.Front + o.terms.Grace
		if b.Lost {
			olderThan = 0
		}
		params.OlderThanMs = append(params.OlderThanMs, olderThan.Milliseconds())
	}
	rows, err := o.queries.Reconcile(ctx, o.db.Pool(), params)
	if err != nil {
		return nil, fmt.Errorf("outbox: reconcile: %w", err)
	}
	refs := make([]Ref, len(rows))
	for i, r := range rows {
		refs[i] = Ref{
			Municipality: r.MunicipalityID, Parcel: r.ID, Provider: notify.Provider(r.Provider), Urgency: notify.Urgency(r.Urgency),
			Attempt: int(r.Attempt), Size: int(r.Size),
		}
	}
	return refs, nil
}

// Way is how a notice goes: how urgently, and by which channel.
type Way struct {
	Urgency notify.Urgency
	Channel notify.Channel
}

// Released is what became of leases that ran out.
type Released struct {
	Deliveries int       // that were freed
	Dead       int       // of these, that were ended
	At         time.Time // when, by the database's clock
	// Ended are the ways of people's notices that were ended, once for each.
	Ended []Way
	// Stuck are the providers of deliveries that could not be freed, for their rows are damaged, once for each. They come up again after ten seconds.
	Stuck []notify.Provider
}

// ReleaseExpired frees parcels whose worker did not finish within the lease, at most limit of them, and counts each delivery that was not settled as a
// possible duplicate. These are due at once, each in a parcel of its own, so that one that kills its worker does so alone; the fourth time that happens
// it begins to wait, and after notify.MostLost times it is dead (lost_too_often). Leases that ran out after horizon, by the database's clock, are left
// alone: see Steady. So are, unless steady is longer than any lease, leases that end later than any that is made now: they were made by the clock of a database
// whose place this one has taken, and whoever made them may still hold them. Errors: the database's.
func (o *Outbox) ReleaseExpired(ctx context.Context, limit int, horizon time.Time, steady time.Duration) (Released, error) {
	ahead := func(u notify.Urgency) *int64 {
		lease := o.terms.Lease(u)
		if steady <= lease {
			return nil
		}
		ms := (lease + clockSlack).Milliseconds()
		return &ms
	}
	var r Released
	var channels []notify.Channel
	var urgencies []notify.Urgency // of each of the channels
	err := o.db.Pool().QueryRow(ctx, releaseSQL, limit, notify.MostLost, horizon, ahead(notify.UrgencyCritical), ahead(notify.UrgencyRoutine)).
		Scan(&r.Deliveries, &r.Dead, &r.At, &channels, &urgencies, &r.Stuck)
	if err != nil {
		return Released{}, fmt.Errorf("outbox: release: %w", err)
	}
	if len(channels) != len(urgencies) {
		return Released{}, fmt.Errorf("outbox: release: %d channels and %d urgencies", len(channels), len(urgencies))
	}
	for i, channel := range channels {
		r.Ended = append(r.Ended, Way{urgencies[i], channel})
	}
	return r, nil
}

// clockSlack is how far ahead of what is possible a time must lie before it counts as another clock's. A clock that goes back by less between two questions,
// which are a few seconds apart at most, is not noticed by Steady; and by so much, at most, may a new version lengthen leases while an old one runs.
const clockSlack = 6 * time.Second

// releaseSQL is written by hand because sqlc does not know the columns of a function that returns a table.
const releaseSQL = `select released, ended, at, channels, urgencies, stuck from notify.release_leases($1, $2, $3, $4, $5)`

// BringForward makes critical parcels of the lanes due that would wait for longer than ordinary though the provider has not asked for it, or for longer than
// longest: they were put off by the clock of a database whose place this one has taken. It answers how many. Errors: the database's.
func (o *Outbox) BringForward(ctx context.Context, lanes []Lane, ordinary, longest time.Duration) (int, error) {
	var providers []string
	for _, l := range lanes {
		if l.Urgency == notify.UrgencyCritical {
			providers = append(providers, string(l.Provider))
		}
	}
	var n int
	err := o.db.Pool().QueryRow(ctx, `select notify.bring_forward($1, $2, $3, $4)`, providers, ordinary.Milliseconds(), longest.Milliseconds(),
		clockSlack.Milliseconds()).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("outbox: bring forward: %w", err)
	}
	return n, nil
}

// Expired is how many deliveries were ended because they came too late.
type Expired struct {
	Deliveries int
	OfPeople   map[Way]int // of these, people's: without synthetic notices
}

// Expire ends deliveries that nobody took before they were too late to be of use, at most limit parcels of them. Errors: the database's.
func (o *Outbox) Expire(ctx context.Context, limit int) (Expired, error) {
	rows, err := o.db.Pool().Query(ctx, expireSQL, limit)
	if err != nil {
		return Expired{}, fmt.Errorf("outbox: expire: %w", err)
	}
	e := Expired{OfPeople: map[Way]int{}}
	var by Way
	var ended, ofPeople int
	_, err = pgx.ForEachRow(rows, []any{&by.Urgency, &by.Channel, &ended, &ofPeople}, func() error {
		e.Deliveries += ended
		e.OfPeople[by] += ofPeople
		return nil
	})
	if err != nil {
		return Expired{}, fmt.Errorf("outbox: expire: %w", err)
	}
	return e, nil
}

// expireSQL is written by hand for the same reason.
const expireSQL = `select urgency, channel, ended, of_people from notify.expire_late($1)`
