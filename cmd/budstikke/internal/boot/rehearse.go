package boot

import (
	"context"
	"errors"
	"sync"
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

// rehearse lets each connection of a pool plan what is asked most before it is handed out, and keeps all of them: whoever signs in at half past seven does
// not wait for the plans of a connection that was closed in the night (B14).
func rehearse(config *pgxpool.Config) {
	config.MinConns, config.MaxConnLifetimeJitter = config.MaxConns, renewedApart
	before := config.AfterConnect
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if before != nil {
			if err := before(ctx, conn); err != nil {
				return err
			}
		}
		return rehearseOn(ctx, conn)
	}
}

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
