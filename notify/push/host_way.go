package push

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// hostWays lets as many requests through to each host as its connections have borne lately. net/http chooses the connections itself and puts on one whatever it
// has room for; a lane (see there) does both for APNs.
type hostWays struct {
	next   http.RoundTripper
	losses *losses

	mu    sync.Mutex
	hosts map[string]*hostWay
}

// hostWay is the way to one host.
type hostWay struct {
	mu       sync.Mutex
	width    width
	inFlight int
	waiting  [2][]chan struct{} // closed when it is their turn, oldest first, critical ones (0) before others (1); whoever closes one has counted it as on its way
}

// wayMost is more than anybody sends at a time: in good weather nobody waits.
const wayMost = 1 << 12

func newHostWays(next http.RoundTripper) *hostWays {
	return &hostWays{next: next, losses: &losses{}, hosts: map[string]*hostWay{}}
}

// turnWithin is how long a push waits for its turn where fewer may be on their way than there are. What waits longer is given back: access was asked about before
// it waited, and is to be asked about shortly before it leaves (V15).
const turnWithin = 500 * time.Millisecond

// errCrowded is what a push ends with that has waited for its turn in vain. It has not left.
var errCrowded = errors.New("push: the provider's connections bear no more at the moment")

// RoundTrip waits for its turn. Errors: errCrowded, ctx's, or the transport's; only the transport's may have left.
func (w *hostWays) RoundTrip(req *http.Request) (*http.Response, error) {
	way, e := w.to(req.URL.Host), exchangeOf(req)
	line := 1
	if e != nil && e.critical {
		line = 0
	}
	if err := way.enter(req.Context(), line); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, err
	}
	res, err := w.next.RoundTrip(req)
	if err == nil {
		bufferBody(res) // the stream is busy until its last frame
	}
	way.leave(err == nil, err != nil && connectionFailed(req.Context(), err) && w.shared(req))
	return res, err
}

// shared tells whether the connection that a request has lost carries others, too, and nobody has told of its loss.
func (w *hostWays) shared(req *http.Request) bool {
	e := exchangeOf(req)
	if e == nil {
		return false
	}
	conn, ok := e.conn.(*tls.Conn)
	return ok && conn.ConnectionState().NegotiatedProtocol == "h2" && w.losses.first(conn)
}

func (w *hostWays) to(host string) *hostWay {
	w.mu.Lock()
	defer w.mu.Unlock()
	way := w.hosts[host]
	if way == nil {
		way = &hostWay{width: width{most: wayMost}}
		w.hosts[host] = way
	}
	return way
}

func (w *hostWay) enter(ctx context.Context, line int) error {
	w.mu.Lock()
	if w.inFlight < w.width.limit() && len(w.waiting[0])+len(w.waiting[1]) == 0 {
		w.inFlight++
		w.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	w.waiting[line] = append(w.waiting[line], turn)
	w.mu.Unlock()
	timer := time.NewTimer(turnWithin)
	defer timer.Stop()
	err := errCrowded
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if at := slices.Index(w.waiting[line], turn); at >= 0 {
		w.waiting[line] = slices.Delete(w.waiting[line], at, at+1)
		return err
	}
	w.inFlight-- // the turn came at the same moment: it is somebody else's
	w.admitLocked()
	return err
}

// leave ends what enter began. lost tells that a connection was cut, and that nobody has told of it.
func (w *hostWay) leave(answered, lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case lost:
		w.width.narrow()
	case answered:
		w.width.answer()
	}
	w.inFlight--
	w.admitLocked()
}

func (w *hostWay) admitLocked() {
	for line := range w.waiting {
		for w.inFlight < w.width.limit() && len(w.waiting[line]) > 0 {
			w.inFlight++
			close(w.waiting[line][0])
			w.waiting[line] = w.waiting[line][1:]
		}
	}
}
