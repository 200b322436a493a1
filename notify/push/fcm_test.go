package push

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"budstikke.example/notify"
)

func newFCM(t *testing.T, endpoint string, change ...func(*FCMConfig)) *FCM {
	t.Helper()
	c := FCMConfig{
		Endpoint: endpoint, ProjectID: "budstikke-test", Now: testClock,
		TokenSource: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "access"}),
	}
	for _, f := range change {
		f(&c)
	}
	s, err := NewFCM(c)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, s)
	return s
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func TestFCMRequest(t *testing.T) {
	t.Parallel()
	requests := make(chan *http.Request, 1)
	bodies := make(chan []byte, 1)
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- r
		bodies <- body
		_, _ = io.WriteString(w, `{"name":"projects/budstikke-test/messages/1"}`)
	})
	want := notify.Result{Outcome: notify.Accepted, Status: 200, ProviderID: "projects/budstikke-test/messages/1"}
	if r := newFCM(t, url).Send(t.Context(), testPush()); r != want {
		t.Fatalf("Send = %+v, want %+v", r, want)
	}
	r := receive(t, requests, "the request")
	if r.URL.Path != "/v1/projects/budstikke-test/messages:send" {
		t.Errorf("path %s", r.URL.Path)
	}
	// Trap of firebase: WithHTTPClient switches its sign-in off; ours must add the token.
	if got := r.Header.Get("Authorization"); got != "Bearer access" {
		t.Errorf("Authorization is %q", got)
	}
	if got, want := string(receive(t, bodies, "the body")), `{"message":`+criticalFCM+`}`; got != want {
		t.Errorf("body\n got %s\nwant %s", got, want)
	}
}

// Trap of firebase: a connection that breaks after the request was taken makes the library send it four more times.
func TestFCMSendsOnceWhenTheConnectionBreaks(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		seen.Add(1)
		panic(http.ErrAbortHandler) // taken, then dropped
	})
	r := newFCM(t, url).Send(t.Context(), testPush())
	if r.Outcome != notify.Unknown || r.Reason != "no_answer" {
		t.Errorf("Send = %+v, want Unknown: the push may have been taken", r)
	}
	if n := seen.Load(); n != 1 {
		t.Errorf("the provider saw %d requests for one Send", n)
	}
}

// Trap of firebase: a 503 is repeated after 0, 1, 2 and 4 seconds, or after as long as Retry-After says, inside Send.
func TestFCMSendsOnceWhenUnavailable(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		seen.Add(1)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"error":{"code":503,"status":"UNAVAILABLE"}}`)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r := newFCM(t, url).Send(ctx, testPush())
	want := notify.Result{Outcome: notify.Unavailable, Status: 503, Reason: "UNAVAILABLE", RetryAfter: 30 * time.Second}
	if r != want {
		t.Errorf("Send = %+v, want %+v", r, want)
	}
	if ctx.Err() != nil || seen.Load() != 1 {
		t.Errorf("%d requests; the library waited inside Send: %v", seen.Load(), ctx.Err())
	}
}

// The second guard, should a library's repetition not be stopped by the end of its context: one exchange lets one request through.
func TestRecorderLetsOneRequestThrough(t *testing.T) {
	t.Parallel()
	var seen atomic.Int64
	url := serve(t, func(http.ResponseWriter, *http.Request) { seen.Add(1) })
	client := &http.Client{Transport: recorder{next: http.DefaultTransport, now: testClock, losses: &losses{}}}
	ctx, e := withExchange(t.Context(), notify.UrgencyRoutine)
	for attempt := range 3 {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(request)
		if err == nil {
			_ = res.Body.Close()
		}
		if (err == nil) != (attempt == 0) || (attempt > 0 && !errors.Is(err, errSecondAttempt)) {
			t.Errorf("attempt %d: %v", attempt+1, err)
		}
	}
	if seen.Load() != 1 || e.status != http.StatusOK {
		t.Errorf("%d requests reached the provider, recorded status %d", seen.Load(), e.status)
	}
}

// Trap of firebase: SendEach runs 50 goroutines per call and returns with its slowest push. Nothing here may call it or its siblings.
func TestFCMNeverCallsSendEach(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("*.go")
	if err != nil || len(names) == 0 {
		t.Fatalf("no source files: %v", err)
	}
	sends := 0
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			selector, ok := n.(*ast.SelectorExpr)
			switch {
			case !ok:
			case selector.Sel.Name == "Send":
				sends++
			case strings.HasPrefix(selector.Sel.Name, "Send") && selector.Sel.Name != "SendNotificationWithContext":
				t.Errorf("%s is called", selector.Sel.Name)
			}
			return true
		})
	}
	if sends != 1 {
		t.Errorf("%d calls of Send, want firebase's one", sends)
	}
}

func TestFCMOutcomes(t *testing.T) {
	t.Parallel()
	details := func(code string) string {
		return `{"error":{"status":"X","details":[{"@type":"` + fcmErrorType + `","errorCode":"` + code + `"}]}}`
	}
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   notify.Outcome
		reason string
	}{
		{"unregistered", 404, details("UNREGISTERED"), notify.EndpointGone, "UNREGISTERED"},
		{"other project's token", 403, details("SENDER_ID_MISMATCH"), notify.Refused, "SENDER_ID_MISMATCH"},
		{"no token at all", 400, `{"error":{"status":"INVALID_ARGUMENT","details":[{"fieldViolations":[{"field":"message.token"}]}]}}`, notify.EndpointGone, "INVALID_ARGUMENT"},
		{"quota", 429, details("QUOTA_EXCEEDED"), notify.Throttled, "QUOTA_EXCEEDED"},
		{"429 without details", 429, `{"error":{"status":"RESOURCE_EXHAUSTED"}}`, notify.Throttled, "RESOURCE_EXHAUSTED"},
		{"bad message", 400, details("INVALID_ARGUMENT"), notify.Refused, "INVALID_ARGUMENT"},
		{"unavailable", 503, details("UNAVAILABLE"), notify.Unavailable, "UNAVAILABLE"},
		{"unavailable without details", 503, `{"error":{"status":"UNAVAILABLE"}}`, notify.Unavailable, "UNAVAILABLE"},
		{"internal", 500, details("INTERNAL"), notify.Unavailable, "INTERNAL"},
		{"a proxy's page", 502, `<html>`, notify.Unavailable, ""},
		{"not signed in", 401, `{"error":{"status":"UNAUTHENTICATED"}}`, notify.Misconfigured, "UNAUTHENTICATED"},
		{"no right", 403, `{"error":{"status":"PERMISSION_DENIED"}}`, notify.Misconfigured, "PERMISSION_DENIED"},
		{"no such project", 404, `{"error":{"status":"NOT_FOUND"}}`, notify.Misconfigured, "NOT_FOUND"},
		{"redirect", 302, ``, notify.Misconfigured, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if c.status/100 == 3 {
					w.Header().Set("Location", "http://127.0.0.1:1/")
				}
				w.WriteHeader(c.status)
				_, _ = io.WriteString(w, c.body)
			})
			got := newFCM(t, url).Send(t.Context(), testPush())
			if want := (notify.Result{Outcome: c.want, Reason: c.reason, Status: c.status, Foreign: c.reason == "SENDER_ID_MISMATCH"}); got != want {
				t.Errorf("Send = %+v, want %+v", got, want)
			}
		})
	}
}

func TestFCMTimeoutIsUnknown(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body); <-let })
	defer close(let)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r := newFCM(t, url).Send(ctx, testPush()); r.Outcome != notify.Unknown || r.Reason != "timeout" {
		t.Errorf("Send = %+v", r)
	}
	if r := newFCM(t, "http://127.0.0.1:1").Send(t.Context(), testPush()); r.Outcome != notify.Unavailable {
		t.Errorf("connection refused: %+v", r)
	}
}

// serviceAccount is a key file whose token address is uri.
func serviceAccount(t *testing.T, uri string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "budstikke-test", "client_email": "sender@budstikke-test.example", "private_key_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
		"token_uri":   uri,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestFCMSignIn(t *testing.T) {
	t.Parallel()
	var tokens, pushes atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			tokens.Add(1)
			_, _ = io.WriteString(w, `{"access_token":"minted","token_type":"Bearer","expires_in":3600}`)
			return
		}
		if r.Header.Get("Authorization") == "Bearer minted" {
			pushes.Add(1)
		}
		_, _ = io.WriteString(w, `{"name":"n"}`)
	})
	f := newFCM(t, url, func(c *FCMConfig) { c.TokenSource, c.Credentials = nil, serviceAccount(t, url+"/token") })
	for range 5 {
		if r := f.Send(t.Context(), testPush()); r.Outcome != notify.Accepted {
			t.Fatalf("Send = %+v", r)
		}
	}
	if tokens.Load() != 1 || pushes.Load() != 5 {
		t.Errorf("%d tokens for %d signed pushes", tokens.Load(), pushes.Load())
	}
}

// A refused key is Misconfigured, a token server that does not answer is not waited for beyond the deadline, and neither sends anything.
func TestFCMSignInFails(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	var pushes atomic.Int64
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/refused":
			http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		case "/down":
			http.Error(w, "", http.StatusServiceUnavailable)
		case "/hangs":
			<-let
		default:
			pushes.Add(1)
		}
	})
	t.Cleanup(func() { close(let) })
	account := serviceAccount(t, "@")
	for path, want := range map[string]notify.Outcome{
		"/refused": notify.Misconfigured, "/down": notify.Unavailable, "/hangs": notify.Unavailable,
	} {
		f := newFCM(t, url, func(c *FCMConfig) {
			c.TokenSource, c.Credentials = nil, strings.Replace(account, `"@"`, `"`+url+path+`"`, 1)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if r := f.Send(ctx, testPush()); r.Outcome != want {
			t.Errorf("%s: Send = %+v, want %s", path, r, want)
		}
		cancel()
	}
	if pushes.Load() != 0 {
		t.Errorf("%d pushes left without a token", pushes.Load())
	}
}

func TestNewFCMRefuses(t *testing.T) {
	t.Parallel()
	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"})
	for name, c := range map[string]FCMConfig{
		"no project":     {TokenSource: source},
		"project a path": {TokenSource: source, ProjectID: "a/../b"},
		"no credentials": {ProjectID: "p"},
		"bad credential": {ProjectID: "p", Credentials: `{"type":"service_account"}`},
		"plain http":     {ProjectID: "p", TokenSource: source, Endpoint: "http://fcm.example"},
	} {
		if _, err := NewFCM(c); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// The reason of a failure is a machine word: an error's text would carry addresses into logs and tables.
func TestFailureWords(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"timeout":   context.DeadlineExceeded,
		"cancelled": context.Canceled,
		"other":     &net.OpError{Op: "dial", Err: errors.New("10.0.0.1")},
	} {
		if got := failureWord(err, "other"); got != want {
			t.Errorf("failureWord(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]time.Duration{
		"": 0, "120": 2 * time.Minute, " 5 ": 5 * time.Second, "-3": 0, "soon": 0, "99999999999": 7 * 24 * time.Hour,
		testNow.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second, testNow.Add(-time.Hour).Format(http.TimeFormat): 0,
		"9999999": 7 * 24 * time.Hour,
	} {
		if got := retryAfter(value, testNow); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", value, got, want)
		}
	}
}
