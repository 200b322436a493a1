package email

import (
	"context"
	"net"
	"sync"
	"time"
)

// boundConn is a connection that knows how long it may be used. go-mail sets deadlines of its own and takes no context; here a deadline
// never lies behind that of the send in progress, and a cancelled send stops at once.
type boundConn struct {
	net.Conn

	mu     sync.Mutex
	limit  time.Time // zero: no send in progress
	broken bool      // the send was cancelled: every deadline is now
	fault  error     // the first fault of the connection itself
}

// begin binds the connection to a send; the returned function ends that and tells whether the send was cancelled or ran out of time.
func (c *boundConn) begin(ctx context.Context) (end func() bool) {
	c.mu.Lock()
	c.limit, _ = ctx.Deadline()
	_ = c.Conn.SetDeadline(c.limit)
	c.mu.Unlock()
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.broken = true
		_ = c.Conn.SetDeadline(time.Unix(1, 0))
	})
	return func() bool {
		stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.limit = time.Time{}
		if !c.broken {
			_ = c.Conn.SetDeadline(time.Time{})
		}
		return c.broken || ctx.Err() != nil
	}
}

// SetDeadline implements net.Conn within the bounds of the send.
func (c *boundConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.broken:
		t = time.Unix(1, 0)
	case !c.limit.IsZero() && (t.IsZero() || t.After(c.limit)):
		t = c.limit
	}
	return c.Conn.SetDeadline(t)
}

// Read implements net.Conn and remembers a fault.
func (c *boundConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	return n, c.remember(err)
}

// Write implements net.Conn and remembers a fault.
func (c *boundConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	return n, c.remember(err)
}

func (c *boundConn) remember(err error) error {
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.fault == nil {
			c.fault = err
		}
	}
	return err
}

// lastFault returns the first fault of the connection, nil if it had none.
func (c *boundConn) lastFault() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fault
}
