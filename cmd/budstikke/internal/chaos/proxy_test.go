package chaos

import (
	"io"
	"net"
	"sync"
	"testing"
)

// weather is how a proxy treats what passes through it.
type weather int

const (
	clear   weather = iota
	hole            // connections are taken and kept, and nothing passes: packets vanish in a network that drops them
	refused         // connections are cut at once, and new ones too: nobody listens
)

// proxy stands between Budstikke and one of its servers. It is written by hand, in place of a library, because it has to do three things only, and one of
// them is to change the server behind it (a fail-over), which the libraries at hand do not.
type proxy struct {
	listener net.Listener

	mu      sync.Mutex
	changed *sync.Cond
	target  string
	now     weather
	open    map[net.Conn]struct{}
	closed  bool
}

// newProxy listens on a free port of the loopback and passes everything on to the target.
func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	p := &proxy{listener: l, target: target, open: map[net.Conn]struct{}{}}
	p.changed = sync.NewCond(&p.mu)
	go p.accept()
	t.Cleanup(p.close)
	return p
}

func (p *proxy) address() string { return p.listener.Addr().String() }

// become changes the weather. A hole swallows what is sent into it; what was on its way when it clears is lost with its connection.
func (p *proxy) become(w weather) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now != clear {
		p.cut()
	}
	if p.now = w; w == refused {
		p.cut()
	}
	p.changed.Broadcast()
}

// lead makes new connections go to another server.
func (p *proxy) lead(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// cut ends every connection. The caller holds mu.
func (p *proxy) cut() {
	for c := range p.open {
		_ = c.Close()
	}
	p.open = map[net.Conn]struct{}{}
}

func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.cut()
	p.changed.Broadcast()
}

// keep remembers a connection so that it can be cut, and tells where it leads; false when it may not be.
func (p *proxy) keep(c net.Conn) (target string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.now == refused {
		return "", false
	}
	p.open[c] = struct{}{}
	return p.target, true
}

// pass waits until the hole is over; false when the connection is gone by then.
func (p *proxy) pass(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.now == hole && !p.closed {
		p.changed.Wait()
	}
	_, alive := p.open[c]
	return alive
}

func (p *proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *proxy) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	target, ok := p.keep(c)
	if !ok || !p.pass(c) {
		return
	}
	up, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	defer func() { _ = up.Close() }()
	if _, ok := p.keep(up); !ok {
		return
	}
	defer p.forget(c, up)
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{up, c}, {c, up}} {
		go func() {
			_, _ = io.Copy(way[0], gated{way[1], p, c})
			_ = c.Close()
			_ = up.Close()
			done <- struct{}{}
		}()
	}
	<-done
	<-done
}

func (p *proxy) forget(both ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range both {
		delete(p.open, c)
	}
}

// gated reads from a connection as long as the weather lets it through.
type gated struct {
	net.Conn
	p    *proxy
	side net.Conn // the client's, by which the proxy knows the pair
}

// Read implements io.Reader.
func (g gated) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if err == nil && !g.p.pass(g.side) {
		return 0, io.EOF
	}
	return n, err
}
