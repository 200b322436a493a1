package months

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Kept is a month whose time is over and that was not dropped.
type Kept struct {
	Month time.Time
	Why   string // in words, for the person who looks after the system
}

// Dropped is what Drop did.
type Dropped struct {
	Parts  []Part
	Kept   []Kept
	Events int64 // events that nothing tells of any more
}

// Drop drops the months of notices that ended at least keep whole months ago, oldest first, and then the events that nothing tells of any more. A month
// in which a notice still waits is kept (B3), and so are those after it. Nothing is read row by row, and nobody waits for it for longer than a moment
// at a time. Errors: the database's; lock_not_available (55P03) when a long reader never let it pass: try again.
func Drop(ctx context.Context, conn *pgx.Conn, now time.Time, keep int) (Dropped, error) {
	var done Dropped
	if keep < Shortest {
		return done, fmt.Errorf("months: at least %d month is kept", Shortest)
	}
	end := first(now).AddDate(0, -keep, 0) // the months before this one are over
	parts, err := Parts(ctx, conn, "notify.deliveries")
	if err != nil {
		return done, err
	}
	gone := time.Time{}
	for _, p := range parts {
		if !p.Month.Before(end) {
			break
		}
		dropped, why, err := dropMonth(ctx, conn, p.Month)
		if err != nil {
			return done, fmt.Errorf("months: %s: %w", p.Name, err)
		}
		if why != "" {
			done.Kept = append(done.Kept, Kept{Month: p.Month, Why: why})
			break
		}
		done.Parts, gone = append(done.Parts, dropped...), p.Month.AddDate(0, 1, 0)
	}
	if gone.IsZero() {
		return done, nil
	}
	done.Events, err = forgetEvents(ctx, conn, gone)
	return done, err
}

// DropTrail drops the months of the trail that ended at least keep whole months ago, oldest first, and seals the end of each municipality's chain in it, which
// trail.Verify goes on from (B5). A month whose entries do not follow the chain without a gap is kept, and so are those after it: it is evidence. Verify the trail
// before. Errors: as Drop's.
func DropTrail(ctx context.Context, conn *pgx.Conn, now time.Time, keep int) (Dropped, error) {
	var done Dropped
	if keep < ShortestTrail {
		return done, fmt.Errorf("months: at least %d months of the trail are kept", ShortestTrail)
	}
	end := first(now).AddDate(0, -keep, 0)
	parts, err := Parts(ctx, conn, trail)
	if err != nil {
		return done, err
	}
	for _, p := range parts {
		if !p.Month.Before(end) {
			break
		}
		why, err := dropTrailMonth(ctx, conn, p)
		if err != nil {
			return done, fmt.Errorf("months: %s: %w", p.Name, err)
		}
		if why != "" {
			done.Kept = append(done.Kept, Kept{Month: p.Month, Why: why})
			break
		}
		done.Parts = append(done.Parts, p)
	}
	return done, nil
}

// dropTrailMonth seals and drops one month of the trail in one transaction.
func dropTrailMonth(ctx context.Context, conn *pgx.Conn, p Part) (why string, err error) {
	err = patiently(ctx, conn, func(tx pgx.Tx) error {
		why = ""
		rows, err := tx.Query(ctx, "select audit.seal($1)", p.Month)
		if err != nil {
			return err
		}
		broken, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		if err != nil {
			return err
		}
		if len(broken) > 0 {
			why = fmt.Sprintf("the trail of %d municipalities is not whole in it: see `budstikke audit verify`", len(broken))
			return nil
		}
		_, err = tx.Exec(ctx, "drop table "+p.Name)
		return err
	})
	return why, err
}

// dropMonth drops one month of every table of notices in one transaction. What has ended so long ago cannot be replayed, so that a look is enough.
func dropMonth(ctx context.Context, conn *pgx.Conn, month time.Time) (dropped []Part, why string, err error) {
	var open int
	err = conn.QueryRow(ctx, month.Format("select count(*) from notify.deliveries_2006_01 where state in ('pending', 'retry')")).Scan(&open)
	if err != nil {
		return nil, "", err
	}
	if open > 0 {
		return nil, fmt.Sprintf("%d notices of it still wait: end them by `budstikke admin outbox park`", open), nil
	}
	err = patiently(ctx, conn, func(tx pgx.Tx) error {
		dropped = nil
		for _, table := range notices {
			p := Part{Table: table, Name: month.Format(table + "_2006_01"), Month: month}
			if _, err := tx.Exec(ctx, "drop table if exists "+p.Name); err != nil {
				return err
			}
			dropped = append(dropped, p)
		}
		return nil
	})
	return dropped, "", err
}

// atOnce is how many events one statement deletes.
const atOnce = 5000

// forgetEvents deletes the events from before a moment that no delivery and no parcel is of.
func forgetEvents(ctx context.Context, conn *pgx.Conn, before time.Time) (int64, error) {
	var all int64
	for {
		tag, err := conn.Exec(ctx, `
			delete from notify.events e using (
				select o.municipality_id, o.id from notify.events o
				where o.id < notify.since_id($1)
				  and not exists (select from notify.deliveries d where d.municipality_id = o.municipality_id
				    and d.id between notify.first_of(o.id) and notify.last_of(o.id) and d.event_id = o.id)
				  and not exists (select from notify.parcels p where p.municipality_id = o.municipality_id and p.event_id = o.id)
				limit $2) g
			where e.municipality_id = g.municipality_id and e.id = g.id`, before, atOnce)
		if err != nil {
			return all, fmt.Errorf("months: events: %w", err)
		}
		all += tag.RowsAffected()
		if tag.RowsAffected() < atOnce {
			return all, nil
		}
	}
}
