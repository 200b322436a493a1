package push

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

var (
	errLaneClosed = errors.New("push: the sender is closed")
	errNotHTTP2   = errors.New("push: the server does not speak HTTP/2")
)

// lane is one connection to APNs with its own count of free streams. It is the RoundTripper of one apns2 client.
//
// Why not http2.Transport's own pool: without StrictMaxConcurrentStreams it opens tens of connections when streams run out, and Apple
// grants one stream until a valid token has been seen, so every burst on a cold connection would look like an attack; with it, requests
// stall (golang/go#70809). A lane never has more than one usable connection, starts with one request, widens when that one is answered,
// and stays at 80 % of what the server advertises at that moment.
type lane struct {
	address   string // host:port
	tls       *tls.Config
	transport *http2.Transport

	mu       sync.Mutex
	losses   losses
	width    width // how many requests at a time the connections have borne lately
	conn     *http2.ClientConn
	warm     bool      // the server has accepted a token on conn
	heard    time.Time // when it last answered anything on conn
	dialing  bool
	inFlight int
	waiting  [2][]*stream // oldest first, critical ones (0) before others (1)
	closed   bool
}

// stream is what a request waits for: a place on the connection that there is then, counted as in flight, or an error.
type stream struct {
	since time.Time
	ready chan struct{} // closed when conn or err is there
	conn  *http2.ClientConn
	err   error
}

func (s *stream) is(conn *http2.ClientConn, err error) {
	s.conn, s.err = conn, err
	close(s.ready)
}

// load is how many requests use the lane or wait for it.
func (l *lane) load() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.inFlight + len(l.waiting[0]) + len(l.waiting[1])
}

// limit is how many requests may be on the way now. The caller holds mu; conn is not nil.
func (l *lane) limit() int {
	advertised := int(l.conn.State().MaxConcurrentStreams) // 0 until the server's SETTINGS have come
	if !l.warm || advertised == 0 {
		return 1
	}
	return max(1, min(l.width.limit(), advertised*4/5))
}

// acquire waits for a free stream, no longer than turnWithin while the lane is narrow or its connection new, and returns the connection to use; release must follow.
// What is critical goes first (B14). Errors: errCrowded, errLaneClosed, ctx's, or why there is no connection.
func (l *lane) acquire(ctx context.Context) (*http2.ClientConn, error) {
	line := lineOf(ctx)
	l.mu.Lock()
	if err := ctx.Err(); err != nil || l.closed {
		l.mu.Unlock()
		return nil, cmp.Or(err, errLaneClosed)
	}
	s := &stream{since: time.Now(), ready: make(chan struct{})}
	l.waiting[line] = append(l.waiting[line], s)
	l.admitLocked()
	slow := l.slowLocked()
	l.mu.Unlock()
	var patience <-chan time.Time // never: a turn comes soon, and what waits for a connection is told what becomes of it
	if slow {
		timer := time.NewTimer(turnWithin)
		defer timer.Stop()
		patience = timer.C
	}
	var err error
	select {
	case <-s.ready:
		return s.conn, s.err
	case <-ctx.Done():
		err = ctx.Err()
	case <-patience:
		err = errCrowded
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := slices.Index(l.waiting[line], s); at >= 0 {
		l.waiting[line] = slices.Delete(l.waiting[line], at, at+1)
		return nil, err
	}
	if s.err != nil { // it came at the same moment
		return nil, s.err
	}
	l.inFlight-- // it is somebody else's
	l.admitLocked()
	return nil, err
}

// lineOf is where a request waits: 0 when it is critical.
func lineOf(ctx context.Context) int {
	if e, ok := ctx.Value(exchangeKey{}).(*exchange); ok && e.critical {
		return 0
	}
	return 1
}

// slowLocked tells whether few have their turn soon: a connection was lost lately, or the one there is has not been answered on.
func (l *lane) slowLocked() bool { return l.conn != nil && (!l.warm || l.width.now != 0) }

// admitLocked gives streams to whoever waits, as many as there are, and gives back who has waited longer than turnWithin where few have their turn soon (V15).
func (l *lane) admitLocked() {
	if l.conn != nil {
		if s := l.conn.State(); s.Closed || s.Closing {
			l.conn, l.warm = nil, false // its remaining requests keep it alive until they are answered
		}
	}
	if l.conn == nil {
		if !l.dialing && len(l.waiting[0])+len(l.waiting[1]) > 0 {
			l.dialing = true
			go l.dial()
		}
		return
	}
	limit, slow := l.limit(), l.slowLocked()
	for line := range l.waiting {
		for len(l.waiting[line]) > 0 {
			next := l.waiting[line][0]
			late := slow && time.Since(next.since) >= turnWithin
			if !late && l.inFlight >= limit {
				break
			}
			l.waiting[line] = l.waiting[line][1:]
			if late {
				next.is(nil, errCrowded)
				continue
			}
			l.inFlight++
			next.is(l.conn, nil)
		}
	}
}

// refuseLocked tells everybody who waits that there will be no stream.
func (l *lane) refuseLocked(err error) {
	for line, waiting := range l.waiting {
		l.waiting[line] = nil
		for _, s := range waiting {
			s.is(nil, err)
		}
	}
}

// release gives the stream back. answered tells that there was an answer, warm that the server accepted our token on this connection, lost that the connection
// was cut.
func (l *lane) release(conn *http2.ClientConn, answered, warm, lost bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case lost && l.losses.first(conn): // somebody who came meanwhile may have seen that it is closed
		l.width.narrow()
		if conn == l.conn {
			l.conn, l.warm = nil, false
		}
	case answered && conn == l.conn: // what came to no answer says nothing good about the connection
		l.width.answer()
	}
	if answered && conn == l.conn {
		l.heard = time.Now()
	}
	l.inFlight--
	if warm && conn == l.conn {
		l.warm = true
	}
	l.admitLocked()
}

// leave gives up a connection on which a request has waited in vain since a moment, and nobody has had an answer meanwhile: whatever it is, what would be sent
// on it next would wait in vain, too, and may be taken all the same, so that it arrives twice (B3). What is on its way there may still be answered.
func (l *lane) leave(conn *http2.ClientConn, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if conn != l.conn || l.heard.After(since) {
		return
	}
	l.conn, l.warm = nil, false
	l.admitLocked()
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), leftBehind)
		defer cancel()
		_ = conn.Shutdown(ctx) // waits for what is on its way
		_ = conn.Close()
	}()
}

// leftBehind is how long the requests on a connection that was left may go on: longer than any of them waits.
const leftBehind = 30 * time.Second

// dial opens the lane's connection for everybody who waits. It has its own deadline: the first waiter's would fail the others too.
func (l *lane) dial() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	conn, err := l.connect(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.dialing = false
	switch {
	case err != nil:
		l.refuseLocked(err)
		return
	case l.closed:
		_ = conn.Close()
		return
	}
	l.conn, l.warm = conn, false
	l.admitLocked()
	time.AfterFunc(turnWithin, func() { // for those who have waited for it; who comes now has patience of its own
		l.mu.Lock()
		defer l.mu.Unlock()
		l.admitLocked()
	})
}

func (l *lane) connect(ctx context.Context) (*http2.ClientConn, error) {
	dialer := &tls.Dialer{NetDialer: &net.Dialer{KeepAlive: 15 * time.Second}, Config: l.tls}
	raw, err := dialer.DialContext(ctx, "tcp", l.address)
	if err != nil {
		return nil, fmt.Errorf("push: no connection to APNs: %w", err)
	}
	secure := raw.(*tls.Conn) // what a tls.Dialer dials is one
	if secure.ConnectionState().NegotiatedProtocol != "h2" {
		_ = raw.Close()
		return nil, errNotHTTP2
	}
	gathering := gathered(secure)
	conn, err := l.transport.NewClientConn(gathering)
	if err != nil {
		_ = gathering.Close()
		return nil, fmt.Errorf("push: no HTTP/2 with APNs: %w", err)
	}
	return conn, nil
}

// close lets no new request in, waits for those on the way until ctx ends, and closes the connection. Its error is ctx's; a connection
// that was broken already is closed all the same.
func (l *lane) close(ctx context.Context) error {
	l.mu.Lock()
	l.closed = true
	conn := l.conn
	l.refuseLocked(errLaneClosed)
	l.mu.Unlock()
	if conn == nil {
		return nil
	}
	_ = conn.Shutdown(ctx)
	_ = conn.Close()
	return ctx.Err()
}

// RoundTrip sends one request over the lane's connection. A request that the server has certainly not processed (it said so, or it was
// never written) is sent again on whatever connection is current then.
func (l *lane) RoundTrip(req *http.Request) (*http.Response, error) {
	pause := time.Millisecond
	for attempt := 1; ; attempt++ {
		conn, err := l.acquire(req.Context())
		if err != nil {
			return nil, err
		}
		if e, ok := req.Context().Value(exchangeKey{}).(*exchange); ok {
			e.conn = conn
		}
		began := time.Now()
		res, err := conn.RoundTrip(req)
		if err == nil {
			bufferBody(res) // the stream is busy until its last frame
		}
		if err != nil && errors.Is(req.Context().Err(), context.DeadlineExceeded) {
			l.leave(conn, began)
		}
		l.release(conn, err == nil, err == nil && res.StatusCode != http.StatusForbidden, err != nil && connectionFailed(req.Context(), err))
		if err == nil || attempt == 8 || !unprocessed(err) || req.GetBody == nil {
			return res, err
		}
		// A stream that has just ended, or was just given up, counts for a moment longer; with one stream in all that is enough to be
		// turned away.
		if err := wait(req.Context(), pause); err != nil {
			return nil, err
		}
		pause *= 2
		if req.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
}

// wait returns after d, or with ctx's error before that.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
