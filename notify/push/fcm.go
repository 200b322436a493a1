package push

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"firebase.google.com/go/v4/messaging"
	"google.golang.org/api/option"

	"budstikke.example/notify"
)

// FCM sends pushes to Android devices. It is safe for concurrent use.
type FCM struct {
	config    FCMConfig
	client    *messaging.Client
	transport *http.Transport
}

// fcmProject is what a project id may look like; it becomes part of the request's path.
var fcmProject = regexp.MustCompile(`^[a-z0-9][a-z0-9.:-]*$`)

// NewFCM checks the configuration and returns a sender; it opens no connection. Every mistake is reported at once.
func NewFCM(c FCMConfig) (*FCM, error) {
	problems := c.fill()
	tokens, err := fcmTokens(c)
	if err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	f := &FCM{config: c, transport: keptTransport(c.RootCAs, c.Connections)}
	hc := &http.Client{
		Transport:     onlyOnce{recorder{next: bearer{source: tokens, next: newHostWays(f.transport)}, now: c.Now, losses: &losses{}}},
		CheckRedirect: noRedirects,
	}
	f.client, err = openMessaging(c.ProjectID,
		option.WithHTTPClient(hc), option.WithEndpoint(strings.TrimSuffix(c.Endpoint, "/")+"/v1"))
	if err != nil {
		return nil, err
	}
	return f, nil
}

// fill sets the defaults and returns what is missing.
func (c *FCMConfig) fill() []error {
	if c.Endpoint == "" {
		c.Endpoint = "https://fcm.googleapis.com"
	}
	if c.Channel == "" {
		c.Channel = "routine"
	}
	if c.CriticalChannel == "" {
		c.CriticalChannel = "critical"
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
	if !fcmProject.MatchString(c.ProjectID) {
		problems = append(problems, errors.New("FCM: ProjectID is missing or malformed; it is shown in the Firebase console under Project settings"))
	}
	if u, err := url.Parse(c.Endpoint); err != nil || u.Host == "" || (u.Scheme != "https" && !plainLoopback(u)) {
		problems = append(problems, errors.New("FCM: Endpoint must be an https address; plain http is accepted for loopback addresses only"))
	}
	return problems
}

// Send sends one push with exactly one request and tells what became of it. It waits until ctx ends or FCMConfig.Timeout has passed.
//
// It calls firebase's Send and never SendEach, which runs 50 goroutines per call and returns with its slowest push.
func (f *FCM) Send(ctx context.Context, p notify.Push) notify.Result {
	if p.Delivery.Address == "" {
		return notify.Result{Outcome: notify.EndpointGone, Reason: "bad_device_token"}
	}
	ctx, cancel := context.WithTimeout(ctx, f.config.Timeout)
	defer cancel()
	ctx, e := withExchange(ctx, p.Delivery.Urgency)
	_, err := f.client.Send(withStop(ctx, cancel), buildFCM(p, f.config, f.config.Now()))
	var sign tokenError
	switch {
	case e.status != 0:
		return fcmOutcome(e)
	case e.attempts == 0 && ctx.Err() == nil:
		return notify.Result{Outcome: notify.Refused, Reason: "not_buildable"} // the library's own check of the message
	case errors.As(e.err, &sign) && sign.refused():
		return notify.Result{Outcome: notify.Misconfigured, Reason: "credentials_refused"}
	case e.err != nil:
		err = e.err
	}
	return failure(e, err)
}

// Close closes the kept connections; pushes on their way end by their own deadline.
func (f *FCM) Close(context.Context) error {
	f.transport.CloseIdleConnections()
	return nil
}

// onlyOnce keeps firebase from sending again what may have been taken: the library repeats a request up to four times after a network
// error or a 503 and offers no switch. After the first failed attempt it ends the send's context, which also cuts the library's waiting
// short; recorder refuses whatever comes in spite of that.
type onlyOnce struct{ next http.RoundTripper }

type stopKey struct{}

func withStop(ctx context.Context, stop context.CancelFunc) context.Context {
	return context.WithValue(ctx, stopKey{}, stop)
}

func (t onlyOnce) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := t.next.RoundTrip(req)
	if stop, ok := req.Context().Value(stopKey{}).(context.CancelFunc); ok && (err != nil || res.StatusCode >= 500) {
		stop()
	}
	return res, err
}
