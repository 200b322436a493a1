package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"budstikke.example/notify/sandbox"
)

func subscribe(t *testing.T, s *sandbox.Sandbox, key string) *webpush.Subscription {
	t.Helper()
	sub, err := s.NewSubscription(key)
	if err != nil {
		t.Fatal(err)
	}
	return &webpush.Subscription{Endpoint: sub.Endpoint, Keys: webpush.Keys{P256dh: sub.Keys.P256dh, Auth: sub.Keys.Auth}}
}

func pushOptions(t *testing.T, s *sandbox.Sandbox) *webpush.Options {
	t.Helper()
	c := s.Credentials().WebPush
	return &webpush.Options{HTTPClient: web(t, s, true), Subscriber: "post@budstikke.example", VAPIDPublicKey: c.VAPIDPublicKey, VAPIDPrivateKey: c.VAPIDPrivateKey, TTL: 60,
		Urgency: webpush.UrgencyHigh, Topic: "notice-7"}
}

func TestWebPushDecrypts(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	sub := subscribe(t, s, s.Credentials().WebPush.VAPIDPublicKey)
	res, err := webpush.SendNotificationWithContext(within(t, 10*time.Second), []byte(`{"title":"Solbakken","body":"A new message"}`), sub, pushOptions(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if body := bodyOf(t, res); res.StatusCode != 201 || res.Header.Get("Location") == "" {
		t.Fatalf("got %d %s", res.StatusCode, body)
	}
	d := s.Deliveries(sandbox.Via(sandbox.WebPush))[0]
	if d.Title != "Solbakken" || d.Body != "A new message" || d.To != sub.Endpoint || d.Key != "topic:notice-7" || d.Headers.Get("Urgency") != "high" || d.Headers.Get("TTL") != "60" {
		t.Errorf("delivered %+v", d)
	}
	if string(d.Raw) != `{"title":"Solbakken","body":"A new message"}` {
		t.Errorf("raw %q", d.Raw)
	}
}

func TestWebPushKeepsTheRules(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, sandbox.Config{Clock: c.now})
	bound := subscribe(t, s, "BDifferentKey")
	gone := subscribe(t, s, "")
	s.MarkGone(sandbox.WebPush, c.now(), gone.Endpoint)
	busy := subscribe(t, s, "")
	fault(t, s, sandbox.WebPush, sandbox.Fault{Mode: "429", Match: busy.Endpoint, RetryAfter: 5})
	unknown := subscribe(t, s, "")
	unknown.Endpoint = s.Addresses().WebPush + "/push/unknown"
	open := subscribe(t, s, "")
	for _, tt := range []struct {
		name   string
		sub    *webpush.Subscription
		change func(*http.Request)
		status int
	}{
		{"fine", open, nil, 201},
		{"unknown", unknown, nil, 404},
		{"gone", gone, nil, 410},
		{"throttled", busy, nil, 429},
		{"bound to another key", bound, nil, 403},
		{"no TTL", open, func(r *http.Request) { r.Header.Del("TTL") }, 400},
		{"bad TTL", open, func(r *http.Request) { r.Header.Set("TTL", "soon") }, 400},
		{"no VAPID", open, func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		{"forged VAPID", open, func(r *http.Request) {
			r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "t=ey", "t=eyJ", 1))
		}, 403},
		{"another encoding", open, func(r *http.Request) { r.Header.Set("Content-Encoding", "aesgcm") }, 400},
		{"bad urgency", open, func(r *http.Request) { r.Header.Set("Urgency", "panic") }, 400},
		{"long topic", open, func(r *http.Request) { r.Header.Set("Topic", strings.Repeat("t", 33)) }, 400},
		{"too large", open, func(r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, 0
			big := strings.NewReader(strings.Repeat("x", 4097))
			r.Body, r.ContentLength = readCloser{big}, 4097
		}, 413},
		{"expired VAPID", open, func(*http.Request) { c.forward(25 * time.Hour) }, 403},
	} {
		opts := pushOptions(t, s)
		opts.HTTPClient = &changing{opts.HTTPClient, tt.change}
		res, err := webpush.SendNotificationWithContext(within(t, 10*time.Second), []byte("{}"), tt.sub, opts)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if body := bodyOf(t, res); res.StatusCode != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, res.StatusCode, body, tt.status)
		}
		if tt.status == 429 && res.Header.Get("Retry-After") != "5" {
			t.Errorf("Retry-After is %q", res.Header.Get("Retry-After"))
		}
	}
	if n := s.LastSeq(); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

type readCloser struct{ *strings.Reader }

func (readCloser) Close() error { return nil }

// changing changes requests on their way.
type changing struct {
	next   webpush.HTTPClient
	change func(*http.Request)
}

func (c *changing) Do(r *http.Request) (*http.Response, error) {
	if c.change != nil {
		c.change(r)
	}
	return c.next.Do(r)
}

func TestWebPushForAnotherSubscriptionIsAcceptedButUnreadable(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	one, other := subscribe(t, s, ""), subscribe(t, s, "")
	one.Keys = other.Keys
	res, err := webpush.SendNotificationWithContext(within(t, 10*time.Second), []byte("{}"), one, pushOptions(t, s))
	if err != nil || res.StatusCode != 201 {
		t.Fatalf("got %+v, %v", res, err)
	}
	_ = bodyOf(t, res)
	if d := s.Deliveries(nil)[0]; !strings.HasPrefix(d.Headers.Get("decrypted"), "no: ") {
		t.Errorf("delivered %+v", d)
	}
}
