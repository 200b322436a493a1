package scope

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Later is a transaction whose writes wait for company: each leaves, in the order in which they were made, in one batch with whatever is asked next, or
// with the commit. It is for writes of which nobody reads how many rows they touched: they cost no round trip of their own.
type Later struct{ tx *Tx }

// Later returns the transaction for writes that may wait. What is asked next sees them, through either. When one fails, what is asked next answers its
// error, and nothing is committed.
func (tx *Tx) Later() Later { return Later{tx} }

// Exec queues a statement. Its tag says nothing. What args point to must not change before it has left.
func (l Later) Exec(_ context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	if err := l.tx.ended(); err != nil {
		return pgconn.CommandTag{}, err
	}
	l.tx.later = append(l.tx.later, &pgx.QueuedQuery{SQL: sql, Arguments: args})
	return pgconn.CommandTag{}, nil
}

// Query is Tx.Query.
func (l Later) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	return l.tx.Query(ctx, sql, args...)
}

// QueryRow is Tx.QueryRow.
func (l Later) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	return l.tx.QueryRow(ctx, sql, args...)
}

// batched sends a statement with what has to leave before it: what opens the transaction, and what has waited. Only its own answer is left to be read.
func (tx *Tx) batched(ctx context.Context, sql string, args []any) (pgx.BatchResults, error) {
	if tx.conn == nil {
		return tx.first(ctx, sql, args)
	}
	waited := tx.later
	tx.later = nil
	batch := &pgx.Batch{QueuedQueries: waited}
	batch.Queue(sql, args...)
	results := tx.conn.SendBatch(ctx, batch)
	if err := pass(results, len(waited)); err != nil {
		_ = results.Close()
		tx.failed = err // also where nothing has left, because ctx had ended, and the connection would still commit
		return nil, err
	}
	return results, nil
}

// pass reads the answers of so many statements that nobody waits for.
func pass(results pgx.BatchResults, n int) error {
	for range n {
		if _, err := results.Exec(); err != nil {
			return err
		}
	}
	return nil
}
