// Package months makes the parts of the tables that are cut into months ahead of time, and drops those whose time is over.
//
// It may open the connection it is given, signed in as the owner of the tables: what `budstikke api` and `budstikke notify` sign in as can neither make
// a part nor drop one. Start reading at Make and Drop.
package months

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Ahead is how many months after the present one have parts.
const Ahead = 3

// Shortest is the fewest whole months that anything is kept.
const Shortest = 1

// ShortestTrail is the fewest whole months that the trail is kept: who has been looked at can ask for as long (reference/security.md).
const ShortestTrail = 24

// Part is a table's part for one month.
type Part struct {
	Table string // such as notify.deliveries
	Name  string // such as notify.deliveries_2026_11
	Month time.Time
}

// notices and trail are the tables that are cut into months; of notices, those that tell of others first: the order in which they are dropped.
var notices, trail = []string{"notify.attempts", "notify.deliveries"}, "audit.entries"

// cut are all of them.
func cut() []string { return append(slices.Clone(notices), trail) }

// Make makes the parts that are missing for the month of now and Ahead of it, and returns them. Reading and writing go on meanwhile. Errors: the
// database's; lock_not_available (55P03) when somebody held the part for the rest for longer than a moment: try again.
func Make(ctx context.Context, conn *pgx.Conn, now time.Time) ([]Part, error) {
	var made []Part
	for _, table := range cut() {
		for n := range Ahead + 1 {
			part, err := makeOne(ctx, conn, table, first(now).AddDate(0, n, 0))
			if err != nil {
				return made, fmt.Errorf("months: %s: %w", table, err)
			}
			made = append(made, part...)
		}
	}
	return made, tidy(ctx, conn)
}

// tidy gives back the space of parts for the rest that had rows and have none any more, so that State says so.
func tidy(ctx context.Context, conn *pgx.Conn) error {
	for _, table := range cut() {
		var size int64
		err := conn.QueryRow(ctx, "select pg_relation_size($1::text::regclass)", table+"_rest").Scan(&size)
		if err == nil && size > 0 {
			_, err = conn.Exec(ctx, "vacuum (truncate) "+table+"_rest")
		}
		if err != nil {
			return fmt.Errorf("months: %s: %w", table, err)
		}
	}
	return nil
}

func makeOne(ctx context.Context, conn *pgx.Conn, table string, month time.Time) (made []Part, err error) {
	err = patiently(ctx, conn, func(tx pgx.Tx) error {
		made = nil
		var new bool
		part := Part{Table: table, Month: month}
		err := tx.QueryRow(ctx, "select scope.make_month($1::text::regclass, $2), scope.month_table($1::text::regclass, $2)", table, month).
			Scan(&new, &part.Name)
		if new {
			made = []Part{part}
		}
		return err
	})
	return made, err
}

// Parts lists the parts of a table for months, oldest first. Errors: the database's.
func Parts(ctx context.Context, conn *pgx.Conn, table string) ([]Part, error) {
	rows, err := conn.Query(ctx, `
		select format('%I.%I', n.nspname, c.relname), to_date(right(c.relname, 7), 'YYYY_MM')
		from pg_inherits i join pg_class c on c.oid = i.inhrelid join pg_namespace n on n.oid = c.relnamespace
		where i.inhparent = $1::text::regclass and c.relname ~ '_\d{4}_\d\d$' order by 2`, table)
	if err != nil {
		return nil, fmt.Errorf("months: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Part, error) {
		p := Part{Table: table}
		err := row.Scan(&p.Name, &p.Month)
		return p, err
	})
}

// Rest counts what lies in the part of a table for what has no month: more than nothing means that months were not made in time, or that a clock went
// wrong. Errors: the database's.
func Rest(ctx context.Context, conn *pgx.Conn) (map[string]int64, error) {
	found := map[string]int64{}
	for _, table := range cut() {
		var n int64
		if err := conn.QueryRow(ctx, "select count(*) from "+table+"_rest").Scan(&n); err != nil {
			return nil, fmt.Errorf("months: %w", err)
		}
		if n > 0 {
			found[table] = n
		}
	}
	return found, nil
}

// first is the first day of a moment's month, in UTC.
func first(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// tries and moment bound how long changing a table may keep others from it: those who come while it waits for its lock wait behind it, so it waits a
// moment only, lets them pass, and comes back.
const (
	tries  = 40
	moment = 100 * time.Millisecond
	pause  = 250 * time.Millisecond
)

// patiently runs fn in a transaction that waits a moment for a lock, as often as it takes. Error: fn's, lock_not_available after the last try.
func patiently(ctx context.Context, conn *pgx.Conn, fn func(tx pgx.Tx) error) error {
	wait := time.NewTicker(pause)
	defer wait.Stop()
	for n := 1; ; n++ {
		err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, fmt.Sprintf("set local lock_timeout = %d", moment.Milliseconds())); err != nil {
				return err
			}
			return fn(tx)
		})
		var refused *pgconn.PgError
		if n == tries || !errors.As(err, &refused) || refused.Code != "55P03" && refused.Code != "40P01" {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-wait.C:
		}
	}
}
