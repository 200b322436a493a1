package email

import (
	"context"
	"net"
	"sync"
	"time"
)

// boundConn is a connection that can be bound to a send. go-mail takes no context and sets deadlines of its own; here a send that is
// cancelled or out of time ends every read and write at once, and no later deadline brings them back.
type boundConn struct {
	net.Conn

	mu     sync.Mutex
	broken bool  // a send was cut short: the dialogue is in an unknown state, the connection is good for nothing
	fault  error // the first fault of the connection itself
}

// begin binds the connection to a send; the returned function ends that and tells whether the send was cut short.
func (c *boundConn) begin(ctx context.Context) (end func() bool) {
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.broken = true
		_ = c.Conn.SetDeadline(longAgo)
	})
	return func() bool {
		stop()
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.broken || ctx.Err() != nil
	}
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// SetDeadline implements net.Conn; it has no effect on a send that was cut short.
func (c *boundConn) SetDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		t = longAgo
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
