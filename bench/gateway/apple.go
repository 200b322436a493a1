package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/sideshow/apns2"
	"github.com/sideshow/apns2/token"
	"golang.org/x/net/http2"

	"budstikke.example/notify/sandbox"
)

// Apple is how a peer reaches the provider: two apns2 clients as their documentation has them, used by turns.
type Apple struct {
	clients []*apns2.Client
	topic   string
	next    atomic.Uint64
	gone    atomic.Int64 // devices that the provider said are no longer there
}

// errAgain is what a push ended with that should be tried again; after is what the provider asked for, 0 when it asked for nothing.
type errAgain struct {
	status int
	after  time.Duration
}

// Error implements error.
func (e errAgain) Error() string { return "the provider answered " + strconv.Itoa(e.status) }

// errGone is what a push to a device ended with that is no longer there: trying again is of no use.
var errGone = errors.New("the device is gone")

// NewApple returns clients for a sandbox, each with a connection that has sent one push, because a cold connection takes one at a time.
func NewApple(ctx context.Context, m sandbox.Manifest) (*Apple, error) {
	key, err := token.AuthKeyFromBytes([]byte(m.Credentials.APNs.KeyP8))
	if err != nil {
		return nil, fmt.Errorf("the sandbox's key: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(m.Credentials.CAPEM))
	a := &Apple{topic: m.Credentials.APNs.Topic}
	shared := &token.Token{AuthKey: key, KeyID: m.Credentials.APNs.KeyID, TeamID: m.Credentials.APNs.TeamID}
	for range 2 {
		c := apns2.NewTokenClient(shared)
		c.Host = m.Addresses.APNs
		c.HTTPClient = &http.Client{Timeout: 20 * time.Second, Transport: &http2.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}}
		a.clients = append(a.clients, c)
	}
	for i := range a.clients {
		if err := a.Push(ctx, Receiver{Token: fmt.Sprintf("%064x", 1<<40+i), Push: "00000000-0000-4000-8000-000000000000"}); err != nil {
			return nil, fmt.Errorf("warming a connection: %w", err)
		}
	}
	return a, nil
}

// body is what every contender sends: of the size of ours, with nothing of the event in it.
var body, _ = json.Marshal(map[string]any{
	"aps": map[string]any{
		"alert": map[string]string{"title": "Solbakken", "body": "There is an urgent message. Open the app."}, "sound": "default",
		"interruption-level": "time-sensitive",
	},
	"kind": "alert_raised", "event": "0191e0f0-0000-7000-8000-000000000001", "subject": "0191e0f0-0000-7000-8000-000000000002",
	"link": "https://budstikke.example/alerts/0191e0f0-0000-7000-8000-000000000002", "dedupe": "0191e0f0-0000-7000-8000-000000000001",
})

// Push sends one push. Errors: errGone, errAgain, or what the connection ended with; the last two are to be tried again.
func (a *Apple) Push(ctx context.Context, r Receiver) error {
	c := a.clients[a.next.Add(1)%uint64(len(a.clients))]
	answer, err := c.PushWithContext(ctx, &apns2.Notification{
		ApnsID: r.Push, DeviceToken: r.Token, Topic: a.topic, Priority: apns2.PriorityHigh, PushType: apns2.PushTypeAlert,
		Expiration: time.Now().Add(time.Hour), Payload: body,
	})
	switch {
	case err != nil:
		return err
	case answer.Sent():
		return nil
	case answer.StatusCode == http.StatusGone:
		a.gone.Add(1)
		return errGone
	}
	return errAgain{status: answer.StatusCode, after: time.Second} // apns2 does not show Retry-After; the sandbox asks for a second
}

// again tells how long a peer waits before it tries a push again. It is Budstikke's own back-off for what is critical, without jitter.
func again(attempt int) time.Duration {
	return []time.Duration{time.Second, 3 * time.Second, 10 * time.Second}[min(max(attempt-1, 0), 2)]
}
