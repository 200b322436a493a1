package sms

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

var testNow = time.Date(2026, 11, 21, 8, 30, 0, 0, time.UTC)

// testSMS is a justified text message to a number of the Swedish fictitious range.
func testSMS(t *testing.T, change ...func(*notify.Delivery)) notify.SMS {
	t.Helper()
	d := notify.Delivery{
		ID: uuid.New(), Event: uuid.New(), Kind: notify.KindAlertRaised, Urgency: notify.UrgencyCritical, Channel: notify.ChannelSMS,
		Provider: notify.ProviderTwilio, Address: "+46701740605", ExpiresAt: testNow.Add(4 * time.Hour),
	}
	for _, f := range change {
		f(&d)
	}
	m, err := notify.JustifySMS(d, notify.Words{Text: "Budstikke: URGENT notice for you."})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func testConfig(base string) Config {
	return Config{
		BaseURL: base, AccountSID: "AC00000000000000000000000000000001", Password: "hush4711", From: "Budstikke",
		StatusCallback: func(d notify.Delivery) string { return "https://budstikke.example/receipts/" + d.Event.String() }, Now: func() time.Time { return testNow },
	}
}

func newSender(t *testing.T, base string, change ...func(*Config)) *Sender {
	t.Helper()
	c := testConfig(base)
	for _, f := range change {
		f(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func accept(w http.ResponseWriter) {
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, `{"sid":"SM1","status":"queued"}`)
}

// Trap of twilio-go: it has no setting for the address. The RoundTripper rewrites it, and a path before it stays.
func TestRequest(t *testing.T) {
	t.Parallel()
	type request struct {
		path, user, password string
		form                 url.Values
	}
	requests := make(chan request, 1)
	base := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		user, password, _ := r.BasicAuth()
		requests <- request{r.URL.Path, user, password, r.PostForm}
		accept(w)
	})
	for name, c := range map[string]struct {
		change  func(*Config)
		expires time.Time
		want    url.Values
	}{
		"sender": {func(*Config) {}, testNow.Add(4 * time.Hour), url.Values{"From": {"Budstikke"}, "ValidityPeriod": {"600"}}},
		"service": {
			func(c *Config) { c.From, c.MessagingService = "", "MG1" }, testNow.Add(90 * time.Second),
			url.Values{"MessagingServiceSid": {"MG1"}, "ValidityPeriod": {"90"}},
		},
		"expired": {func(*Config) {}, testNow.Add(-time.Hour), url.Values{"From": {"Budstikke"}, "ValidityPeriod": {"1"}}},
	} {
		s := newSender(t, base+"/proxy", c.change)
		want := notify.Result{Outcome: notify.Accepted, Status: 201, ProviderID: "SM1"}
		m := testSMS(t, func(d *notify.Delivery) { d.ExpiresAt = c.expires })
		if r := s.Send(t.Context(), m); r != want {
			t.Fatalf("%s: Send = %+v, want %+v", name, r, want)
		}
		got := <-requests
		if got.path != "/proxy/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json" {
			t.Errorf("%s: path %s", name, got.path)
		}
		if got.user != "AC00000000000000000000000000000001" || got.password != "hush4711" {
			t.Errorf("%s: not signed in", name)
		}
		c.want["To"] = []string{"+46701740605"}
		c.want["Body"] = []string{"Budstikke: URGENT notice for you."}
		c.want["StatusCallback"] = []string{"https://budstikke.example/receipts/" + m.JustifiedBy().String()}
		if got.form.Encode() != c.want.Encode() {
			t.Errorf("%s: form\n got %s\nwant %s", name, got.form.Encode(), c.want.Encode())
		}
	}
}

// V20: every Go type has a zero value, notify.SMS too. It is refused before anything leaves, and so is a number in a foreign country.
func TestNothingUnjustifiedLeaves(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	s := newSender(t, serve(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	var zero notify.SMS
	if r := s.Send(t.Context(), zero); r.Outcome != notify.Refused || r.Reason != "not_justified" {
		t.Errorf("the zero value: %+v (V20)", r)
	}
	for number, want := range map[string]notify.Result{
		"+15005550006":  {Outcome: notify.Refused, Reason: "country_not_allowed"},
		"+882162345678": {Outcome: notify.Refused, Reason: "country_not_allowed"},
		"+4":            {Outcome: notify.EndpointGone, Reason: "bad_number"},
		"0701740605":    {Outcome: notify.EndpointGone, Reason: "bad_number"},
		"+46 701740605": {Outcome: notify.EndpointGone, Reason: "bad_number"},
		"":              {Outcome: notify.EndpointGone, Reason: "bad_number"},
	} {
		if r := s.Send(t.Context(), testSMS(t, func(d *notify.Delivery) { d.Address = number })); r != want {
			t.Errorf("%q: %+v, want %+v", number, r, want)
		}
	}
	d := testSMS(t).Delivery()
	empty, err := notify.JustifySMS(d, notify.Words{})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Send(t.Context(), empty); r.Outcome != notify.Refused || r.Reason != "no_text" {
		t.Errorf("an empty text: %+v", r)
	}
	if n := requests.Load(); n != 0 {
		t.Errorf("%d requests left", n)
	}
}

func TestNordicNumbersAreAllowed(t *testing.T) {
	t.Parallel()
	s := newSender(t, serve(t, func(w http.ResponseWriter, _ *http.Request) { accept(w) }))
	for _, number := range []string{"+4520000000", "+46701740699", "+4740000000", "+3546110000", "+358401000000", "+298210000"} {
		if r := s.Send(t.Context(), testSMS(t, func(d *notify.Delivery) { d.Address = number })); r.Outcome != notify.Accepted {
			t.Errorf("%s: %+v", number, r)
		}
	}
}

// Trap of twilio-go: it takes no context. The RoundTripper brings it in: a deadline ends the call, and what was written is Unknown.
func TestContextEndsTheCall(t *testing.T) {
	t.Parallel()
	let, arrived := make(chan struct{}), make(chan struct{}, 2)
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		arrived <- struct{}{}
		<-let
	})
	t.Cleanup(func() { close(let) })
	s := newSender(t, base)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if r := s.Send(ctx, testSMS(t)); r.Outcome != notify.Unknown || r.Reason != "timeout" {
		t.Errorf("deadline: %+v", r)
	}
	<-arrived
	cancelled, stop := context.WithCancel(t.Context())
	go func() { <-arrived; stop() }()
	if r := s.Send(cancelled, testSMS(t)); r.Outcome != notify.Unknown || r.Reason != "cancelled" {
		t.Errorf("cancel: %+v", r)
	}
	if r := s.Send(cancelled, testSMS(t)); r.Outcome != notify.Unavailable {
		t.Errorf("a context that is over: %+v", r)
	}
	short := newSender(t, base, func(c *Config) { c.Timeout = 100 * time.Millisecond })
	if r := short.Send(context.Background(), testSMS(t)); r.Outcome != notify.Unknown {
		t.Errorf("the configured timeout: %+v", r)
	}
}

// Twilio is not idempotent: a request that may have been taken is Unknown and never repeated; one that certainly was not is Unavailable.
func TestBrokenConnections(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	base := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		requests.Add(1)
		panic(http.ErrAbortHandler)
	})
	if r := newSender(t, base).Send(t.Context(), testSMS(t)); r.Outcome != notify.Unknown || r.Reason != "no_answer" {
		t.Errorf("dropped after the request: %+v", r)
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests for one send", n)
	}
	if r := newSender(t, "http://127.0.0.1:1").Send(t.Context(), testSMS(t)); r.Outcome != notify.Unavailable || r.Reason != "not_reached" {
		t.Errorf("connection refused: %+v", r)
	}
	tls := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(tls.Close)
	if r := newSender(t, tls.URL).Send(t.Context(), testSMS(t)); r.Outcome != notify.Misconfigured {
		t.Errorf("a certificate that is not trusted: %+v", r)
	}
}

// Trap of twilio-go: with two idle connections per host, nearly every message opens a new one.
func TestConnectionsAreKept(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { accept(w) }))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	s := newSender(t, server.URL)
	m := testSMS(t)
	const workers, each = 20, 50
	var work sync.WaitGroup
	for range workers {
		work.Go(func() {
			for range each {
				if r := s.Send(t.Context(), m); r.Outcome != notify.Accepted {
					t.Errorf("Send = %+v", r)
				}
			}
		})
	}
	work.Wait()
	if n := connections.Load(); n > 3*workers {
		t.Errorf("%d connections for %d messages by %d workers", n, workers*each, workers)
	}
}

// Trap of twilio-go: it leaves the body of a refusal open, which costs one connection per refused message.
func TestRefusalsReuseTheConnection(t *testing.T) {
	t.Parallel()
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"code":21211,"message":"Invalid 'To' Phone Number","status":400}`+strings.Repeat(" ", 10_000))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	s := newSender(t, server.URL)
	for range 20 {
		if r := s.Send(t.Context(), testSMS(t)); r.Outcome != notify.EndpointGone {
			t.Fatalf("Send = %+v", r)
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections for 20 refusals in a row", n)
	}
}

// Trap of twilio-go: with the newer API version it sends a request again when it cannot read the refusal. A call lets one through.
func TestSecondRequestIsStopped(t *testing.T) {
	t.Parallel()
	var requests atomic.Int64
	base, err := url.Parse(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		http.Error(w, "<html>", http.StatusBadGateway)
	}))
	if err != nil {
		t.Fatal(err)
	}
	c := &call{ctx: t.Context(), base: base, next: http.DefaultTransport, now: time.Now}
	_, err = newSender(t, base.String()).service(c).RequestHandler().Client.SendRequest(http.MethodPost, "https://api.twilio.com/v1/x", nil,
		map[string]any{"X-Twilio-ApiVersion": "v1.0", "Content-Type": "application/x-www-form-urlencoded"})
	if err == nil || requests.Load() != 1 || c.requests != 2 {
		t.Errorf("%d requests reached the server, %d were tried: %v", requests.Load(), c.requests, err)
	}
}
