package push

import (
	"context"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"budstikke.example/notify"
)

// WebPush sends pushes to browsers. It is safe for concurrent use.
type WebPush struct {
	config    WebPushConfig
	client    *http.Client
	transport *http.Transport
}

// NewWebPush checks the configuration and the keys and returns a sender; it opens no connection. Every mistake is reported at once.
func NewWebPush(c WebPushConfig) (*WebPush, error) {
	if problems := c.fill(); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	w := &WebPush{config: c, transport: keptTransport(c.RootCAs, c.Connections)}
	w.client = &http.Client{
		Transport: recorder{next: newHostWays(w.transport), now: c.Now, losses: &losses{}}, CheckRedirect: noRedirects,
		Timeout: c.Timeout, // the library's own client has none
	}
	return w, nil
}

// fill sets the defaults and returns what is wrong.
func (c *WebPushConfig) fill() []error {
	if c.Hosts == nil {
		c.Hosts = WebPushHosts()
	}
	if c.Connections <= 0 {
		c.Connections = 64
	}
	if c.Timeout <= 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var problems []error
	if c.Subscriber == "" || strings.HasPrefix(c.Subscriber, "mailto:") || strings.ContainsAny(c.Subscriber, " \r\n\"<>") {
		problems = append(problems, errors.New(`web push: Subscriber must be an e-mail address without "mailto:", or an https address`))
	}
	private, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(c.PrivateKey, "="))
	if err != nil {
		private = nil
	}
	key, err := ecdh.P256().NewPrivateKey(private)
	if err != nil {
		return append(problems, errors.New("web push: PrivateKey is no VAPID key; make a pair of keys and give both as base64url"))
	}
	if base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()) != strings.TrimRight(c.PublicKey, "=") {
		problems = append(problems, errors.New("web push: PublicKey does not belong to PrivateKey; browsers would refuse every push"))
	}
	return problems
}

// Send sends one push and tells what became of it. It waits until ctx ends or WebPushConfig.Timeout has passed. Accepted means that the
// push service took it, not that a browser showed it: some services go on accepting for browsers that are long gone.
func (w *WebPush) Send(ctx context.Context, p notify.Push) notify.Result {
	subscription, err := parseSubscription(p.Delivery.Address, w.config.Hosts)
	switch {
	case errors.Is(err, errHostNotAllowed):
		return notify.Result{Outcome: notify.Refused, Reason: "host_not_allowed"}
	case err != nil:
		return notify.Result{Outcome: notify.EndpointGone, Reason: "bad_subscription"}
	}
	m, err := buildWebPush(p, w.config.Now())
	if err != nil {
		return notify.Result{Outcome: notify.Refused, Reason: "not_buildable"}
	}
	ctx, cancel := context.WithTimeout(ctx, w.config.Timeout)
	defer cancel()
	ctx, e := withExchange(ctx, p.Delivery.Urgency)
	res, err := webpush.SendNotificationWithContext(ctx, m.body, subscription, &webpush.Options{
		HTTPClient: w.client, Subscriber: w.config.Subscriber,
		VAPIDPublicKey: w.config.PublicKey, VAPIDPrivateKey: w.config.PrivateKey,
		Topic: m.topic, TTL: m.ttl, Urgency: m.urgency,
	})
	if err == nil {
		_ = res.Body.Close() // the library leaves it open; recorder has read it
	}
	switch {
	case e.status != 0:
		return webPushOutcome(e)
	case e.attempts == 0 && ctx.Err() == nil:
		return notify.Result{Outcome: notify.Refused, Reason: "not_buildable"} // encryption failed, for example too long
	}
	return failure(e, err)
}

// Close closes the kept connections; pushes on their way end by their own deadline.
func (w *WebPush) Close(context.Context) error {
	w.transport.CloseIdleConnections()
	return nil
}
