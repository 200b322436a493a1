package push

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sideshow/apns2"
	"golang.org/x/net/http2"

	"budstikke.example/notify"
)

// APNs sends pushes to Apple devices over a few kept connections. It is safe for concurrent use.
type APNs struct {
	config  APNsConfig
	lanes   []*lane
	clients []*apns2.Client // one per lane; never switched between Production and Development, which would race

	// knows tells that Apple has taken a push of this process: its address and topic are those of the devices.
	knows atomic.Bool

	mu     sync.Mutex
	closed bool
	onWay  sync.WaitGroup
}

// NewAPNs checks the configuration and the signing key and returns a sender; it opens no connection. Every mistake is reported at once.
func NewAPNs(c APNsConfig) (*APNs, error) {
	problems := c.fill()
	if c.Token == nil {
		var err error
		if c.Token, err = NewAPNsToken(c.Key, c.KeyID, c.TeamID); err != nil {
			problems = append(problems, err)
		}
	}
	host, err := url.Parse(c.Host)
	if err != nil || host.Scheme != "https" || host.Host == "" {
		problems = append(problems, errors.New("APNs: Host must be an https address such as "+APNsProduction))
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	port := host.Port()
	if port == "" {
		port = "443"
	}
	a := &APNs{config: c}
	lost := &losses{}
	for range c.Clients {
		l := &lane{
			address: net.JoinHostPort(host.Hostname(), port),
			tls:     &tls.Config{RootCAs: c.RootCAs, ServerName: host.Hostname(), NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12},
			// Apple stops answering connections that were idle for long; a PING after 15 s without a frame finds out before a push does.
			transport: &http2.Transport{ReadIdleTimeout: 15 * time.Second, PingTimeout: 5 * time.Second},
			width:     width{most: c.Streams},
		}
		client := apns2.NewTokenClient(c.Token.token)
		client.Host = strings.TrimSuffix(c.Host, "/")
		client.HTTPClient = &http.Client{Transport: recorder{next: l, now: c.Now, losses: lost}, CheckRedirect: noRedirects}
		a.lanes = append(a.lanes, l)
		a.clients = append(a.clients, client)
	}
	return a, nil
}

// fill sets the defaults and returns what is missing.
func (c *APNsConfig) fill() []error {
	if c.Host == "" {
		c.Host = APNsProduction
	}
	if c.Clients <= 0 {
		c.Clients = 2
	}
	if c.Streams <= 0 {
		c.Streams = 400
	}
	if c.Timeout <= 0 {
		c.Timeout = 20 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if strings.TrimSpace(c.Topic) == "" {
		return []error{errors.New("APNs: Topic is missing; it is the app's bundle id")}
	}
	return nil
}

// Send sends one push and tells what became of it. It waits for a free stream, and for the answer, until ctx ends or APNsConfig.Timeout
// has passed. A push that waited in vain is Unavailable, one that left without an answer Unknown.
func (a *APNs) Send(ctx context.Context, p notify.Push) notify.Result {
	if !a.enter() {
		return notify.Result{Outcome: notify.Unavailable, Reason: "closed"}
	}
	defer a.onWay.Done()
	if !deviceToken(p.Delivery.Address) {
		return notify.Result{Outcome: notify.EndpointGone, Reason: "bad_device_token"}
	}
	n, err := buildAPNs(p, a.config.Topic, a.config.CriticalAlerts)
	if err != nil {
		return notify.Result{Outcome: notify.Refused, Reason: "not_buildable"}
	}
	ctx, cancel := context.WithTimeout(ctx, a.config.Timeout)
	defer cancel()
	ctx, e := withExchange(ctx, p.Delivery.Urgency)
	_, err = a.client().PushWithContext(ctx, n)
	if e.status != 0 { // apns2 gives an error for a body that is no JSON; the status is an answer all the same
		return a.doubted(apnsOutcome(e, p.Delivery.RegisteredAt))
	}
	return failure(e, err)
}

// doubted keeps endpoints from being retired by a setting of ours: behind the wrong address or with the wrong topic Apple says of every device that its token
// is bad or of another app. Until it has taken one push, such a word ends this delivery only. That a token is gone (410) it says of itself.
func (a *APNs) doubted(r notify.Result) notify.Result {
	switch {
	case r.Outcome == notify.Accepted:
		a.knows.Store(true)
	case r.Outcome == notify.EndpointGone && r.Status == http.StatusBadRequest && !a.knows.Load():
		r.Outcome = notify.Refused
	}
	return r
}

// client returns the client of the least busy lane.
func (a *APNs) client() *apns2.Client {
	best := 0
	for i, least := 1, a.lanes[0].load(); i < len(a.lanes); i++ {
		if load := a.lanes[i].load(); load < least {
			best, least = i, load
		}
	}
	return a.clients[best]
}

func (a *APNs) enter() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return false
	}
	a.onWay.Add(1)
	return true
}

// Close waits for the pushes on their way, until ctx ends, and closes the connections. Send after Close is Unavailable.
func (a *APNs) Close(ctx context.Context) error {
	a.mu.Lock()
	a.closed = true
	a.mu.Unlock()
	done := make(chan struct{})
	go func() { a.onWay.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	var problems []error
	for _, l := range a.lanes {
		problems = append(problems, l.close(ctx))
	}
	return errors.Join(problems...)
}

// deviceToken tells whether an address can be a device token: hexadecimal, and nothing that could change the request's path.
func deviceToken(s string) bool {
	if len(s) < 16 || len(s) > 200 {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'f') && (r < 'A' || r > 'F') {
			return false
		}
	}
	return true
}
