package boot

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// How long a process waits for its connections before it answers without them.
	openedWithin = 5 * time.Second
	// Connections are renewed after an hour and up to so much more, so that they are not all planned anew at once.
	renewedApart = 20 * time.Minute
)

// rehearsal lets connections of a pool plan what is asked most before they are handed out, and keeps all of them: whoever signs in at half past seven does
// not wait for the plans of a connection that was closed in the night (B14).
type rehearsal struct{ pool atomic.Pointer[pgxpool.Pool] }

// rehearsing arranges it for a pool that is about to be opened.
func rehearsing(config *pgxpool.Config) *rehearsal {
	r := &rehearsal{}
	config.MinConns, config.MaxConnLifetimeJitter = config.MaxConns, renewedApart
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if before != nil {
			if err := before(ctx, conn); err != nil {
				return err
			}
		}
		if !r.time() {
			return nil
		}
		return rehearseOn(ctx, conn)
	}
	return r
}

// time tells whether there is time for it: while the process starts, and where somebody who comes now finds another connection. After an outage nobody waits
// for it.
func (r *rehearsal) time() bool {
	pool := r.pool.Load()
	return pool == nil || pool.Stat().IdleConns() > 0
}

// over ends the start.
func (r *rehearsal) over(pool *pgxpool.Pool) { r.pool.Store(pool) }

// rehearseOn plans on one connection. What the database refuses is no reason to do without the connection, which is as good as it was; one that is gone is.
func rehearseOn(ctx context.Context, conn *pgx.Conn) error {
	var refused *pgconn.PgError
	batch := &pgx.Batch{}
	batch.Queue("begin")
	batch.Queue("select app.rehearse()")
	if err := conn.SendBatch(ctx, batch).Close(); err != nil && !errors.As(err, &refused) {
		return err
	}
	_, err := conn.Exec(ctx, "rollback")
	return err
}

// openAll opens as many connections as a pool may have. Those that cannot be opened now are opened when somebody needs them.
func openAll(ctx context.Context, pool *pgxpool.Pool) {
	ctx, cancel := context.WithTimeout(ctx, openedWithin)
	defer cancel()
	var all sync.WaitGroup
	held := make(chan *pgxpool.Conn, pool.Config().MaxConns)
	for range cap(held) {
		all.Go(func() {
			if conn, err := pool.Acquire(ctx); err == nil {
				held <- conn
			}
		})
	}
	all.Wait()
	close(held)
	for conn := range held {
		conn.Release()
	}
}
