//go:build bench

package bench

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// BenchmarkManyRows ends guardianships and enrolments in one statement, as a register does, on a connection that has ended a single one before: 500
// and four times as many. What follows from it must take about four times as long, and not sixteen.
func BenchmarkManyRows(b *testing.B) {
	c := newCounty(b)
	conn, err := c.Admin.Acquire(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Release()
	fmt.Println("| rows that end | 1 | 500 | 2,000 | 2,000 to 500 |\n|---|---|---|---|---|")
	for _, table := range []string{"guardianships", "enrolments"} {
		end := func(n int) time.Duration {
			return undone(b, conn.Conn(), "update app."+table+" set ended_at = now() where id in (select id from app."+table+" where ended_at is null order by id limit $1)", n)
		}
		one, few, many := end(1), end(500), end(2000)
		fmt.Printf("| %s | %d ms | %d ms | %d ms | %.1f |\n", table, one.Milliseconds(), few.Milliseconds(), many.Milliseconds(), many.Seconds()/few.Seconds())
	}
}

// undone runs a statement and takes it back, so that the next one finds what this one found.
func undone(b *testing.B, conn *pgx.Conn, sql string, args ...any) time.Duration {
	b.Helper()
	ctx := context.Background()
	tx, err := conn.Begin(ctx)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = tx.Rollback(ctx) }()
	began := time.Now()
	if _, err := tx.Exec(ctx, sql, args...); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
	return time.Since(began)
}
