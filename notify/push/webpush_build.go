package push

import (
	"crypto/ecdh"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"time"

	webpush "github.com/SherClockHolmes/webpush-go"

	"budstikke.example/notify"
)

var (
	errBadSubscription = errors.New("push: the subscription is malformed")
	errHostNotAllowed  = errors.New("push: the subscription's push service is not on the allow-list")
)

// webPushPayload is what the service worker gets after decryption. The library pads it, so that its length tells nothing either.
type webPushPayload struct {
	Title   string `json:"title"`
	Body    string `json:"body"`
	Kind    string `json:"kind"`
	Event   string `json:"event"`
	Subject string `json:"subject"`
	Link    string `json:"link"`
	Dedupe  string `json:"dedupe"`
}

// webPushMessage is one web push before encryption.
type webPushMessage struct {
	body    []byte
	topic   string // a push that still waits is replaced by a later one with the same topic
	ttl     int    // seconds; RFC 8030 demands it
	urgency webpush.Urgency
}

// buildWebPush translates a push.
func buildWebPush(p notify.Push, now time.Time) (webPushMessage, error) {
	c := contentOf(p)
	body, err := json.Marshal(webPushPayload{
		Title: c.Title, Body: c.Body, Kind: string(c.Kind), Event: c.Event.String(), Subject: c.Subject.String(),
		Link: c.Link, Dedupe: c.Dedupe,
	})
	m := webPushMessage{
		body: body, topic: c.Dedupe, ttl: int(lifetime(p.Delivery, now) / time.Second), urgency: webpush.UrgencyNormal,
	}
	if isCritical(p.Delivery) {
		m.urgency = webpush.UrgencyHigh
	}
	return m, err
}

// parseSubscription reads what a browser registered (PushSubscription as JSON). It fails with errBadSubscription when nothing can ever be
// sent to it, and with errHostNotAllowed when its host is not one of hosts: the address comes from a client, and without the list a client
// could make us call any server, inside the house too (SSRF).
func parseSubscription(text string, hosts []string) (*webpush.Subscription, error) {
	var s webpush.Subscription
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return nil, errBadSubscription
	}
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, errBadSubscription
	}
	if !hostAllowed(u, hosts) {
		return nil, errHostNotAllowed
	}
	point, err := subscriptionKey(s.Keys.P256dh)
	if err != nil {
		return nil, errBadSubscription
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return nil, errBadSubscription
	}
	if secret, err := subscriptionKey(s.Keys.Auth); err != nil || len(secret) != 16 {
		return nil, errBadSubscription
	}
	return &s, nil
}

// hostAllowed compares host and port with the allow-list.
func hostAllowed(u *url.URL, hosts []string) bool {
	host := strings.ToLower(u.Hostname())
	withPort := host + ":" + u.Port()
	for _, allowed := range hosts {
		allowed = strings.TrimPrefix(strings.ToLower(allowed), ".")
		switch {
		case strings.Contains(allowed, ":"):
			if withPort == allowed {
				return true
			}
		case u.Port() != "" && u.Port() != "443":
		case allowed != "" && (host == allowed || strings.HasSuffix(host, "."+allowed)):
			return true
		}
	}
	return false
}

// subscriptionKey decodes a key in any of the base64 spellings that browsers use.
func subscriptionKey(s string) ([]byte, error) {
	s = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(s, "="))
	return base64.RawURLEncoding.DecodeString(s)
}
