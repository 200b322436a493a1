package sandbox_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/payload"
	"github.com/sideshow/apns2/token"
	"golang.org/x/net/http2"

	"budstikke.example/notify/sandbox"
)

const apnsID = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed"

func deviceToken(n int) string { return fmt.Sprintf("%064x", n+1) }

// apple is apns2's client, pointed at the sandbox.
func apple(t testing.TB, s *sandbox.Sandbox) *apns2.Client {
	t.Helper()
	c := s.Credentials()
	key, err := token.AuthKeyFromBytes([]byte(c.APNs.KeyP8))
	if err != nil {
		t.Fatal(err)
	}
	client := apns2.NewTokenClient(&token.Token{AuthKey: key, KeyID: c.APNs.KeyID, TeamID: c.APNs.TeamID})
	tr := &http2.Transport{TLSClientConfig: &tls.Config{RootCAs: c.CertPool()}}
	t.Cleanup(tr.CloseIdleConnections)
	client.HTTPClient = &http.Client{Transport: tr, Timeout: 20 * time.Second}
	client.Host = s.Addresses().APNs
	return client
}

func notification(s *sandbox.Sandbox, to string) *apns2.Notification {
	return &apns2.Notification{DeviceToken: to, Topic: s.Credentials().APNs.Topic, ApnsID: apnsID, CollapseID: "alert-7", Priority: 10, PushType: apns2.PushTypeAlert,
		Expiration: time.Unix(1900000000, 0),
		Payload:    payload.NewPayload().AlertTitle("Solbakken").AlertBody("A new message").InterruptionLevel(payload.InterruptionLevelTimeSensitive)}
}

func TestAPNsDelivers(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	res, err := apple(t, s).PushWithContext(within(t, 10*time.Second), notification(s, deviceToken(1)))
	if err != nil || res.StatusCode != 200 || res.ApnsID != apnsID {
		t.Fatalf("got %+v, %v", res, err)
	}
	got := s.Deliveries(nil)
	if len(got) != 1 {
		t.Fatalf("%d deliveries", len(got))
	}
	d := got[0]
	if d.Channel != sandbox.Push || d.Provider != sandbox.APNs || d.To != deviceToken(1) || d.ID != apnsID || d.Key != apnsID || d.Title != "Solbakken" || d.Body != "A new message" {
		t.Errorf("delivered %+v", d)
	}
	for name, want := range map[string]string{"apns-collapse-id": "alert-7", "apns-priority": "10", "apns-expiration": "1900000000", "interruption-level": "time-sensitive", "apns-push-type": "alert"} {
		if d.Headers.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, d.Headers.Get(name), want)
		}
	}
}

func TestAPNsMakesAnID(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	n := notification(s, deviceToken(1))
	n.ApnsID = ""
	res, err := apple(t, s).Push(n)
	if err != nil || len(res.ApnsID) != 36 {
		t.Fatalf("got %+v, %v", res, err)
	}
}

func TestAPNsRefuses(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := apple(t, s)
	tests := []struct {
		name   string
		change func(*apns2.Notification)
		status int
		reason string
	}{
		{"token is no hex", func(n *apns2.Notification) { n.DeviceToken = strings.Repeat("xy", 32) }, 400, apns2.ReasonBadDeviceToken},
		{"token is short", func(n *apns2.Notification) { n.DeviceToken = "abcd" }, 400, apns2.ReasonBadDeviceToken},
		{"no token", func(n *apns2.Notification) { n.DeviceToken = "" }, 400, apns2.ReasonMissingDeviceToken},
		{"no topic", func(n *apns2.Notification) { n.Topic = "" }, 400, apns2.ReasonMissingTopic},
		{"another topic", func(n *apns2.Notification) { n.Topic = "example.other" }, 400, apns2.ReasonDeviceTokenNotForTopic},
		{"long collapse id", func(n *apns2.Notification) { n.CollapseID = strings.Repeat("c", 65) }, 400, apns2.ReasonBadCollapseID},
		{"collapse id of 64", func(n *apns2.Notification) { n.CollapseID = strings.Repeat("c", 64) }, 200, ""},
		{"bad id", func(n *apns2.Notification) { n.ApnsID = "seven" }, 400, apns2.ReasonBadMessageID},
		{"bad priority", func(n *apns2.Notification) { n.Priority = 7 }, 400, apns2.ReasonBadPriority},
		{"bad push type", func(n *apns2.Notification) { n.PushType = "loud" }, 400, "InvalidPushType"},
		{"payload of 4096", func(n *apns2.Notification) { n.Payload = sized(4096) }, 200, ""},
		{"payload of 4097", func(n *apns2.Notification) { n.Payload = sized(4097) }, 413, apns2.ReasonPayloadTooLarge},
		{"payload of 200 kB", func(n *apns2.Notification) { n.Payload = sized(200_000) }, 413, apns2.ReasonPayloadTooLarge},
		{"payload is no object", func(n *apns2.Notification) { n.Payload = []byte(`"hello"`) }, 400, apns2.ReasonPayloadEmpty},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := notification(s, deviceToken(1))
			tt.change(n)
			res, err := client.PushWithContext(within(t, 10*time.Second), n)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.status || res.Reason != tt.reason {
				t.Errorf("got %d %s, want %d %s", res.StatusCode, res.Reason, tt.status, tt.reason)
			}
		})
	}
}

func sized(n int) []byte {
	const frame = `{"aps":{"alert":""}}`
	return []byte(`{"aps":{"alert":"` + strings.Repeat("a", n-len(frame)) + `"}}`)
}

func TestAPNsChecksTheProviderToken(t *testing.T) {
	t.Parallel()
	c := newClock()
	s := start(t, sandbox.Config{Clock: c.now})
	keys := s.Credentials().APNs
	key, err := token.AuthKeyFromBytes([]byte(keys.KeyP8))
	if err != nil {
		t.Fatal(err)
	}
	sign := func(kid, iss string, iat time.Time) string {
		tok := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": iss, "iat": iat.Unix()})
		tok.Header["kid"] = kid
		signed, err := tok.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	good := sign(keys.KeyID, keys.TeamID, c.now())
	tests := map[string]struct {
		header string
		reason string
	}{
		"none":         {"", "MissingProviderToken"},
		"empty":        {"bearer ", "MissingProviderToken"},
		"no JWT":       {"bearer abc", "InvalidProviderToken"},
		"other key id": {"bearer " + sign("AAAAAAAAAA", keys.TeamID, c.now()), "InvalidProviderToken"},
		"other team":   {"bearer " + sign(keys.KeyID, "BBBBBBBBBB", c.now()), "InvalidProviderToken"},
		"old":          {"bearer " + sign(keys.KeyID, keys.TeamID, c.now().Add(-61*time.Minute)), "ExpiredProviderToken"},
		"future":       {"bearer " + sign(keys.KeyID, keys.TeamID, c.now().Add(time.Hour)), "InvalidProviderToken"},
		"forged":       {"bearer " + good[:len(good)-4] + "AAAA", "InvalidProviderToken"},
		"good":         {"bearer " + good, ""},
	}
	client := web(t, s, true)
	push := func(header string) (int, string) {
		req, _ := http.NewRequestWithContext(within(t, 10*time.Second), "POST", s.Addresses().APNs+"/3/device/"+deviceToken(1), strings.NewReader(`{"aps":{}}`))
		req.Header.Set("apns-topic", keys.Topic)
		if header != "" {
			req.Header.Set("authorization", header)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, bodyOf(t, res)
	}
	for name, tt := range tests {
		status, body := push(tt.header)
		if tt.reason == "" && status != 200 || tt.reason != "" && (status != 403 || !strings.Contains(body, tt.reason)) {
			t.Errorf("%s: got %d %s, want %s", name, status, body, tt.reason)
		}
	}
	c.forward(62 * time.Minute)
	if status, body := push("bearer " + good); status != 403 || !strings.Contains(body, "ExpiredProviderToken") {
		t.Errorf("an hour later: got %d %s", status, body)
	}
}

func TestAPNsAnswersGoneWithATimestamp(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	since := time.UnixMilli(1_790_000_000_000)
	s.MarkGone(sandbox.APNs, since, deviceToken(1))
	res, err := apple(t, s).Push(notification(s, deviceToken(1)))
	if err != nil || res.StatusCode != 410 || res.Reason != apns2.ReasonUnregistered || !res.Timestamp.Equal(since) {
		t.Fatalf("got %+v, %v", res, err)
	}
	s.ClearGone(sandbox.APNs)
	if res, err = apple(t, s).Push(notification(s, deviceToken(1))); err != nil || !res.Sent() {
		t.Fatalf("after clearing: %+v, %v", res, err)
	}
}

func TestAPNsStatusFaults(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := apple(t, s)
	for _, tt := range []struct {
		f      sandbox.Fault
		status int
		reason string
	}{
		{sandbox.Fault{Mode: "429", Count: 1}, 429, "TooManyRequests"},
		{sandbox.Fault{Mode: "429", Count: 1, Reason: "TooManyProviderTokenUpdates"}, 429, "TooManyProviderTokenUpdates"},
		{sandbox.Fault{Mode: "503", Count: 1}, 503, "ServiceUnavailable"},
		{sandbox.Fault{Mode: "500", Count: 1}, 500, "InternalServerError"},
		{sandbox.Fault{Mode: "410", Count: 1}, 410, "Unregistered"},
	} {
		fault(t, s, sandbox.APNs, tt.f)
		res, err := client.Push(notification(s, deviceToken(1)))
		if err != nil || res.StatusCode != tt.status || res.Reason != tt.reason {
			t.Errorf("%+v: got %+v, %v", tt.f, res, err)
		}
	}
	if n := s.LastSeq(); n != 0 {
		t.Errorf("%d deliveries of refused pushes", n)
	}
	if res, err := client.Push(notification(s, deviceToken(1))); err != nil || !res.Sent() {
		t.Errorf("after the faults: %+v, %v", res, err)
	}
}

func TestAPNsConnectionFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode     string
		accepted bool
		fails    bool
	}{
		{sandbox.ModeDropAfterAccept, true, true},
		{sandbox.ModeReset, false, true},
		{sandbox.ModeHang, false, true},
		{sandbox.ModeHangAfterAccept, true, true},
		{sandbox.ModeGoAway, true, false},
	} {
		t.Run(tt.mode, func(t *testing.T) {
			t.Parallel()
			s := start(t, sandbox.Config{})
			client := apple(t, s)
			fault(t, s, sandbox.APNs, sandbox.Fault{Mode: tt.mode, Match: deviceToken(1)})
			ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
			defer cancel()
			res, err := client.PushWithContext(ctx, notification(s, deviceToken(1)))
			if (err != nil) != tt.fails {
				t.Fatalf("got %+v, %v", res, err)
			}
			got := s.Deliveries(nil)
			if (len(got) > 0) != tt.accepted {
				t.Fatalf("%d deliveries", len(got))
			}
			if tt.accepted && got[0].Unanswered != tt.fails {
				t.Errorf("unanswered is %v", got[0].Unanswered)
			}
			if res, err := client.PushWithContext(within(t, 10*time.Second), notification(s, deviceToken(2))); err != nil || !res.Sent() {
				t.Errorf("another device afterwards: %+v, %v", res, err)
			}
		})
	}
}

func TestAPNsGoAwayWithoutProcessingIsRetriedByTheClient(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	fault(t, s, sandbox.APNs, sandbox.Fault{Mode: sandbox.ModeGoAwayRefuse, Count: 1})
	res, err := apple(t, s).PushWithContext(within(t, 10*time.Second), notification(s, deviceToken(1)))
	if err != nil || !res.Sent() {
		t.Fatalf("got %+v, %v", res, err)
	}
	if n := len(s.Deliveries(nil)); n != 1 {
		t.Errorf("%d deliveries", n)
	}
}

func TestAPNsSlowAnswerArrives(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	client := apple(t, s)
	if _, err := client.Push(notification(s, deviceToken(1))); err != nil {
		t.Fatal(err)
	}
	fault(t, s, sandbox.APNs, sandbox.Fault{Mode: sandbox.ModeSlow, Count: 1})
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	if _, err := client.PushWithContext(ctx, notification(s, deviceToken(2))); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("got %v after %v", err, time.Since(began))
	}
	if n := s.LastSeq(); n != 2 {
		t.Errorf("%d deliveries", n)
	}
}

func TestAPNsUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, sandbox.Config{})
	clients := []*apns2.Client{apple(t, s), apple(t, s)}
	for _, c := range clients { // one push first: until then a connection has one stream
		if res, err := c.Push(notification(s, deviceToken(0))); err != nil || !res.Sent() {
			t.Fatalf("%+v, %v", res, err)
		}
	}
	const n = 4000
	var wg sync.WaitGroup
	work := make(chan int)
	for w := range 100 {
		wg.Go(func() {
			for i := range work {
				note := notification(s, deviceToken(i))
				note.ApnsID = fmt.Sprintf("00000000-0000-4000-8000-%012d", i)
				if res, err := clients[w%2].Push(note); err != nil || !res.Sent() {
					t.Errorf("push %d: %+v, %v", i, res, err)
				}
			}
		})
	}
	for i := range n {
		work <- i + 1
	}
	close(work)
	wg.Wait()
	if got := s.Stats()[sandbox.APNs]; got.Receivers != n+1 || got.Accepted != n+2 {
		t.Errorf("stats %+v", got)
	}
}
