package sandbox

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// apnsConn is one HTTP/2 connection. The reading goroutine takes frames apart and judges pushes; the writing goroutine (apns_write.go) sends
// what has queued up, many answers in one TLS record when the client is fast.
type apnsConn struct {
	a      *apnsServer
	conn   *tls.Conn
	peer   string
	in     *bufio.Reader
	framer *http2.Framer // reads from in, writes to out
	out    bytes.Buffer

	// the reading goroutine's own
	streams  map[uint32]*apnsPush
	hung     map[uint32]struct{} // never to be answered, still counted
	lastID   uint32
	consumed int
	auth     apnsAuth

	mu       sync.Mutex
	queue    []outgoing
	wake     chan struct{} // capacity 1
	gone     chan struct{} // closed when the connection is over
	open     int           // streams not yet answered
	limit    uint32        // what the client was told last
	enforced uint32        // what is refused above: a lower limit only counts once the client has acknowledged it (RFC 9113, 6.5.3)
	unacked  []uint32
	rejected int    // pushes in a row
	leaving  bool   // GOAWAY was queued
	accepted uint32 // highest stream taken
}

func newAPNsConn(a *apnsServer, c *tls.Conn) *apnsConn {
	ac := &apnsConn{a: a, conn: c, peer: c.RemoteAddr().String(), in: bufio.NewReaderSize(c, 32<<10), streams: map[uint32]*apnsPush{}, hung: map[uint32]struct{}{}, wake: make(chan struct{}, 1), gone: make(chan struct{}),
		limit: 1, enforced: 1 << 30, unacked: []uint32{1}}
	ac.framer = http2.NewFramer(&ac.out, ac.in)
	ac.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	ac.framer.MaxHeaderListSize = 16 << 10
	ac.framer.SetReuseFrames()
	return ac
}

// serve runs the connection until either side ends it.
func (c *apnsConn) serve() {
	defer c.a.forget(c)
	defer func() { _ = c.conn.Close() }()
	_ = c.conn.SetDeadline(time.Now().Add(30 * time.Second))
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c.in, preface); err != nil || string(preface) != http2.ClientPreface {
		return
	}
	_ = c.conn.SetDeadline(time.Time{})
	var writing sync.WaitGroup
	writing.Go(c.write)
	defer writing.Wait()
	defer close(c.gone)
	c.send(outgoing{kind: sendSettings, value: 1})
	c.send(outgoing{kind: sendWindow, value: 1 << 30})
	for {
		if c.in.Buffered() == 0 {
			c.flush()
		}
		frame, err := c.framer.ReadFrame()
		var bad http2.StreamError
		if errors.As(err, &bad) {
			c.drop(bad.StreamID)
			c.send(outgoing{kind: sendReset, stream: bad.StreamID, value: uint32(bad.Code)})
			continue
		}
		if err != nil || !c.take(frame) {
			return
		}
	}
}

// take handles one frame; false ends the connection.
func (c *apnsConn) take(frame http2.Frame) bool {
	switch f := frame.(type) {
	case *http2.MetaHeadersFrame:
		return c.headers(f)
	case *http2.DataFrame:
		return c.data(f)
	case *http2.SettingsFrame:
		c.settings(f)
	case *http2.PingFrame:
		if !f.IsAck() {
			c.send(outgoing{kind: sendPong, ping: f.Data})
		}
	case *http2.RSTStreamFrame:
		c.drop(f.StreamID)
	case *http2.GoAwayFrame:
		return false
	case *http2.WindowUpdateFrame:
		if f.StreamID == 0 {
			c.send(outgoing{kind: credit, value: f.Increment})
		}
	}
	return true
}

func (c *apnsConn) settings(f *http2.SettingsFrame) {
	c.mu.Lock()
	if f.IsAck() && len(c.unacked) > 0 {
		c.enforced = slices.Max(c.unacked)
		c.unacked = c.unacked[1:]
	}
	c.mu.Unlock()
	if !f.IsAck() {
		size, ok := f.Value(http2.SettingHeaderTableSize)
		c.send(outgoing{kind: sendSettingsAck, value: size, tableSize: ok})
	}
}

func (c *apnsConn) headers(f *http2.MetaHeadersFrame) bool {
	id := f.StreamID
	if p := c.streams[id]; p != nil { // trailers
		if f.StreamEnded() {
			c.complete(id, p)
		}
		return true
	}
	if id%2 == 0 || id <= c.lastID {
		return false
	}
	c.lastID = id
	c.mu.Lock()
	full, leaving := uint32(c.open) >= c.enforced, c.leaving //nolint:gosec // never negative
	if !full && !leaving {
		c.open++
		c.accepted = id
	}
	c.mu.Unlock()
	if leaving {
		return true // RFC 9113, 6.8: streams above the last one named in GOAWAY are ignored
	}
	if full {
		c.send(outgoing{kind: sendReset, stream: id, value: uint32(http2.ErrCodeRefusedStream)})
		return true
	}
	p := &apnsPush{}
	for _, h := range f.Fields {
		p.set(h.Name, h.Value)
	}
	c.streams[id] = p
	if f.StreamEnded() {
		c.complete(id, p)
	}
	return true
}

func (c *apnsConn) data(f *http2.DataFrame) bool {
	if c.consumed += int(f.Length); c.consumed > 1<<29 {
		c.send(outgoing{kind: sendWindow, value: uint32(c.consumed)}) //nolint:gosec // well below 1<<31
		c.consumed = 0
	}
	p := c.streams[f.StreamID]
	if p == nil {
		return f.StreamID <= c.lastID // a stream that was refused or answered already
	}
	if len(p.payload)+len(f.Data()) > 32<<10 { // far too large: answer at once, and stop listening to it
		p.oversized = true
		c.complete(f.StreamID, p)
		return true
	}
	p.payload = append(p.payload, f.Data()...)
	if f.StreamEnded() {
		c.complete(f.StreamID, p)
	}
	return true
}

// drop forgets a stream that the client gave up.
func (c *apnsConn) drop(id uint32) {
	_, hung := c.hung[id]
	if c.streams[id] != nil || hung {
		delete(c.streams, id)
		delete(c.hung, id)
		c.mu.Lock()
		c.open--
		c.mu.Unlock()
	}
}

// complete judges a whole request, lets faults have their say, and queues the answer after the provider's latency.
func (c *apnsConn) complete(id uint32, p *apnsPush) {
	delete(c.streams, id)
	answer, token := c.a.judge(p, &c.auth)
	var f Fault
	if answer.status == 200 {
		var hit bool
		if f, hit = c.a.switches.next(token, nil); hit {
			if answer = c.fail(id, p, token, answer, f); answer.status == 0 {
				return
			}
		} else {
			c.a.record(p, answer.id, token, c.peer, false)
		}
	}
	o := outgoing{kind: sendAnswer, stream: id, answer: answer, slow: f.Mode == ModeSlow}
	if d := c.a.switches.delay(); d > 0 {
		time.AfterFunc(d, func() { c.send(o); c.flush() })
		return
	}
	c.send(o)
}

// fail applies a fault to a push that would have been accepted. An answer with status 0 means that there is none.
func (c *apnsConn) fail(id uint32, p *apnsPush, token string, answer apnsAnswer, f Fault) apnsAnswer {
	switch f.Mode {
	case ModeHang:
		c.hung[id] = struct{}{}
		return apnsAnswer{}
	case ModeHangAfterAccept:
		c.a.record(p, answer.id, token, c.peer, true)
		c.hung[id] = struct{}{}
		return apnsAnswer{}
	case ModeReset, ModeExpiredCertificate:
		closeConn(c.conn, true)
		return apnsAnswer{}
	case ModeDropAfterAccept:
		c.a.record(p, answer.id, token, c.peer, true)
		closeConn(c.conn, false)
		return apnsAnswer{}
	case ModeGoAwayRefuse:
		c.mu.Lock()
		c.open--
		c.leaving = true
		c.mu.Unlock()
		c.send(outgoing{kind: sendGoAway, value: max(id, 2) - 2})
		return apnsAnswer{}
	case ModeGoAway:
		c.a.record(p, answer.id, token, c.peer, false)
		c.mu.Lock()
		c.leaving = true
		last := c.accepted
		c.mu.Unlock()
		c.send(outgoing{kind: sendGoAway, value: last})
		return answer
	case ModeSlow:
		c.a.record(p, answer.id, token, c.peer, false)
		return answer
	case ModeAcceptThen500:
		c.a.record(p, answer.id, token, c.peer, true)
		f.Mode = strconv.Itoa(500)
	}
	answer.status = f.status()
	answer.reason = f.Reason
	if answer.reason == "" {
		answer.reason = apnsReason(answer.status)
	}
	answer.retry = f.RetryAfter
	if answer.status == 410 {
		answer.since = c.a.s.now()
	}
	return answer
}
