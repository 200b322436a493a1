package sandbox

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// listen opens a port of a provider.
func (s *Sandbox) listen(p Provider, port int) (net.Listener, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(s.cfg.Host, strconv.Itoa(port)))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", p, err)
	}
	return l, nil
}

// serverTLS is the TLS configuration of a provider that shares the sandbox's CA.
func (s *Sandbox) serverTLS(p Provider, protocols ...string) *tls.Config {
	switches := s.faults.of(p)
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: protocols, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if switches.on(ModeExpiredCertificate) {
			return &s.keys.expired, nil
		}
		return &s.keys.server, nil
	}}
}

// hostPort is how others reach a listener.
func (s *Sandbox) hostPort(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String()) // our own listener's address is always well formed
	return net.JoinHostPort(s.cfg.Advertise, port)
}

// serveWeb runs an HTTP server on l that speaks HTTP/1.1 and HTTP/2, both in the clear and over TLS on the same port.
func (s *Sandbox) serveWeb(l net.Listener, conf *tls.Config, h http.Handler) {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(true)
	protocols.SetUnencryptedHTTP2(true)
	srv := &http.Server{
		Handler: h, ReadHeaderTimeout: 30 * time.Second, Protocols: protocols, ErrorLog: quietLog(),
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 1000},
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, connKey{}, c) },
	}
	if conf != nil {
		l = newEitherListener(l, conf)
	}
	s.spawn(func() { _ = srv.Serve(l) }) // always ends with ErrServerClosed, by Close
	s.stops = append(s.stops, srv.Close)
}

type connKey struct{}

// cut ends a request's connection, with a TCP reset if asked to.
func cut(r *http.Request, reset bool) {
	if c, ok := r.Context().Value(connKey{}).(net.Conn); ok {
		closeConn(c, reset)
	}
	panic(http.ErrAbortHandler)
}

// closeConn closes c; a reset throws away what was not sent yet.
func closeConn(c net.Conn, reset bool) {
	for {
		if inner, ok := c.(interface{ NetConn() net.Conn }); ok {
			c = inner.NetConn()
			continue
		}
		break
	}
	if t, ok := c.(*net.TCPConn); ok && reset {
		_ = t.SetLinger(0)
	}
	_ = c.Close()
}

// eitherListener hands out TLS connections for clients that begin with a TLS handshake and plain ones for others, so that one port serves both.
type eitherListener struct {
	net.Listener
	conf  *tls.Config
	ready chan net.Conn
	done  chan struct{}
	once  sync.Once

	mu      sync.Mutex
	waiting map[net.Conn]struct{} // connections whose first byte has not arrived
}

func newEitherListener(l net.Listener, conf *tls.Config) *eitherListener {
	e := &eitherListener{Listener: l, conf: conf, ready: make(chan net.Conn), done: make(chan struct{}), waiting: map[net.Conn]struct{}{}}
	go e.accept()
	return e
}

func (e *eitherListener) accept() {
	for {
		c, err := e.Listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			continue
		}
		go e.sniff(c)
	}
}

func (e *eitherListener) sniff(c net.Conn) {
	if !e.await(c) {
		_ = c.Close()
		return
	}
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	p := &peekedConn{Conn: c, r: bufio.NewReader(c)}
	first, err := p.r.Peek(1)
	e.mu.Lock()
	delete(e.waiting, c)
	e.mu.Unlock()
	if err != nil {
		_ = c.Close()
		return
	}
	_ = c.SetReadDeadline(time.Time{})
	var out net.Conn = p
	if first[0] == 0x16 { // a TLS handshake record
		out = tls.Server(p, e.conf)
	}
	select {
	case e.ready <- out:
	case <-e.done:
		_ = c.Close()
	}
}

// await notes that c is looked into, so that Close can end it; false when the listener is closed.
func (e *eitherListener) await(c net.Conn) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	select {
	case <-e.done:
		return false
	default:
		e.waiting[c] = struct{}{}
		return true
	}
}

// Accept returns the next connection whose first byte has arrived.
func (e *eitherListener) Accept() (net.Conn, error) {
	select {
	case c := <-e.ready:
		return c, nil
	case <-e.done:
		return nil, net.ErrClosed
	}
}

// Close stops accepting.
func (e *eitherListener) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.once.Do(func() { close(e.done) })
	for c := range e.waiting {
		_ = c.Close()
	}
	return e.Listener.Close()
}

// peekedConn reads through the buffer that was looked into.
type peekedConn struct {
	net.Conn
	r *bufio.Reader
}

// Read returns what was peeked at first.
func (p *peekedConn) Read(b []byte) (int, error) { return p.r.Read(b) }

// NetConn returns the connection below.
func (p *peekedConn) NetConn() net.Conn { return p.Conn }
