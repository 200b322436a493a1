package web_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"budstikke.example/app/web/webtest"
)

// P24: whatever arrives, the answer is one that the contract promises, and never our own fault.
func FuzzRequests(f *testing.F) {
	base := setup(f, nil)
	for i, operation := range base.Contract().Operations {
		req := base.sample(operation)
		body, err := io.ReadAll(req.Body)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), "", req.URL.RawQuery, req.Header.Get("Content-Type"), `"3"`, body)
		f.Add(uint8(i), "/x", "limit=5&cursor=a&date=2026-01-01", "application/json; charset=utf-8", "", []byte(`{"text":"\u0000","a":[{}]}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, suffix, query, media, version string, body []byte) {
		b := base.in(t)
		operations := b.Contract().Operations
		req := b.sample(operations[int(which)%len(operations)])
		req.URL.Path += suffix
		req.URL.RawQuery = query
		if !sendable(req.URL) || !sendableHeader(media) || !sendableHeader(version) {
			t.Skip()
		}
		req.Header.Set("Content-Type", media)
		if version != "" {
			req.Header.Set("If-Match", version)
		}
		got := b.raw(withBody(req, string(body)))
		if got.status >= 500 {
			t.Errorf("%s %s with %q: %d %s", req.Method, req.URL, body, got.status, got.body)
		}
		for _, mistake := range webtest.Mistakes(b.Contract(), req.Method, req.URL.EscapedPath(), got.status, got.header, []byte(got.body)) {
			t.Errorf("%s %s with %q: %d %s: %s", req.Method, req.URL, body, got.status, got.body, mistake)
		}
	})
}

// The whole address at random, without anything that a request of ours would have.
func FuzzAddresses(f *testing.F) {
	base := setup(f, nil)
	for _, seed := range []string{"/", "/v1/guardian/me", "/v1/guardian/../staff", "/docs", "/health/ready", "/v1/guardian/children/%2e%2e/absences", "*", "/\xff"} {
		f.Add("GET", seed)
		f.Add("POST", seed)
	}
	f.Fuzz(func(t *testing.T, method, address string) {
		b := base.in(t)
		target := &url.URL{Opaque: address}
		if !sendable(target) || method == "" || strings.ContainsFunc(method, func(r rune) bool { return r < 'A' || r > 'Z' }) {
			t.Skip()
		}
		req := &http.Request{Method: method, URL: target, Host: "budstikke.example", Header: http.Header{}, Body: http.NoBody}
		if got := b.raw(req); got.status >= 500 || got.header.Get("X-Request-Id") == "" {
			t.Errorf("%s %q: %d %v %s", method, address, got.status, got.header, got.body)
		}
	})
}

// sendable says that the address can stand in a request line at all.
func sendable(u *url.URL) bool {
	line := u.RequestURI()
	return line != "" && len(line) < 8000 && !strings.ContainsFunc(line, func(r rune) bool { return r <= ' ' || r == 0x7f })
}

func sendableHeader(value string) bool {
	return len(value) < 4000 && !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f })
}
