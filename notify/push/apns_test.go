package push

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

func newAPNs(t *testing.T, host string, change ...func(*APNsConfig)) *APNs {
	t.Helper()
	c := APNsConfig{
		Host: host, Key: testKey(), KeyID: "ABC123DEFG", TeamID: "DEF123GHIJ", Topic: "example.budstikke.app", RootCAs: testRoots(), Now: testClock,
	}
	for _, f := range change {
		f(&c)
	}
	a, err := NewAPNs(c)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, a)
	return a
}

// serveHTTP2 starts net/http's own HTTP/2 server for tests that need only its answers.
func serveHTTP2(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	certificate, _ := testCertificate()
	s.EnableHTTP2 = true
	s.TLS = tlsFor(certificate)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}

// Trap of apns2 and x/net: without a limit a burst opens tens of connections while Apple grants one stream; with
// StrictMaxConcurrentStreams most requests stall (golang/go#70809). Here the burst waits for the first answer and then flows.
func TestAPNsBurstOnColdConnections(t *testing.T) {
	t.Parallel()
	server := startApple(t, &appleServer{streams: 50})
	a := newAPNs(t, server.url)
	const pushes = 1500
	var work sync.WaitGroup
	var accepted atomic.Int64
	queue := make(chan int, pushes)
	for i := range pushes {
		queue <- i
	}
	close(queue)
	for range 300 {
		work.Go(func() {
			for range queue {
				p := testPush()
				p.Delivery.ID = uuid.New()
				r := a.Send(t.Context(), p)
				for r.Reason == "crowded" { // the connection took long; it has not left
					r = a.Send(t.Context(), p)
				}
				if r.Outcome == notify.Accepted {
					accepted.Add(1)
				} else {
					t.Errorf("Send = %+v", r)
				}
			}
		})
	}
	work.Wait()
	connections, over, ids := server.seen()
	if accepted.Load() != pushes || ids != pushes || server.repeated() != "" {
		t.Errorf("%d of %d accepted, %d distinct seen, repeated: %s", accepted.Load(), pushes, ids, server.repeated())
	}
	if connections > 2 {
		t.Errorf("%d connections were opened for 2 clients", connections)
	}
	if over > 0 {
		t.Errorf("%d requests were sent beyond the streams that the server granted", over)
	}
}

// While a connection is cold exactly one request is on it, even if the server advertises more: the others leave after the first was
// answered.
func TestAPNsOneRequestUntilTheTokenWasSeen(t *testing.T) {
	t.Parallel()
	arrived, let := make(chan struct{}, 10), make(chan struct{})
	server := startApple(t, &appleServer{first: 100, streams: 100, answer: func(map[string]string) { arrived <- struct{}{}; <-let }})
	a := newAPNs(t, server.url, func(c *APNsConfig) { c.Clients = 1 })
	results := make(chan notify.Result, 10)
	send := func() {
		p := testPush()
		p.Delivery.ID = uuid.New()
		results <- a.Send(context.Background(), p)
	}
	go send()
	receive(t, arrived, "the first request")
	l := a.lanes[0]
	until(t, "the server's settings are known", func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return l.conn.State().MaxConcurrentStreams == 100
	})
	for range 9 {
		go send()
	}
	until(t, "all pushes have come to the lane", func() bool { return l.load() == 10 })
	l.mu.Lock()
	inFlight := l.inFlight
	l.mu.Unlock()
	if inFlight != 1 {
		t.Errorf("%d requests on their way before the first was answered", inFlight)
	}
	let <- struct{}{}
	for range 9 { // all others arrive together now: none of them needs another's answer
		receive(t, arrived, "the other requests")
	}
	close(let)
	for range 10 {
		if r := receive(t, results, "a result"); r.Outcome != notify.Accepted {
			t.Errorf("Send = %+v", r)
		}
	}
}

// A request that the server says it did not look at is sent once more on a new connection and processed once.
func TestAPNsGoAwayIsRetriedWhenUnprocessed(t *testing.T) {
	t.Parallel()
	server := startApple(t, &appleServer{streams: 10, refuse: func(connection int) bool { return connection == 1 }})
	a := newAPNs(t, server.url, func(c *APNsConfig) { c.Clients = 1 })
	if r := a.Send(t.Context(), testPush()); r.Outcome != notify.Accepted {
		t.Fatalf("Send = %+v", r)
	}
	connections, _, ids := server.seen()
	if connections != 2 || ids != 1 || server.repeated() != "" {
		t.Errorf("%d connections, %d ids, repeated %q", connections, ids, server.repeated())
	}
}

// Several senders share one provider token: Apple refuses a key whose token changes too often.
func TestAPNsSharedToken(t *testing.T) {
	t.Parallel()
	server := startApple(t, &appleServer{streams: 10})
	token, err := NewAPNsToken(testKey(), "ABC123DEFG", "DEF123GHIJ")
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		a := newAPNs(t, server.url, func(c *APNsConfig) { c.Token, c.Key = token, "" })
		if r := a.Send(t.Context(), testPush()); r.Outcome != notify.Accepted {
			t.Fatalf("Send = %+v", r)
		}
	}
	server.mu.Lock()
	defer server.mu.Unlock()
	if len(server.bearers) != 1 {
		t.Errorf("%d provider tokens were used", len(server.bearers))
	}
	for bearer := range server.bearers {
		if !strings.HasPrefix(bearer, "bearer ey") {
			t.Errorf("authorization is %q", bearer[:min(10, len(bearer))])
		}
	}
}

// Trap of apns2: it ignores a signing error and sends an empty bearer. A bad key is found when the sender is made.
func TestAPNsKeyIsCheckedAtStart(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]APNsConfig{
		"no key":     {KeyID: "A", TeamID: "B", Topic: "t"},
		"not a key":  {Key: "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", KeyID: "A", TeamID: "B", Topic: "t"},
		"no key id":  {Key: testKey(), TeamID: "B", Topic: "t"},
		"no team":    {Key: testKey(), KeyID: "A", Topic: "t"},
		"no topic":   {Key: testKey(), KeyID: "A", TeamID: "B"},
		"plain http": {Key: testKey(), KeyID: "A", TeamID: "B", Topic: "t", Host: "http://127.0.0.1:1"},
	} {
		_, err := NewAPNs(c)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if c.Key != "" && strings.Contains(err.Error(), strings.Split(c.Key, "\n")[1]) {
			t.Errorf("%s: the error repeats the key", name)
		}
	}
}

// Trap of apns2: apns-expiration 0 cannot be sent, the header would be left out. "Now or never" leaves as 1.
func TestAPNsHeaders(t *testing.T) {
	t.Parallel()
	headers := make(chan http.Header, 1)
	url := serveHTTP2(t, func(w http.ResponseWriter, r *http.Request) { headers <- r.Header.Clone() })
	a := newAPNs(t, url)
	for name, expires := range map[string]time.Time{"1": {}, "1795264200": testNow.Add(4 * time.Hour)} {
		p := testPush()
		p.Delivery.ExpiresAt = expires
		if r := a.Send(t.Context(), p); r.Outcome != notify.Accepted {
			t.Fatalf("Send = %+v", r)
		}
		h := receive(t, headers, "the request")
		for key, want := range map[string]string{
			"apns-expiration": name, "apns-id": "01900000-0000-7000-8000-000000000001", "apns-priority": "10", "apns-push-type": "alert",
			"apns-topic": "example.budstikke.app", "apns-collapse-id": collapseID(p.Delivery),
		} {
			if got := h.Get(key); got != want {
				t.Errorf("%s is %q, want %q", key, got, want)
			}
		}
	}
}

// A timeout after the request has left is Unknown, not failed: the push may arrive. One that never got a stream is Unavailable.
func TestAPNsTimeouts(t *testing.T) {
	t.Parallel()
	arrived, let := make(chan struct{}, 2), make(chan struct{})
	server := startApple(t, &appleServer{streams: 1, answer: func(map[string]string) { arrived <- struct{}{}; <-let }})
	a := newAPNs(t, server.url, func(c *APNsConfig) { c.Clients = 1 })
	first, second := make(chan notify.Result, 1), make(chan notify.Result, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { first <- a.Send(ctx, testPush()) }()
	receive(t, arrived, "the first request")
	waiting, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	go func() { second <- a.Send(waiting, testPush()) }()
	if r := receive(t, second, "the second result"); r.Outcome != notify.Unavailable || r.Reason != "timeout" {
		t.Errorf("a push without a stream: %+v", r)
	}
	cancel()
	if r := receive(t, first, "the first result"); r.Outcome != notify.Unknown {
		t.Errorf("a push without an answer: %+v", r)
	}
	close(let)
}

// The deadline of the configuration binds when the caller has none.
func TestAPNsConfiguredTimeout(t *testing.T) {
	t.Parallel()
	let := make(chan struct{})
	url := serveHTTP2(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-let:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(let) })
	a := newAPNs(t, url, func(c *APNsConfig) { c.Timeout = 100 * time.Millisecond })
	if r := a.Send(context.Background(), testPush()); r.Outcome != notify.Unknown || r.Reason != "timeout" {
		t.Errorf("Send = %+v", r)
	}
}

func TestAPNsUnreachable(t *testing.T) {
	t.Parallel()
	url := serveHTTP2(t, func(http.ResponseWriter, *http.Request) {})
	untrusting := newAPNs(t, url, func(c *APNsConfig) { c.RootCAs = nil })
	if r := untrusting.Send(t.Context(), testPush()); r.Outcome != notify.Misconfigured {
		t.Errorf("a certificate that is not trusted: %+v", r)
	}
	nobody := newAPNs(t, "https://127.0.0.1:1")
	if r := nobody.Send(t.Context(), testPush()); r.Outcome != notify.Unavailable {
		t.Errorf("connection refused: %+v", r)
	}
	p := testPush()
	p.Delivery.Address = "../../3/device/abcdefabcdef"
	if r := nobody.Send(t.Context(), p); r.Outcome != notify.EndpointGone {
		t.Errorf("an address that is no token: %+v", r)
	}
}

func TestAPNsClosed(t *testing.T) {
	t.Parallel()
	arrived, let := make(chan struct{}), make(chan struct{})
	server := startApple(t, &appleServer{streams: 2, answer: func(map[string]string) { arrived <- struct{}{}; <-let }})
	a := newAPNs(t, server.url)
	result, closed := make(chan notify.Result, 1), make(chan error, 1)
	go func() { result <- a.Send(context.Background(), testPush()) }()
	receive(t, arrived, "the request")
	go func() { closed <- a.Close(context.Background()) }()
	close(let)
	if r := receive(t, result, "the push on its way"); r.Outcome != notify.Accepted {
		t.Errorf("a push on its way while closing: %+v", r)
	}
	if err := receive(t, closed, "Close"); err != nil {
		t.Errorf("Close: %v", err)
	}
	if r := a.Send(t.Context(), testPush()); r.Outcome != notify.Unavailable || r.Reason != "closed" {
		t.Errorf("Send after Close: %+v", r)
	}
}
