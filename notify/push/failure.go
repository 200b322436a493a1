package push

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

// failureWord turns a transport error into a machine word. The error's own text is dropped: it holds addresses, which are personal data.
func failureWord(err error, otherwise string) string {
	var timeout net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "timeout"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	}
	return otherwise
}

// untrusted tells whether a connection failed because of the server's certificate: an operator must act, waiting does not help.
func untrusted(err error) bool {
	var verify *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	return errors.As(err, &verify) || errors.As(err, &authority) || errors.As(err, &host)
}

// machineWord keeps a provider's reason only if it looks like one: providers also answer with sentences that repeat a token.
func machineWord(s string) string {
	if len(s) > 64 {
		return "other"
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '_' && r != '-' {
			return "other"
		}
	}
	return s
}

// keptTransport is a transport that keeps as many connections as may be busy; the default of two per host would open and close one for
// nearly every push.
func keptTransport(roots *x509.CertPool, connections int) *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          0, // no bound over all hosts
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// noRedirects stops a client at the first answer: no push provider redirects, and following one would carry our credentials elsewhere.
func noRedirects(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// unprocessed tells whether the server has certainly not looked at an HTTP/2 request: it refused the stream, it said GOAWAY with a lower
// last stream, or the connection was closing before the request was written. x/net exports no value for the last two, hence their words;
// a wording that changes only makes the answer Unknown, which is retried with the same apns-id.
func unprocessed(err error) bool {
	var stream http2.StreamError
	if errors.As(err, &stream) {
		return stream.Code == http2.ErrCodeRefusedStream
	}
	text := err.Error()
	return strings.Contains(text, "received Server's graceful shutdown GOAWAY") || strings.Contains(text, "client conn not usable") ||
		strings.Contains(text, "client conn could not be established")
}

// plainLoopback tells whether an address may be plain http: only on this machine, where the sandbox plays the provider.
func plainLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()))
}
