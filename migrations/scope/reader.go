package scope

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Reader answers single queries, each in one round trip: the opening of the scope and the query leave as one implicit transaction, which
// Postgres ends by itself. Use it where a flow asks one question; use WithScope where two answers must belong together.
type Reader struct {
	db    *DB
	scope Scope
}

// Reader returns a reader for s.
func (db *DB) Reader(s Scope) Reader { return Reader{db: db, scope: s} }

// Municipality returns the municipality that it reads in.
func (r Reader) Municipality() uuid.UUID { return r.scope.municipality }

// Exec implements what generated queries ask of a database. A reader does not write: use WithScope.
func (r Reader) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	rows, err := r.Query(ctx, sql, args...)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	return rows.CommandTag(), rows.Err()
}

// Query runs one query under the scope. The rows hold a connection until they are closed.
func (r Reader) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	gate, err := r.db.gate(ctx)
	if err != nil {
		return nil, err
	}
	tx := &Tx{db: r.db, scope: r.scope, gate: gate, Now: r.db.Now()}
	results, err := tx.single(ctx, sql, args)
	if err != nil {
		tx.release()
		return nil, known(err)
	}
	rows, err := results.Query()
	if err != nil {
		_ = results.Close()
		tx.release()
		return nil, known(err)
	}
	return &singleRows{firstRows: firstRows{Rows: rows, results: results}, tx: tx}, nil
}

// QueryRow runs one query that returns one row.
func (r Reader) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	rows, err := r.Query(ctx, sql, args...)
	return oneRow{rows: rows, err: err}
}

type singleRows struct {
	firstRows
	tx *Tx
}

// Next implements pgx.Rows.
func (r *singleRows) Next() bool {
	if r.Rows.Next() {
		return true
	}
	r.Close()
	return false
}

// Close implements pgx.Rows and gives the connection back.
func (r *singleRows) Close() {
	if r.closed {
		return
	}
	r.firstRows.Close()
	r.tx.release()
}

// Err implements pgx.Rows.
func (r *singleRows) Err() error { return known(r.firstRows.Err()) }
