package boot

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

const (
	// A process opens so many connections to Postgres at a time. While the server stands still each attempt is given up and made anew, and what was given up
	// it has to take, start a process for and end all the same when it goes on: with dozens of them, before it answers anybody (B3).
	openedAtOnce = 4
	// An attempt that takes longer than this no longer keeps others waiting; but of a server that stands still only one more is asked for in this time.
	turnAtMost = 500 * time.Millisecond
	// A connection whose statement was given up keeps its place in the pool until the server has said farewell, and its statement is cancelled by a
	// connection of its own. pgx gives both of them 15 s; after an outage of a server that stands still, or has vanished, nobody could be served for as long.
	farewellAtMost = time.Second
	// Statements are cancelled one at a time. Where none has been for so long while one is waited for, the server stands still, and its own limit ends the
	// statement (DATABASE_STATEMENT_TIMEOUT).
	cancelWithin = 100 * time.Millisecond
)

var errNotCancelled = errors.New("boot: the server does not take requests to cancel at the moment; it ends the statement by its own limit")

// turns are how many connections of a pool may be opened at a time, and how many statements cancelled.
type turns struct {
	free, cancels chan struct{}
	cancelled     atomic.Int64 // how many requests to cancel have ended

	mu   sync.Mutex
	late time.Time // when the next attempt that takes too long may make room for another
}

func newTurns(atOnce int) *turns {
	return &turns{free: make(chan struct{}, atOnce), cancels: make(chan struct{}, 1)}
}

// takeTurns lets the connections of a pool be opened a few at a time, and left soon.
func takeTurns(config *pgxpool.Config) {
	t, before := newTurns(openedAtOnce), config.BeforeConnect
	config.BeforeConnect = func(ctx context.Context, conn *pgx.ConnConfig) error {
		if before != nil {
			if err := before(ctx, conn); err != nil {
				return err
			}
		}
		t.attend(&conn.Config)
		return nil
	}
}

// attend arranges it for one connection: what it dials before it is open is an attempt, and after that a request to cancel its statement.
func (t *turns) attend(conn *pgconn.Config) {
	var open atomic.Bool
	dial, validate := conn.DialFunc, conn.ValidateConnect
	conn.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		if open.Load() {
			return t.cancel(ctx, dial, network, address)
		}
		return t.dial(ctx, dial, network, address)
	}
	conn.ValidateConnect = func(ctx context.Context, c *pgconn.PgConn) error {
		defer opened(c.Conn())
		if validate != nil {
			if err := validate(ctx, c); err != nil {
				return err
			}
		}
		open.Store(true)
		return nil
	}
}

// dial waits for a turn, and keeps it until the connection is open, is closed, or has taken too long.
func (t *turns) dial(ctx context.Context, next pgconn.DialFunc, network, address string) (net.Conn, error) {
	select {
	case t.free <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	done := make(chan struct{})
	over := sync.OnceFunc(func() { close(done); <-t.free })
	go t.overdue(done, over)
	c, err := next(ctx, network, address)
	if err != nil {
		over()
		return nil, err
	}
	return &opening{Conn: c, over: over}, nil
}

// overdue ends the turn of an attempt that takes too long: of all that do, one in turnAtMost.
func (t *turns) overdue(done <-chan struct{}, over func()) {
	for wait := turnAtMost; wait > 0; {
		timer := time.NewTimer(wait)
		select {
		case <-done:
			timer.Stop()
			return
		case <-timer.C:
		}
		if wait = t.untilLate(); wait <= 0 {
			over()
		}
	}
}

// untilLate is how long an attempt that takes too long still has to keep its turn; 0, and it is this one that makes room.
func (t *turns) untilLate() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if wait := t.late.Sub(now); wait > 0 {
		return wait
	}
	t.late = now.Add(turnAtMost)
	return 0
}

// cancel connects to have a statement cancelled, for farewellAtMost. Its errors, errNotCancelled among them, leave the statement to the server's own limit.
func (t *turns) cancel(ctx context.Context, next pgconn.DialFunc, network, address string) (net.Conn, error) {
	if !t.mayCancel() {
		return nil, errNotCancelled
	}
	over := sync.OnceFunc(func() { t.cancelled.Add(1); <-t.cancels })
	ctx, done := context.WithTimeout(ctx, farewellAtMost)
	defer done()
	c, err := next(ctx, network, address)
	if err == nil {
		err = c.SetDeadline(time.Now().Add(farewellAtMost))
	}
	if err != nil {
		over()
		return nil, err
	}
	return &opening{Conn: c, over: over}, nil
}

// mayCancel waits until no other statement is being cancelled, as long as the server takes such requests.
func (t *turns) mayCancel() bool {
	look := time.NewTicker(cancelWithin)
	defer look.Stop()
	for seen := t.cancelled.Load(); ; {
		select {
		case t.cancels <- struct{}{}:
			return true
		case <-look.C:
			now := t.cancelled.Load()
			if now == seen {
				return false
			}
			seen = now
		}
	}
}

// opening is a connection with the turn that it was opened in.
type opening struct {
	net.Conn
	over func()
}

// SetDeadline implements net.Conn. pgx sets one that is not over only when it leaves a connection: that takes no longer than farewellAtMost.
func (o *opening) SetDeadline(at time.Time) error {
	if most := time.Now().Add(farewellAtMost); at.After(most) {
		at = most
	}
	return o.Conn.SetDeadline(at)
}

// SetWriteDeadline implements net.Conn: TLS sets one for its own farewell.
func (o *opening) SetWriteDeadline(at time.Time) error {
	if most := time.Now().Add(farewellAtMost); at.After(most) {
		at = most
	}
	return o.Conn.SetWriteDeadline(at)
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
