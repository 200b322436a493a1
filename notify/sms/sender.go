package sms

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	twilio "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"

	"budstikke.example/notify"
)

// Sender sends text messages through Twilio. It is safe for concurrent use.
type Sender struct {
	config    Config
	base      *url.URL
	transport *http.Transport
}

// New checks the configuration and returns a Sender; it opens no connection. Every mistake is reported at once.
func New(c Config) (*Sender, error) {
	base, problems := c.fill()
	if len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	return &Sender{config: c, base: base, transport: keptTransport(c.RootCAs, c.Connections)}, nil
}

// Send sends one text message with exactly one request and tells what became of it. The type notify.SMS can only be made from a critical
// delivery, and its zero value is Refused here (V20). It waits until ctx ends or Config.Timeout has passed.
func (s *Sender) Send(ctx context.Context, m notify.SMS) notify.Result {
	d := m.Delivery()
	if _, err := notify.JustifySMS(d, notify.Words{}); err != nil { // V20: the zero value is a notify.SMS too
		return notify.Result{Outcome: notify.Refused, Reason: "not_justified"}
	}
	switch {
	case m.Text() == "":
		return notify.Result{Outcome: notify.Refused, Reason: "no_text"}
	case !isNumber(d.Address):
		return notify.Result{Outcome: notify.EndpointGone, Reason: "bad_number"}
	case !s.allowed(d.Address):
		return notify.Result{Outcome: notify.Refused, Reason: "country_not_allowed"}
	}
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	if ctx.Err() != nil {
		return notify.Result{Outcome: notify.Unavailable, Reason: "timeout"}
	}
	c := &call{ctx: ctx, base: s.base, next: s.transport, now: s.config.Now}
	message, err := s.service(c).CreateMessage(s.build(m))
	if err != nil || c.status < 200 || c.status >= 300 {
		return outcome(c, err)
	}
	r := notify.Result{Outcome: notify.Accepted, Status: c.status}
	if message != nil && message.Sid != nil {
		r.ProviderID = *message.Sid
	}
	return r
}

// service is twilio-go's client for one call. It is cheap; the connections live in the shared transport.
func (s *Sender) service(c *call) *api.ApiService {
	client := &twilio.Client{
		Credentials: twilio.NewCredentials(s.config.Username, s.config.Password),
		HTTPClient: &http.Client{
			Transport:     c,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	client.SetAccountSid(s.config.AccountSID)
	return api.NewApiServiceWithClient(client)
}

// build translates a text message into Twilio's parameters.
func (s *Sender) build(m notify.SMS) *api.CreateMessageParams {
	d := m.Delivery()
	params := (&api.CreateMessageParams{}).SetTo(d.Address).SetBody(m.Text()).SetValidityPeriod(s.validity(d))
	if s.config.MessagingService != "" {
		params.SetMessagingServiceSid(s.config.MessagingService)
	} else {
		params.SetFrom(s.config.From)
	}
	if s.config.StatusCallback != nil {
		params.SetStatusCallback(s.config.StatusCallback(d))
	}
	return params
}

// validity is how many seconds Twilio may hold a message back: Config.Validity, cut to the delivery's own life, at least one.
func (s *Sender) validity(d notify.Delivery) int {
	validity := s.config.Validity
	if !d.ExpiresAt.IsZero() {
		validity = min(validity, d.ExpiresAt.Sub(s.config.Now()))
	}
	return max(1, int(validity/time.Second))
}

// allowed tells whether a number's country is on the list.
func (s *Sender) allowed(number string) bool {
	for _, code := range s.config.Countries {
		if strings.HasPrefix(number, code) {
			return true
		}
	}
	return false
}

// isNumber tells whether an address is an E.164 number: a plus, then 8 to 15 digits that do not start with zero.
func isNumber(s string) bool {
	if len(s) < 9 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, r := range s[1:] {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// Close closes the kept connections; messages on their way end by their own deadline.
func (s *Sender) Close(context.Context) error {
	s.transport.CloseIdleConnections()
	return nil
}
