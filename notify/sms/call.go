package sms

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// maxAnswer is how much of an answer is read, in bytes. Twilio answers with about one thousand.
const maxAnswer = 64 << 10

var errSecondRequest = errors.New("sms: a second request for one send was stopped")

// call is the RoundTripper of one send. twilio-go takes no context, has no setting for the address, drops Retry-After and the status of an
// answer that is no JSON, leaves the body of a refusal open, and may repeat a request of newer APIs; call makes up for all of that.
type call struct {
	ctx  context.Context // the send's; twilio-go makes requests without one
	base *url.URL
	next http.RoundTripper
	now  func() time.Time

	wrote      atomic.Bool // the request's headers reached a connection: from here on a failure is Unknown
	requests   int
	status     int
	retryAfter time.Duration
	err        error
}

// RoundTrip sends the one request of this call to the configured address.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.requests++; c.requests > 1 {
		return nil, errSecondRequest
	}
	trace := &httptrace.ClientTrace{WroteHeaders: func() { c.wrote.Store(true) }}
	out := req.Clone(httptrace.WithClientTrace(c.ctx, trace))
	out.URL.Scheme, out.URL.Host, out.Host = c.base.Scheme, c.base.Host, ""
	out.URL.Path = strings.TrimSuffix(c.base.Path, "/") + out.URL.Path
	res, err := c.next.RoundTrip(out)
	if err != nil {
		c.err = err
		return nil, err
	}
	c.wrote.Store(true)
	c.status = res.StatusCode
	c.retryAfter = retryAfter(res.Header.Get("Retry-After"), c.now())
	body, _ := io.ReadAll(io.LimitReader(res.Body, maxAnswer)) // cut short or not: the status decides
	_ = res.Body.Close()
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
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

// keptTransport keeps as many connections as may be busy. With the default of two per host, 5,000 messages by 50 workers opened 3,320
// connections. It speaks HTTP/1.1: a connection that is cut takes one SMS with it, and not all that are on their way and would arrive twice (B3).
func keptTransport(roots *x509.CertPool, connections int) *http.Transport {
	return &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: connections,
		// Below what servers allow: a connection that the server closes while we write to it makes a message Unknown that never arrived.
		IdleConnTimeout: 30 * time.Second,
	}
}
