package push

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"budstikke.example/notify"
)

// maxAnswer is how much of an answer is read, in bytes. Providers answer with a few hundred.
const maxAnswer = 64 << 10

var errSecondAttempt = errors.New("push: a second request for one send was stopped")

// exchange records the one request of one send: what was written and what came back. It exists because the libraries hide it: apns2 loses
// the status of a body that is no JSON, firebase loses Retry-After and repeats requests behind our back, webpush leaves the body open.
type exchange struct {
	critical   bool        // it goes before those that are not
	wrote      atomic.Bool // the request's headers reached a connection: from here on a failure is Unknown
	attempts   int
	status     int
	header     http.Header
	body       []byte
	retryAfter time.Duration
	conn       any  // the connection it left by, nil before it has one
	shared     bool // the connection failed, and another exchange was the first to tell
	err        error
}

type exchangeKey struct{}

// exchangeOf is the exchange that a request belongs to; nil for none.
func exchangeOf(req *http.Request) *exchange {
	e, _ := req.Context().Value(exchangeKey{}).(*exchange)
	return e
}

// withExchange returns a context whose request is recorded by recorder.
func withExchange(ctx context.Context, u notify.Urgency) (context.Context, *exchange) {
	e := &exchange{header: http.Header{}, critical: u == notify.UrgencyCritical}
	return context.WithValue(ctx, exchangeKey{}, e), e
}

// recorder is a RoundTripper that fills the request's exchange, reads and closes every body, and lets one request through per send.
type recorder struct {
	next   http.RoundTripper
	now    func() time.Time
	losses *losses
}

func (t recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	e, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil, errors.New("push: a request without an exchange")
	}
	if e.attempts++; e.attempts > 1 {
		return nil, errSecondAttempt
	}
	trace := &httptrace.ClientTrace{
		GotConn:      func(c httptrace.GotConnInfo) { e.conn = c.Conn },
		WroteHeaders: func() { e.wrote.Store(true) },
	}
	res, err := t.next.RoundTrip(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		e.err, e.shared = err, connectionFailed(req.Context(), err) && !t.losses.first(e.conn)
		return nil, err
	}
	e.wrote.Store(true)
	e.status, e.header = res.StatusCode, res.Header
	e.retryAfter = retryAfter(res.Header.Get("Retry-After"), t.now())
	e.body = bufferBody(res)
	return res, nil
}

// bufferBody reads and closes a body and leaves a copy in its place. A body cut short does not matter: the provider has answered, and the
// status decides.
func bufferBody(res *http.Response) []byte {
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return body
}

// retryAfter reads a Retry-After header: seconds or an HTTP date; 0 when there is none or it lies in the past.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(strings.TrimSpace(value)); err == nil {
		return max(0, time.Duration(min(seconds, 7*24*3600))*time.Second)
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// failure tells what a request without an answer means: Unknown once it was written, because the provider may have taken it, unless the provider says
// that it has not looked at it; before that it is Misconfigured when the server's certificate is not trusted, and otherwise Unavailable.
func failure(e *exchange, err error) notify.Result {
	switch {
	case errors.Is(e.err, errCrowded):
		return notify.Result{Outcome: notify.Throttled, Reason: "crowded", Shared: true} // by us, and not for what it is itself
	case err != nil && unprocessed(err): // again and again, see lane.RoundTrip
		return notify.Result{Outcome: notify.Unavailable, Reason: "not_processed"}
	case e.wrote.Load():
		return notify.Result{Outcome: notify.Unknown, Reason: failureWord(err, "no_answer"), Shared: e.shared}
	case untrusted(err):
		return notify.Result{Outcome: notify.Misconfigured, Reason: "certificate_not_trusted"}
	}
	return notify.Result{Outcome: notify.Unavailable, Reason: failureWord(err, "not_reached")}
}
