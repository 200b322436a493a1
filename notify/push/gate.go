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

// gates lets as many requests through to each host as its connections have borne lately. net/http chooses the connections itself and puts on one whatever it
// has room for; a lane (see there) does both for APNs.
type gates struct {
	next   http.RoundTripper
	losses *losses

	mu    sync.Mutex
	hosts map[string]*gate
}

// gate is the way to one host.
type gate struct {
	mu       sync.Mutex
	width    width
	inFlight int
	waiting  [2][]chan struct{} // closed when it is their turn, oldest first, critical ones (0) before others (1); whoever closes one has counted it as on its way
}

// gateMost is more than anybody sends at a time: in good weather nobody waits at a gate.
const gateMost = 1 << 12

func newGates(next http.RoundTripper) *gates {
	return &gates{next: next, losses: &losses{}, hosts: map[string]*gate{}}
}

// turnWithin is how long a push waits for its turn where fewer may be on their way than there are. What waits longer is given back: access was asked about before
// it waited, and is to be asked about shortly before it leaves (V15).
const turnWithin = 500 * time.Millisecond

// errCrowded is what a push ends with that has waited for its turn in vain. It has not left.
var errCrowded = errors.New("push: the provider's connections bear no more at the moment")

// RoundTrip waits for its turn. Errors: errCrowded, ctx's, or the transport's; only the transport's may have left.
func (g *gates) RoundTrip(req *http.Request) (*http.Response, error) {
	way, e := g.to(req.URL.Host), exchangeOf(req)
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
	res, err := g.next.RoundTrip(req)
	if err == nil {
		bufferBody(res) // the stream is busy until its last frame
	}
	way.leave(err == nil, err != nil && connectionFailed(req.Context(), err) && g.shared(req))
	return res, err
}

// shared tells whether the connection that a request has lost carries others, too, and nobody has told of its loss.
func (g *gates) shared(req *http.Request) bool {
	e := exchangeOf(req)
	if e == nil {
		return false
	}
	conn, ok := e.conn.(*tls.Conn)
	return ok && conn.ConnectionState().NegotiatedProtocol == "h2" && g.losses.first(conn)
}

func (g *gates) to(host string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	way := g.hosts[host]
	if way == nil {
		way = &gate{width: width{most: gateMost}}
		g.hosts[host] = way
	}
	return way
}

func (g *gate) enter(ctx context.Context, line int) error {
	g.mu.Lock()
	if g.inFlight < g.width.limit() && len(g.waiting[0])+len(g.waiting[1]) == 0 {
		g.inFlight++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting[line] = append(g.waiting[line], turn)
	g.mu.Unlock()
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
	g.mu.Lock()
	defer g.mu.Unlock()
	if at := slices.Index(g.waiting[line], turn); at >= 0 {
		g.waiting[line] = slices.Delete(g.waiting[line], at, at+1)
		return err
	}
	g.inFlight-- // the turn came at the same moment: it is somebody else's
	g.admitLocked()
	return err
}

// leave ends what enter began. lost tells that a connection was cut, and that nobody has told of it.
func (g *gate) leave(answered, lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case lost:
		g.width.narrow()
	case answered:
		g.width.answer()
	}
	g.inFlight--
	g.admitLocked()
}

func (g *gate) admitLocked() {
	for line := range g.waiting {
		for g.inFlight < g.width.limit() && len(g.waiting[line]) > 0 {
			g.inFlight++
			close(g.waiting[line][0])
			g.waiting[line] = g.waiting[line][1:]
		}
	}
}
