package months

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// Querier is what State asks: a pool or a connection, of any login.
type Querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Standing is how a table that is cut into months stands.
type Standing struct {
	Table string
	// Ahead is how many months after the present one have parts. At 0, what comes after the end of this month falls into the part for the rest.
	Ahead int
	// Rest is the size of the part for what has no month, in bytes. More than nothing: rows are there, or were until Make moved them.
	Rest int64
}

// State tells how the tables that are cut into months stand, by what any login may know: names and sizes, and no row. Errors: the database's.
func State(ctx context.Context, db Querier, now time.Time) ([]Standing, error) {
	rows, err := db.Query(ctx, `
		select t.name,
			(select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid
			 where i.inhparent = t.name::regclass and c.relname ~ '_\d{4}_\d\d$' and to_date(right(c.relname, 7), 'YYYY_MM') > $2::date),
			pg_relation_size((t.name || '_rest')::regclass)
		from unnest($1::text[]) with ordinality as t (name, n) order by t.n`, cut(), first(now))
	if err != nil {
		return nil, fmt.Errorf("months: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Standing])
	if err != nil {
		return nil, fmt.Errorf("months: %w", err)
	}
	return list, nil
}
