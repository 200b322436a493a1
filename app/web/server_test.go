package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"budstikke.example/app/web"
)

// Every operation answers its own example with what the contract promises.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for _, operation := range b.Contract().Operations {
		got := b.do(b.sample(operation))
		if got.status < 200 || got.status > 299 {
			t.Errorf("%s: its own example is answered %d %s", operation.ID, got.status, got.body)
		}
		if got.header.Get("ETag") == "" && operation.Versioned && got.status != http.StatusNoContent { // what is gone has no version
			t.Errorf("%s: no ETag", operation.ID)
		}
	}
}

// P24: what is not there is not there, whatever it was.
func TestUnknownRoutes(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	var first string
	for _, c := range []struct{ method, path string }{
		{"GET", "/"}, {"GET", "/v1"}, {"GET", "/v1/guardian/nothing"}, {"POST", "/v1/guardian/me"}, {"OPTIONS", "/v1/guardian/me"},
		{"GET", "/v1/guardian/me/"}, {"GET", "/V1/guardian/me"}, {"GET", "/v1/guardian/%6de"}, {"GET", "//v1/guardian/me"},
		{"GET", "/v1/guardian/absences%2Fx"}, {"TRACE", "/v1/guardian/me"}, {"PROPFIND", "/v1/guardian/me"}, {"GET", "/docs/"},
	} {
		req := httptest.NewRequest(c.method, c.path, http.NoBody)
		req.Header.Set("Authorization", "Bearer "+b.token)
		got := b.do(req).want(t, http.StatusNotFound, "not_found")
		if first == "" {
			first = got.body
		}
		if got.body != first {
			t.Errorf("%s %s: %s, want %s", c.method, c.path, got.body, first)
		}
	}
	b.do(httptest.NewRequest(http.MethodHead, "/v1/guardian/nothing", http.NoBody))
}

func TestHeadIsGetWithoutBody(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	req := b.request("GetAbsence")
	req.Method = http.MethodHead
	got := b.do(req)
	if got.status != http.StatusOK || got.header.Get("ETag") != `"3"` {
		t.Errorf("HEAD = %d %v", got.status, got.header)
	}
	req.Header.Del("Authorization")
	if got := b.do(req); got.status != http.StatusUnauthorized {
		t.Errorf("HEAD without a session = %d, want 401", got.status)
	}
}

// Immutable: a string that a room keeps must not turn into another request's when its buffer is used again.
func TestRetainedStrings(t *testing.T) {
	t.Parallel()
	var kept []any
	b := setup(t, hooks{"PostMessage": func(_ context.Context, request any) error {
		kept = append(kept, request)
		return nil
	}})
	l := b.listen(t)
	want := make([]string, 50)
	for i := range want {
		want[i] = fmt.Sprintf("key-%02d-0123456789", i)
		req := b.request("PostMessage")
		req.Header.Set("Idempotency-Key", want[i])
		l.send(t, req).want(t, http.StatusCreated, "")
	}
	if len(kept) != len(want) {
		t.Fatalf("the room saw %d requests, want %d", len(kept), len(want))
	}
	for i, request := range kept {
		if got := keyOf(request); got != want[i] {
			t.Errorf("request %d keeps the key %q, want %q", i, got, want[i])
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, func(c *web.Config) { c.HSTS = 365 * 24 * time.Hour })
	req := b.request("GetMe")
	req.Header.Set("X-Request-Id", "0191E0F0-0000-7000-8000-00000000ABCD")
	got := b.do(req)
	if id := got.header.Get("X-Request-Id"); id != "0191e0f0-0000-7000-8000-00000000abcd" {
		t.Errorf("the caller's request id came back as %q", id)
	}
	if hsts := got.header.Get("Strict-Transport-Security"); hsts != "max-age=31536000; includeSubDomains" {
		t.Errorf("Strict-Transport-Security = %q", hsts)
	}
	for _, foreign := range []string{"kim@example.com", "{0191e0f0-0000-7000-8000-00000000abcd}", "urn:uuid:0191e0f0-0000-7000-8000-00000000abcd"} {
		req = b.request("GetMe")
		req.Header.Set("X-Request-Id", foreign)
		if id := b.do(req).header.Get("X-Request-Id"); id == foreign || strings.Contains(b.log.String(), foreign) {
			t.Errorf("the request id %q was taken over", foreign)
		}
	}
}

// P8: the log names the operation, and nothing of whom or about whom.
func TestAccessLog(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	req := b.request("ReportAbsence")
	id := "0191e0f0-0000-7000-8000-00000000abcd"
	req.Header.Set("X-Request-Id", id)
	b.do(withBody(req, `{"startsOn":"2026-11-23","endsOn":"2026-11-23","reason":"illness","note":"CANARY"}`)).want(t, http.StatusCreated, "")
	b.do(withBody(b.request("ReportAbsence"), `{"startsOn":"CANARY"}`)).want(t, http.StatusBadRequest, "request_invalid")
	list := b.request("ListAbsences")
	list.URL.RawQuery = "cursor=CANARY"
	b.do(list)
	b.raw(httptest.NewRequest(http.MethodGet, "/CANARY", http.NoBody))
	b.raw(httptest.NewRequest("CANARY", "/", http.NoBody))
	log := b.log.String()
	for _, want := range []string{
		`"method":"POST","route":"/v1/guardian/children/{childId}/absences","operation":"ReportAbsence","status":201`, `"duration_seconds":0.`, `"request_id":"` + id + `"`,
		`"method":"GET","route":"-","operation":"-","status":404`, `"method":"-","route":"-","operation":"-","status":404`,
	} {
		if !strings.Contains(log, want) {
			t.Errorf("the log does not hold %s:\n%s", want, log)
		}
	}
	for _, never := range []string{"CANARY", "0191e0f0-0000-7000-8000-000000000003", b.token, "bst_"} {
		if strings.Contains(log, never) {
			t.Errorf("the log holds %q:\n%s", never, log)
		}
	}
}

// P12: a flow that hangs is told to stop, and its caller to come back.
func TestDeadline(t *testing.T) {
	t.Parallel()
	b := setup(t, hooks{"GetMe": func(ctx context.Context, _ any) error {
		<-ctx.Done()
		return ctx.Err()
	}}, func(c *web.Config) { c.RequestTimeout = 20 * time.Millisecond })
	b.do(b.request("GetMe")).want(t, http.StatusServiceUnavailable, "unavailable")
}

func TestPanic(t *testing.T) {
	t.Parallel()
	b := setup(t, hooks{
		"GetMe":        func(context.Context, any) error { panic("CANARY") },
		"ListChildren": func(_ context.Context, q any) error { _ = q.(string); return nil },
	})
	b.do(b.request("GetMe")).want(t, http.StatusInternalServerError, "internal")
	b.do(b.request("ListChildren")).want(t, http.StatusInternalServerError, "internal")
	log := b.log.String()
	if strings.Contains(log, "CANARY") {
		t.Errorf("the value of a panic is in the log:\n%s", log)
	}
	if strings.Count(log, `"internal error"`) != 2 || !strings.Contains(log, "server_test.go") || !strings.Contains(log, "interface conversion") {
		t.Errorf("each panic must be in the log once, with its place:\n%s", log)
	}
	b.do(b.request("GetChild")).want(t, http.StatusOK, "")
}

// The HTTP server's own refusals are problems too.
func TestServerRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	l := b.listen(t)
	// Headers only: a client that is still writing when the answer comes may lose it to the closing of the connection.
	large := l.garbage(t, "POST /v1/guardian/text-checks HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 262145\r\n\r\n")
	large.want(t, http.StatusRequestEntityTooLarge, "body_too_large")
	if !strings.Contains(string(large.body), "262144 bytes at most") {
		t.Errorf("the limit is not told: %s", large.body)
	}
	chunked := "POST /v1/guardian/text-checks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n50000\r\n"
	l.garbage(t, chunked).want(t, http.StatusRequestEntityTooLarge, "body_too_large")
	// As many bytes as the server reads of a header, and no more: bytes it has not read when it hangs up would cost the client the answer.
	wide := "GET /v1/guardian/me HTTP/1.1\r\nHost: x\r\nX-Wide: "
	l.garbage(t, wide+strings.Repeat("a", 16<<10-len(wide))).want(t, http.StatusBadRequest, "request_invalid")
	for _, garbage := range []string{"GET\r\n\r\n", "POST /v1/signin/bankid HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"} {
		res := l.garbage(t, garbage)
		if res.status != http.StatusBadRequest || res.Code != "request_invalid" || res.header.Get("X-Request-Id") == "" {
			t.Errorf("%q is answered %d %s", garbage, res.status, res.body)
		}
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	running, release := make(chan struct{}), make(chan struct{})
	b := setup(t, hooks{"GetMe": func(ctx context.Context, _ any) error {
		close(running)
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}, func(c *web.Config) { c.RequestTimeout = time.Minute })
	l := b.listen(t)
	answered := make(chan answer, 1)
	req := b.request("GetMe")
	go func() { answered <- l.send(t, req) }()
	<-running
	b.Drain()
	l.send(t, httptest.NewRequest(http.MethodGet, "/health/ready", http.NoBody)).want(t, http.StatusServiceUnavailable, "")
	stopped := make(chan error, 1)
	go func() { stopped <- b.Shutdown(context.Background()) }()
	if err := <-l.served; err != nil {
		t.Errorf("Serve = %v", err)
	}
	close(release)
	(<-answered).want(t, http.StatusOK, "")
	if err := <-stopped; err != nil {
		t.Errorf("Shutdown = %v", err)
	}
}

// A request that does not end is ended when the patience of Shutdown does.
func TestShutdownGivesUp(t *testing.T) {
	t.Parallel()
	running := make(chan struct{})
	b := setup(t, hooks{"GetMe": func(ctx context.Context, _ any) error {
		close(running)
		<-ctx.Done()
		return ctx.Err()
	}}, func(c *web.Config) { c.RequestTimeout = time.Minute })
	l := b.listen(t)
	answered := make(chan answer, 1)
	req := b.request("GetMe")
	go func() { answered <- l.send(t, req) }()
	<-running
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := b.Shutdown(ctx); err == nil {
		t.Error("Shutdown = nil, want the error of its context")
	}
	(<-answered).want(t, http.StatusServiceUnavailable, "unavailable")
}

func TestNewRefusesAMissingRoom(t *testing.T) {
	t.Parallel()
	if _, err := web.New(web.Config{}, web.Rooms{}); err == nil {
		t.Error("New without rooms = nil error")
	}
}
