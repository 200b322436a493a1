package boot

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// A process opens so many connections to Postgres at a time. While the server stands still each attempt is given up and made anew, and what was given up
	// it has to take, start a process for and end all the same when it goes on: with dozens of them, before it answers anybody (B3).
	openedAtOnce = 4
	// An attempt that takes longer than this no longer keeps others waiting. It may be one that only asks for a statement to be cancelled.
	turnAtMost = time.Second
)

// turns are how many connections may be opened at a time.
type turns struct {
	free   chan struct{}
	atMost time.Duration
}

// takeTurns lets the connections of a pool be opened a few at a time.
func takeTurns(config *pgxpool.Config) {
	t := &turns{free: make(chan struct{}, openedAtOnce), atMost: turnAtMost}
	conn := config.ConnConfig
	conn.DialFunc = t.dial(conn.DialFunc)
	validate := conn.ValidateConnect
	conn.ValidateConnect = func(ctx context.Context, c *pgconn.PgConn) error {
		defer opened(c.Conn())
		if validate == nil {
			return nil
		}
		return validate(ctx, c)
	}
}

// dial waits for a turn, and keeps it until the connection is open, is closed, or has taken too long.
func (t *turns) dial(next pgconn.DialFunc) pgconn.DialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		select {
		case t.free <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		over := sync.OnceFunc(func() { <-t.free })
		c, err := next(ctx, network, address)
		if err != nil {
			over()
			return nil, err
		}
		timer := time.AfterFunc(t.atMost, over)
		return &opening{Conn: c, over: func() { timer.Stop(); over() }}, nil
	}
}

// opening is a connection with the turn that it was opened in.
type opening struct {
	net.Conn
	over func()
}

// Close implements net.Conn.
func (o *opening) Close() error {
	o.over()
	return o.Conn.Close()
}

// opened ends the turn of a connection that is open, whether it is encrypted or not.
func opened(c net.Conn) {
	if encrypted, is := c.(interface{ NetConn() net.Conn }); is {
		c = encrypted.NetConn()
	}
	if o, is := c.(*opening); is {
		o.over()
	}
}
