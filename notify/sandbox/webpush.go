package sandbox

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

// webPushServer is a push service (RFC 8030) and the browsers behind it: it hands out subscriptions, keeps their private keys, and decrypts
// what arrives.
type webPushServer struct {
	s    *Sandbox
	gate gate

	mu            sync.RWMutex
	subscriptions map[string]*subscription
	vapid         map[string]vapidToken // verified tokens, so that a signature is checked once
}

// subscription is a browser's side of a subscription.
type subscription struct {
	private   *ecdh.PrivateKey
	auth      []byte
	serverKey string // applicationServerKey that it is bound to, "" for any
}

type vapidToken struct {
	audience string
	expires  time.Time
}

// Subscription is what a browser hands to the application, in the shape of PushSubscription.toJSON().
type Subscription struct {
	Endpoint string           `json:"endpoint"`
	Keys     SubscriptionKeys `json:"keys"`
}

// SubscriptionKeys are the browser's public key and secret, base64url.
type SubscriptionKeys struct {
	P256dh string `json:"p256dh"`
	Auth   string `json:"auth"`
}

// NewSubscription lets a pretend browser subscribe. applicationServerKey binds it to one VAPID public key (base64url); with "" any valid
// VAPID key may push to it. The browser ends it with [Sandbox.MarkGone] on its endpoint.
func (s *Sandbox) NewSubscription(applicationServerKey string) (Subscription, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return Subscription{}, fmt.Errorf("sandbox: subscription: %w", err)
	}
	sub := &subscription{private: key, auth: make([]byte, 16), serverKey: strings.TrimRight(applicationServerKey, "=")}
	_, _ = rand.Read(sub.auth) // never fails
	id := hexID(24)
	s.webpush.mu.Lock()
	s.webpush.subscriptions[id] = sub
	s.webpush.mu.Unlock()
	return Subscription{Endpoint: s.addrs.WebPush + "/push/" + id, Keys: SubscriptionKeys{
		P256dh: base64.RawURLEncoding.EncodeToString(key.PublicKey().Bytes()), Auth: base64.RawURLEncoding.EncodeToString(sub.auth)}}, nil
}

func (s *Sandbox) startWebPush() error {
	l, err := s.listen(WebPush, s.cfg.Ports.WebPush)
	if err != nil {
		return err
	}
	p := &webPushServer{s: s, subscriptions: map[string]*subscription{}, vapid: map[string]vapidToken{}}
	p.gate = gate{s: s, provider: WebPush, refuse: func(w http.ResponseWriter, status int, reason string) {
		webPushError(w, status, strings.TrimSpace(reason+" switched on in the sandbox"))
	}}
	s.webpush = p
	s.addrs.WebPush = "https://" + s.hostPort(l)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /push/{id}", p.push)
	s.serveWeb(l, s.serverTLS(WebPush, "h2", "http/1.1"), mux)
	return nil
}

// push takes one message.
func (p *webPushServer) push(w http.ResponseWriter, r *http.Request) {
	endpoint := p.s.addrs.WebPush + "/push/" + r.PathValue("id")
	p.mu.RLock()
	sub := p.subscriptions[r.PathValue("id")]
	p.mu.RUnlock()
	if sub == nil {
		webPushError(w, http.StatusNotFound, "no such subscription")
		return
	}
	if _, gone := p.s.faults.of(WebPush).goneSince(endpoint); gone {
		webPushError(w, http.StatusGone, "push subscription has unsubscribed or expired")
		return
	}
	if status, text := p.authorise(r, sub); status != 0 {
		webPushError(w, status, text)
		return
	}
	ttl, err := strconv.ParseUint(r.Header.Get("TTL"), 10, 31)
	topic := r.Header.Get("Topic")
	switch {
	case err != nil:
		webPushError(w, http.StatusBadRequest, "TTL header is missing or no number of seconds")
		return
	case r.Header.Get("Content-Encoding") != "aes128gcm":
		webPushError(w, http.StatusBadRequest, "Content-Encoding has to be aes128gcm")
		return
	case len(topic) > 32 || !isBase64URL(topic):
		webPushError(w, http.StatusBadRequest, "Topic has to be at most 32 characters of base64url")
		return
	case !isUrgency(r.Header.Get("Urgency")):
		webPushError(w, http.StatusBadRequest, "Urgency has to be very-low, low, normal or high")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, int64(p.s.cfg.WebPush.MaxBody)+1))
	if err != nil {
		return // the client is gone
	}
	if len(body) > p.s.cfg.WebPush.MaxBody {
		webPushError(w, http.StatusRequestEntityTooLarge, "payload is too large")
		return
	}
	id := "/message/" + hexID(12)
	d := Delivered{Provider: WebPush, Channel: Push, To: endpoint, ID: id, Key: contentKey(string(body)), From: p.s.addrs.WebPush, Raw: body}
	if topic != "" {
		d.Key = "topic:" + topic
	}
	for _, name := range []string{"TTL", "Urgency", "Topic"} {
		if v := r.Header.Get(name); v != "" {
			d.Headers = append(d.Headers, Header{name, v})
		}
	}
	p.gate.pass(w, r, endpoint, func(unanswered bool) {
		d.Unanswered, d.Peer = unanswered, r.RemoteAddr
		p.s.journal.add(d, sub.open)
	}, func(w http.ResponseWriter) {
		w.Header().Set("Location", p.s.addrs.WebPush+id)
		w.Header().Set("TTL", strconv.FormatUint(ttl, 10))
		w.WriteHeader(http.StatusCreated)
	})
}

// authorise checks VAPID (RFC 8292); status 0 lets the request in.
func (p *webPushServer) authorise(r *http.Request, sub *subscription) (status int, text string) {
	scheme, params, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "vapid") {
		return http.StatusUnauthorized, "VAPID authorization is missing"
	}
	var token, key string
	for part := range strings.SplitSeq(params, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "t":
			token = value
		case "k":
			key = strings.TrimRight(value, "=")
		}
	}
	known, err := p.verify(token, key)
	now := p.s.now()
	at, _ := url.Parse(known.audience)
	switch {
	case err != nil:
		return http.StatusForbidden, "VAPID token: " + err.Error()
	case at == nil || at.Host != r.Host:
		return http.StatusForbidden, "VAPID token is for another audience"
	case now.After(known.expires) || known.expires.After(now.Add(24*time.Hour+time.Minute)):
		return http.StatusForbidden, "VAPID token has expired or lives longer than 24 hours"
	case sub.serverKey != "" && sub.serverKey != key:
		return http.StatusForbidden, "the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions." // Google's words
	}
	return 0, ""
}

func (p *webPushServer) verify(token, key string) (vapidToken, error) {
	p.mu.RLock()
	known, ok := p.vapid[token+key]
	p.mu.RUnlock()
	if ok {
		return known, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil {
		return known, fmt.Errorf("k is not base64url")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw)
	if err != nil {
		return known, fmt.Errorf("k is no P-256 point")
	}
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	if _, err := parser.ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return public, nil }); err != nil {
		return known, fmt.Errorf("the signature does not fit the key")
	}
	sub, _ := claims["sub"].(string)
	exp, _ := claims["exp"].(float64)
	if !strings.HasPrefix(sub, "mailto:") && !strings.HasPrefix(sub, "https:") {
		return known, fmt.Errorf("sub has to be a mailto or https URI")
	}
	known.audience, _ = claims["aud"].(string)
	known.expires = time.Unix(int64(exp), 0)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.vapid) > 1000 { // senders that sign afresh for each push
		clear(p.vapid)
	}
	p.vapid[token+key] = known
	return known, nil
}

func isBase64URL(v string) bool {
	return !strings.ContainsFunc(v, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '_' && r != '-'
	})
}

func isUrgency(v string) bool {
	return v == "" || v == "very-low" || v == "low" || v == "normal" || v == "high"
}

func webPushError(w http.ResponseWriter, status int, text string) {
	writeJSON(w, status, map[string]any{"code": status, "error": http.StatusText(status), "message": text})
}
