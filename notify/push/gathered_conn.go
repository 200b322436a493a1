package push

import (
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"time"
)

const (
	// gatheredMost is how many bytes may wait for those before them to be written, some hundred pushes; whoever comes then waits.
	gatheredMost = 64 << 10
	// gatheredWithin is how long one write may take. A connection that takes nothing for so long is given up.
	gatheredWithin = 3 * time.Second
	// gatheredClosing is how long Close waits for what is still to be written, and then for the other side.
	gatheredClosing = 250 * time.Millisecond
)

// gatheredConn writes together what was written at about the same time. HTTP/2 writes the headers of a request and its body one after the other, each as a TLS
// record and a call of the system of its own, and so do the hundreds of requests that leave in the same moment. A goroutine writes what has come together while
// the write before it went on; when nobody else writes, nothing waits for company.
//
// A write that was answered need not have been written. What becomes of a request is told by its answer alone, and a connection that fails at a write is
// closed, so that whoever waits for an answer is told.
type gatheredConn struct {
	*tls.Conn
	wake chan struct{} // holds a token when there may be something to do
	done chan struct{} // closed when nothing is written any more

	mu     sync.Mutex
	room   sync.Cond // told when what waited is being written, and at the end
	next   []byte    // what waits
	err    error     // why nothing is taken any more
	closed bool
}

func gathered(conn *tls.Conn) *gatheredConn {
	c := &gatheredConn{Conn: conn, wake: make(chan struct{}, 1), done: make(chan struct{})}
	c.room.L = &c.mu
	go c.run()
	return c
}

// Write keeps p to be written, and waits while too much waits before it. Errors: what an earlier write failed with, net.ErrClosed.
func (c *gatheredConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	for c.err == nil && len(c.next) > gatheredMost {
		c.room.Wait()
	}
	if c.err != nil {
		defer c.mu.Unlock()
		return 0, c.err
	}
	c.next = append(c.next, p...)
	c.mu.Unlock()
	c.nudge()
	return len(p), nil
}

func (c *gatheredConn) nudge() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run writes what waits, until Close or an error.
func (c *gatheredConn) run() {
	defer close(c.done)
	var spare []byte
	for range c.wake {
		runtime.Gosched() // those who are about to write come first
		c.mu.Lock()
		batch, last := c.next, c.closed
		c.next = spare[:0]
		c.room.Broadcast()
		c.mu.Unlock()
		if len(batch) > 0 {
			_ = c.SetWriteDeadline(time.Now().Add(gatheredWithin))
			_, err := c.Conn.Write(batch)
			_ = c.SetWriteDeadline(time.Time{}) // TLS writes for itself, too
			if err != nil {
				c.end(err)
				_ = c.NetConn().Close() // without a farewell that would wait for the other side, too
				return
			}
		}
		if last {
			return
		}
		spare = batch
	}
}

// end lets nothing more be written.
func (c *gatheredConn) end(why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err == nil {
		c.err = why
	}
	c.room.Broadcast()
}

// Close writes what waits, as far as the other side takes it at once, and closes the connection.
func (c *gatheredConn) Close() error {
	c.end(net.ErrClosed)
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.nudge()
	cut := time.AfterFunc(gatheredClosing, func() { _ = c.NetConn().Close() })
	defer cut.Stop()
	<-c.done // no longer than a write takes, which ends when the connection is cut
	return c.Conn.Close()
}
