package sandbox

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/uuid"
)

// apnsServer speaks APNs. It has its own small HTTP/2 server (apns_conn.go) because Apple's rule, one stream until a valid token was answered
// and many after that, needs SETTINGS to change in the middle of a connection, and the servers of net/http and x/net cannot do that.
type apnsServer struct {
	s        *Sandbox
	switches *switches
	topic    string

	mu    sync.Mutex
	conns map[*apnsConn]struct{}
}

func (s *Sandbox) startAPNs() error {
	l, err := s.listen(APNs, s.cfg.Ports.APNs)
	if err != nil {
		return err
	}
	a := &apnsServer{s: s, switches: s.faults.of(APNs), topic: s.cfg.APNs.Topic, conns: map[*apnsConn]struct{}{}}
	s.apns = a
	s.addrs.APNs = "https://" + s.hostPort(l)
	conf := s.serverTLS(APNs, "h2")
	s.spawn(func() { a.accept(l, conf) })
	s.stops = append(s.stops, l.Close, a.closeAll)
	return nil
}

func (a *apnsServer) accept(l net.Listener, conf *tls.Config) {
	for {
		raw, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // out of file descriptors: the client will try again
		}
		c := newAPNsConn(a, tls.Server(raw, conf))
		a.mu.Lock()
		select {
		case <-a.s.done:
			a.mu.Unlock()
			_ = raw.Close()
			return
		default:
			a.conns[c] = struct{}{}
			a.s.spawn(c.serve)
		}
		a.mu.Unlock()
	}
}

func (a *apnsServer) forget(c *apnsConn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conns, c)
}

func (a *apnsServer) closeAll() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	for c := range a.conns {
		closeConn(c.conn, false)
	}
	return nil
}

// apnsAnswer is what goes back for one push.
type apnsAnswer struct {
	status int
	reason string
	id     string
	since  time.Time // with 410
	retry  int       // Retry-After in seconds
	authed bool      // the request carried a valid token
}

// apnsPush is one request, complete with its payload.
type apnsPush struct {
	method, path, bearer, topic, id, pushType, priority, expiration, collapse string
	payload                                                                   []byte
	oversized                                                                 bool
}

func (p *apnsPush) set(name, value string) {
	switch name {
	case ":method":
		p.method = value
	case ":path":
		p.path = value
	case "authorization":
		p.bearer = value
	case "apns-topic":
		p.topic = value
	case "apns-id":
		p.id = value
	case "apns-push-type":
		p.pushType = value
	case "apns-priority":
		p.priority = value
	case "apns-expiration":
		p.expiration = value
	case "apns-collapse-id":
		p.collapse = value
	}
}

// maxAPNsPayload is Apple's limit for everything but VoIP, in bytes.
const maxAPNsPayload = 4096

// judge says what APNs answers to a push when nothing is wrong with APNs itself, and the device token it is for.
func (a *apnsServer) judge(p *apnsPush, auth *apnsAuth) (apnsAnswer, string) {
	token, isDevice := strings.CutPrefix(p.path, "/3/device/")
	no := func(status int, reason string) (apnsAnswer, string) {
		return apnsAnswer{status: status, reason: reason, id: p.id, authed: auth.valid}, token
	}
	id := p.id
	if p.id == "" {
		id = strings.ToUpper(uuid.NewString())
	} else if _, err := uuid.Parse(p.id); err != nil || len(p.id) != 36 {
		p.id = ""
		return no(400, "BadMessageId")
	}
	p.id = id
	switch {
	case p.method != "POST":
		return no(405, "MethodNotAllowed")
	case !isDevice:
		return no(404, "BadPath")
	case token == "":
		return no(400, "MissingDeviceToken")
	}
	if reason := a.authorise(p.bearer, auth); reason != "" {
		return no(403, reason)
	}
	switch {
	case p.topic == "":
		return no(400, "MissingTopic")
	case p.collapse != "" && len(p.collapse) > 64:
		return no(400, "BadCollapseId")
	case p.priority != "" && p.priority != "10" && p.priority != "5" && p.priority != "1":
		return no(400, "BadPriority")
	case !isUnixTime(p.expiration):
		return no(400, "BadExpirationDate")
	case !isPushType(p.pushType):
		return no(400, "InvalidPushType")
	case p.oversized || len(p.payload) > maxAPNsPayload:
		return no(413, "PayloadTooLarge")
	case !json.Valid(p.payload) || p.payload[0] != '{':
		return no(400, "PayloadEmpty")
	case !isDeviceToken(token):
		return no(400, "BadDeviceToken")
	case p.topic != a.topic:
		return no(400, "DeviceTokenNotForTopic")
	}
	if since, gone := a.switches.goneSince(token); gone {
		return apnsAnswer{status: 410, reason: "Unregistered", id: id, since: since, authed: true}, token
	}
	return apnsAnswer{status: 200, id: id, authed: true}, token
}

// apnsAuth remembers the last provider token of a connection, so that its signature is checked once.
type apnsAuth struct {
	bearer   string
	valid    bool
	issuedAt time.Time
}

// authorise returns APNs' reason for refusing a provider token, or "".
func (a *apnsServer) authorise(header string, auth *apnsAuth) string {
	scheme, bearer, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") || bearer == "" {
		auth.valid = false
		return "MissingProviderToken"
	}
	if bearer != auth.bearer {
		auth.bearer = bearer
		auth.issuedAt, auth.valid = a.verify(bearer)
	} else if !auth.issuedAt.IsZero() {
		auth.valid = true
	}
	if !auth.valid {
		return "InvalidProviderToken"
	}
	if age := a.s.now().Sub(auth.issuedAt); age > time.Hour || age < -5*time.Minute {
		auth.valid = false
		if age > 0 {
			return "ExpiredProviderToken"
		}
		return "InvalidProviderToken"
	}
	return ""
}

// verify checks the signature, key id and team of a provider token and returns when it was issued.
func (a *apnsServer) verify(bearer string) (time.Time, bool) {
	claims := jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256"}), jwt.WithoutClaimsValidation())
	token, err := parser.ParseWithClaims(bearer, claims, func(*jwt.Token) (any, error) { return a.s.keys.apnsKey.Public(), nil })
	if err != nil || token.Header["kid"] != a.s.keys.apnsKeyID || claims["iss"] != a.s.keys.apnsTeamID {
		return time.Time{}, false
	}
	iat, ok := claims["iat"].(float64)
	return time.Unix(int64(iat), 0), ok && iat > 0
}

func isUnixTime(v string) bool {
	if v == "" {
		return true
	}
	_, err := strconv.ParseUint(v, 10, 63)
	return err == nil
}

func isPushType(v string) bool {
	switch v {
	case "", "alert", "background", "location", "voip", "complication", "fileprovider", "mdm", "liveactivity", "pushtotalk", "widgets", "controls":
		return true
	}
	return false
}

// isDeviceToken accepts hex of 32 to 100 bytes: Apple's tokens have 32 today and may grow.
func isDeviceToken(t string) bool {
	if len(t) < 64 || len(t) > 200 || len(t)%2 != 0 {
		return false
	}
	for i := range len(t) {
		if c := t[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') && (c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}

// apnsReason is the usual reason with a status that a fault asks for.
func apnsReason(status int) string {
	switch status {
	case 400:
		return "BadDeviceToken"
	case 403:
		return "InvalidProviderToken"
	case 404:
		return "BadPath"
	case 405:
		return "MethodNotAllowed"
	case 410:
		return "Unregistered"
	case 413:
		return "PayloadTooLarge"
	case 429:
		return "TooManyRequests"
	case 503:
		return "ServiceUnavailable"
	}
	return "InternalServerError"
}
