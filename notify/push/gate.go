package push

import (
	"context"
	"crypto/tls"
	"net/http"
	"sync"
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
	waiting  []chan struct{} // closed when it is their turn, oldest first; whoever closes one has counted it as on its way
}

// gateMost is more than anybody sends at a time: in good weather nobody waits at a gate.
const gateMost = 1 << 12

func newGates(next http.RoundTripper) *gates {
	return &gates{next: next, losses: &losses{}, hosts: map[string]*gate{}}
}

// RoundTrip waits until ctx ends for its turn. A request that waited in vain has not left.
func (g *gates) RoundTrip(req *http.Request) (*http.Response, error) {
	way := g.to(req.URL.Host)
	if err := way.enter(req.Context()); err != nil {
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
	e, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
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

func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.inFlight < g.width.limit() && len(g.waiting) == 0 {
		g.inFlight++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, other := range g.waiting {
		if other == turn {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	g.inFlight-- // the turn came at the same moment: it is somebody else's
	g.admitLocked()
	return ctx.Err()
}

// leave ends what enter began. lost tells that a connection was cut, and that nobody has told of it.
func (g *gate) leave(answered, lost bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case lost:
		g.width.narrow(g.inFlight)
	case answered:
		g.width.answer()
	}
	g.inFlight--
	g.admitLocked()
}

func (g *gate) admitLocked() {
	for g.inFlight < g.width.limit() && len(g.waiting) > 0 {
		g.inFlight++
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
	}
}
