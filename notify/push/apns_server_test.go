package push

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// appleServer speaks just enough HTTP/2 to play what net/http's server cannot: one stream until a request with a token was answered, then
// more, as Apple does; and GOAWAY for requests that it did not look at.
type appleServer struct {
	url     string
	first   uint32                          // advertised at first; 0 means 1
	streams uint32                          // advertised after the first answered request
	answer  func(headers map[string]string) // called once per processed request, before it is answered; may block
	refuse  func(connection int) bool       // true: the connection's first request is turned away with GOAWAY

	mu          sync.Mutex
	connections int
	over        int // requests beyond the number of streams granted at that moment
	ids         map[string]int
	bearers     map[string]bool
}

func startApple(t *testing.T, s *appleServer) *appleServer {
	t.Helper()
	certificate, _ := testCertificate()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	s.url, s.ids, s.bearers = "https://"+l.Addr().String(), map[string]int{}, map[string]bool{}
	var open sync.WaitGroup
	open.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.connections++
			number := s.connections
			s.mu.Unlock()
			open.Go(func() { s.serve(conn, number) })
			t.Cleanup(func() { _ = conn.Close() })
		}
	})
	t.Cleanup(func() { _ = l.Close(); open.Wait() })
	return s
}

// appleConn is one connection; mu guards the framer's writing side and the counters.
type appleConn struct {
	mu      sync.Mutex
	framer  *http2.Framer
	active  int
	granted int
}

func (s *appleServer) serve(conn net.Conn, number int) {
	defer func() { _ = conn.Close() }()
	preface := make([]byte, len(http2.ClientPreface))
	for n := 0; n < len(preface); {
		m, err := conn.Read(preface[n:])
		if err != nil {
			return
		}
		n += m
	}
	c := &appleConn{framer: http2.NewFramer(conn, conn), granted: 1}
	c.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: max(1, s.first)})
	requests := map[uint32]map[string]string{}
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return
		}
		var ended uint32
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				c.write(func() { _ = c.framer.WriteSettingsAck() })
			}
		case *http2.PingFrame:
			if !f.IsAck() {
				c.write(func() { _ = c.framer.WritePing(true, f.Data) })
			}
		case *http2.MetaHeadersFrame:
			headers := map[string]string{}
			for _, h := range f.Fields {
				headers[h.Name] = h.Value
			}
			if s.refuse != nil && s.refuse(number) {
				c.write(func() { _ = c.framer.WriteGoAway(f.StreamID-1, http2.ErrCodeNo, nil) })
				continue
			}
			requests[f.StreamID] = headers
			c.mu.Lock()
			if c.active++; c.active > c.granted {
				s.mu.Lock()
				s.over++
				s.mu.Unlock()
			}
			c.mu.Unlock()
			if f.StreamEnded() {
				ended = f.StreamID
			}
		case *http2.DataFrame:
			c.write(func() { _ = c.framer.WriteWindowUpdate(0, uint32(len(f.Data())+1)) })
			if f.StreamEnded() {
				ended = f.StreamID
			}
		}
		if headers, ok := requests[ended]; ok {
			go s.respond(c, ended, headers)
		}
	}
}

func (c *appleConn) write(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
}

func (s *appleServer) respond(c *appleConn, stream uint32, headers map[string]string) {
	s.mu.Lock()
	s.ids[headers["apns-id"]]++
	s.bearers[headers["authorization"]] = true
	s.mu.Unlock()
	if s.answer != nil {
		s.answer(headers)
	}
	var block strings.Builder
	encoder := hpack.NewEncoder(&block)
	_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: "200"})
	_ = encoder.WriteField(hpack.HeaderField{Name: "apns-id", Value: headers["apns-id"]})
	c.write(func() {
		c.active--
		if c.granted == 1 && s.streams > 1 {
			c.granted = int(s.streams)
			_ = c.framer.WriteSettings(http2.Setting{ID: http2.SettingMaxConcurrentStreams, Val: s.streams})
		}
		_ = c.framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: stream, BlockFragment: []byte(block.String()), EndHeaders: true, EndStream: true,
		})
	})
}

// seen returns how many connections were opened, how many requests were over the limit, and how many distinct ids were processed.
func (s *appleServer) seen() (connections, over, ids int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.connections, s.over, len(s.ids)
}

// repeated names an id that was processed more than once, "" if there is none.
func (s *appleServer) repeated() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, n := range s.ids {
		if n > 1 {
			return fmt.Sprintf("%s (%d times)", id, n)
		}
	}
	return ""
}
