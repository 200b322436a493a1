package sandbox

import (
	"net/http"
	"strconv"
	"time"
)

// gate lets a provider's faults meet an HTTP request that would have been accepted.
type gate struct {
	s        *Sandbox
	provider Provider
	wanted   func(Fault) bool // which faults are met here; nil for all
	// refuse writes the provider's own error for a status; reason is the fault's, or "".
	refuse func(w http.ResponseWriter, status int, reason string)
}

// pass applies latency and faults. accept records the message; it is called at most once, and not at all when the request must leave no
// trace. answer is called after accept when the client is to get the regular answer. A handler calls pass as its last act.
func (g gate) pass(w http.ResponseWriter, r *http.Request, receiver string, accept func(unanswered bool), answer func(w http.ResponseWriter)) {
	sw := g.s.faults.of(g.provider)
	if !g.wait(r, sw.delay()) {
		return
	}
	f, hit := sw.next(receiver, g.wanted)
	if !hit {
		accept(false)
		answer(w)
		return
	}
	switch f.Mode {
	case ModeHang:
		g.hang(r)
	case ModeHangAfterAccept:
		accept(true)
		g.hang(r)
	case ModeReset, ModeExpiredCertificate:
		cut(r, true)
	case ModeDropAfterAccept:
		accept(true)
		cut(r, false)
	case ModeAcceptThen500:
		accept(true)
		g.refuse(w, http.StatusInternalServerError, f.Reason)
	case ModeGoAway:
		accept(false)
		w.Header().Set("Connection", "close") // HTTP/2 turns it into GOAWAY
		answer(w)
	case ModeSlow:
		accept(false)
		answer(&slowWriter{ResponseWriter: w, s: g.s})
	case ModeHTML:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = w.Write([]byte("<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n")) // the client may be gone
	default:
		if f.RetryAfter > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
		}
		g.refuse(w, f.status(), f.Reason)
	}
}

// hang waits until the client leaves or the sandbox stops, and answers nothing.
func (g gate) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-g.s.done:
	}
	panic(http.ErrAbortHandler)
}

// wait waits for d; false when the client left or the sandbox stops.
func (g gate) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-g.s.done:
	}
	return false
}

// slowWriter sends one byte per second.
type slowWriter struct {
	http.ResponseWriter
	s *Sandbox
}

// Write sends b byte by byte.
func (w *slowWriter) Write(b []byte) (int, error) {
	flush := http.NewResponseController(w.ResponseWriter)
	for i := range b {
		if _, err := w.ResponseWriter.Write(b[i : i+1]); err != nil {
			return i, err
		}
		if err := flush.Flush(); err != nil {
			return i + 1, err
		}
		if !w.s.pause(time.Second) {
			return i + 1, http.ErrServerClosed
		}
	}
	return len(b), nil
}
