package push_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/push"
	"budstikke.example/notify/sandbox"
)

// sender is what the three senders have in common.
type sender interface {
	Send(ctx context.Context, p notify.Push) notify.Result
	Close(ctx context.Context) error
}

// channel is one provider with its sender and a way to make an address that it knows.
type channel struct {
	provider sandbox.Provider
	sender   sender
	denied   string         // the provider's reason with status 403
	means    notify.Outcome // what 403 with that reason means
	address  func(t *testing.T) (address, receiver string)
}

// channels starts a sandbox and a sender for each push provider, with the real libraries and only the addresses changed.
func channels(t *testing.T) (*sandbox.Sandbox, map[string]channel) {
	t.Helper()
	s, err := sandbox.Start(t.Context(), sandbox.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	at, with := s.Addresses(), s.Credentials()
	roots := with.CertPool()
	apns, err := push.NewAPNs(push.APNsConfig{
		Host: at.APNs, Key: with.APNs.KeyP8, KeyID: with.APNs.KeyID, TeamID: with.APNs.TeamID, Topic: with.APNs.Topic, RootCAs: roots,
	})
	if err != nil {
		t.Fatal(err)
	}
	fcm, err := push.NewFCM(push.FCMConfig{Endpoint: at.FCM, ProjectID: with.FCM.ProjectID, Credentials: with.FCM.ServiceAccountJSON})
	if err != nil {
		t.Fatal(err)
	}
	web, err := push.NewWebPush(push.WebPushConfig{
		Subscriber: "drift@budstikke.example", PublicKey: with.WebPush.VAPIDPublicKey, PrivateKey: with.WebPush.VAPIDPrivateKey,
		Hosts: []string{strings.TrimPrefix(at.WebPush, "https://")}, RootCAs: roots,
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]channel{
		"apns": {sandbox.APNs, apns, "InvalidProviderToken", notify.Misconfigured, func(*testing.T) (string, string) {
			token := strings.Repeat(strings.ReplaceAll(uuid.NewString(), "-", ""), 2)
			return token, token
		}},
		"fcm": {sandbox.FCM, fcm, "PERMISSION_DENIED", notify.Misconfigured, func(*testing.T) (string, string) {
			token := "fcm-" + strings.Repeat(uuid.NewString(), 3)
			return token, token
		}},
		"webpush": {sandbox.WebPush, web, "BadJwtToken", notify.Misconfigured, func(t *testing.T) (string, string) {
			subscription, err := s.NewSubscription(with.WebPush.VAPIDPublicKey)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(subscription)
			if err != nil {
				t.Fatal(err)
			}
			return string(text), subscription.Endpoint
		}},
	}
	for _, c := range all {
		t.Cleanup(func() { _ = c.sender.Close(context.Background()) })
	}
	return s, all
}

func alert(address string) notify.Push {
	return notify.Push{
		Delivery: notify.Delivery{
			ID: uuid.New(), Event: uuid.New(), Subject: uuid.New(), Person: uuid.New(), Kind: notify.KindAlertRaised,
			Urgency: notify.UrgencyCritical, Channel: notify.ChannelPush, Address: address, Locale: notify.English,
			RegisteredAt: time.Now().Add(-time.Hour), ExpiresAt: time.Now().Add(time.Hour),
		},
		Words: notify.Words{Title: "Urgent: open now", Text: "It is urgent.", Link: "https://budstikke.example/open/alert_raised/x"},
	}
}

// Each sender against a server that speaks its provider's protocol: what arrives, and what every fault of the provider means.
func TestPushAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	s, all := channels(t)
	for name, c := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, receiver := c.address(t)
			p := alert(address)
			for range 2 { // the second is a duplicate, which its receiver does not see
				if r := c.sender.Send(t.Context(), p); r.Outcome != notify.Accepted {
					t.Fatalf("Send = %+v", r)
				}
			}
			got := s.Deliveries(sandbox.To(receiver))
			if len(got) != 2 || got[0].Key != got[1].Key || got[0].Title != p.Words.Title || got[0].Body != p.Words.Text {
				t.Fatalf("arrived: %+v", got)
			}
			for _, fault := range []struct {
				fault sandbox.Fault
				want  notify.Outcome
				after time.Duration
			}{
				{sandbox.Fault{Mode: "429", RetryAfter: 3}, notify.Throttled, 3 * time.Second},
				{sandbox.Fault{Mode: "503", RetryAfter: 2}, notify.Unavailable, 2 * time.Second},
				{sandbox.Fault{Mode: "500"}, notify.Unavailable, 0},
				{sandbox.Fault{Mode: "403", Reason: c.denied}, c.means, 0},
				{sandbox.Fault{Mode: sandbox.ModeReset}, notify.Unknown, 0},
				{sandbox.Fault{Mode: sandbox.ModeDropAfterAccept}, notify.Unknown, 0},
			} {
				fault.fault.Count, fault.fault.Match = 1, receiver
				if err := s.AddFault(c.provider, fault.fault); err != nil {
					t.Fatal(err)
				}
				p := alert(address)
				if r := c.sender.Send(t.Context(), p); r.Outcome != fault.want || r.RetryAfter != fault.after {
					t.Errorf("%s: Send = %+v, want %s after %s", fault.fault.Mode, r, fault.want, fault.after)
				}
				if r := c.sender.Send(t.Context(), p); r.Outcome != notify.Accepted {
					t.Errorf("after %s: Send = %+v", fault.fault.Mode, r)
				}
			}
			// 2 at first, one after each of the 6 faults, and the one that was taken before its connection broke: none was sent twice
			// behind our back.
			if got := s.Deliveries(sandbox.To(receiver)); len(got) != 9 {
				t.Errorf("%d arrived, want 9", len(got))
			}
			s.MarkGone(c.provider, time.Now(), receiver)
			if r := c.sender.Send(t.Context(), alert(address)); r.Outcome != notify.EndpointGone {
				t.Errorf("gone: Send = %+v", r)
			}
		})
	}
}

// Apple's graceful shutdown: a request that was not looked at is sent again at once, nobody waits for a retry.
func TestAPNsGoAwayAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	s, all := channels(t)
	c := all["apns"]
	address, receiver := c.address(t)
	for _, mode := range []string{sandbox.ModeGoAway, sandbox.ModeGoAwayRefuse} {
		if err := s.AddFault(sandbox.APNs, sandbox.Fault{Mode: mode, Count: 1, Match: receiver}); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			if r := c.sender.Send(t.Context(), alert(address)); r.Outcome != notify.Accepted {
				t.Errorf("%s: Send = %+v", mode, r)
			}
		}
	}
	if got := s.Deliveries(sandbox.To(receiver)); len(got) != 10 {
		t.Errorf("%d arrived, want 10", len(got))
	}
}

// A browser that subscribed with another VAPID key, one that we had before, costs its own push and nobody else's: the endpoint is kept, and the
// lane stays open.
func TestASubscriptionForAnotherKeyIsRefusedAlone(t *testing.T) {
	t.Parallel()
	s, all := channels(t)
	others, err := s.NewSubscription("BAnotherKeyThatWeHadBefore")
	if err != nil {
		t.Fatal(err)
	}
	address, err := json.Marshal(others)
	if err != nil {
		t.Fatal(err)
	}
	web := all["webpush"]
	if r := web.sender.Send(t.Context(), alert(string(address))); r.Outcome != notify.Refused || r.Status != 403 || !r.Foreign || r.Reason != "other_key" {
		t.Errorf("Send = %+v, want refused with 403 for its key", r)
	}
	ours, _ := web.address(t)
	if r := web.sender.Send(t.Context(), alert(ours)); r.Outcome != notify.Accepted {
		t.Errorf("the next one: Send = %+v", r)
	}
}

// B3: a connection whose answers do not come through is left, so that what is sent next does not wait there in vain and arrive twice.
func TestAPNsLeavesAConnectionThatIsStuck(t *testing.T) {
	t.Parallel()
	s, all := channels(t)
	apns := all["apns"]
	send := func(ctx context.Context) notify.Result {
		return apns.sender.Send(ctx, alert(device()))
	}
	const lanes = 2 // a sender's
	if err := s.AddFault(sandbox.APNs, sandbox.Fault{Mode: sandbox.ModeSlow, Count: lanes}); err != nil {
		t.Fatal(err)
	}
	var stuck sync.WaitGroup
	for range lanes {
		stuck.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
			defer cancel()
			if r := send(ctx); r.Outcome != notify.Unknown {
				t.Errorf("what is answered a byte a second is %+v", r)
			}
		})
	}
	stuck.Wait()
	for range 10 {
		if r := send(t.Context()); r.Outcome != notify.Accepted {
			t.Fatalf("what is sent after it is %+v", r)
		}
	}
}
