package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Fault is one thing that goes wrong on purpose. See [Modes] for what each provider knows.
type Fault struct {
	// Mode says what happens: an HTTP or SMTP status such as "429" or "550", answered in the provider's own shape, or one of the words below.
	Mode string `json:"mode"`
	// Match is the receiver it is meant for: device token, endpoint, number, mail address, or a BankID personal number. Empty means everybody; a
	// trailing "*" matches by prefix.
	Match string `json:"match,omitempty"`
	// Count is how many requests it meets before it is used up; 0 is without end.
	Count int `json:"count,omitempty"`
	// Rate is the share of requests it meets, between 0 and 1; 0 means all. The choice is repeatable by [Config.Seed].
	Rate float64 `json:"rate,omitempty"`
	// RetryAfter is sent as Retry-After with a status, in whole seconds; 0 sends none.
	RetryAfter int `json:"retryAfter,omitempty"`
	// Reason takes the place of the usual reason or error code in the answer: "TooManyProviderTokenUpdates", "QUOTA_EXCEEDED", "21610".
	Reason string `json:"reason,omitempty"`
	// After applies to SMTP's "421": so many messages of a session are taken before it.
	After int `json:"after,omitempty"`
}

// Words for [Fault.Mode].
const (
	// ModeHang reads the request and never answers; nothing is recorded.
	ModeHang = "hang"
	// ModeHangAfterAccept records the message and never answers.
	ModeHangAfterAccept = "hang_after_accept"
	// ModeReset cuts the connection with a TCP reset; nothing is recorded.
	ModeReset = "reset"
	// ModeDropAfterAccept records the message, then cuts the connection without an answer: the sender cannot know.
	ModeDropAfterAccept = "drop_after_accept"
	// ModeAcceptThen500 records the message and answers 500 (Twilio, FCM, APNs, web push): the sender should not believe it.
	ModeAcceptThen500 = "accept_then_500"
	// ModeGoAway takes the message and tells the client, by HTTP/2 GOAWAY (Connection: close on HTTP/1.1), to leave the connection.
	ModeGoAway = "goaway"
	// ModeGoAwayRefuse answers GOAWAY without having processed the request, as APNs does at shutdown.
	ModeGoAwayRefuse = "goaway_refuse"
	// ModeSlow takes the message and answers one byte per second.
	ModeSlow = "one_byte_per_second"
	// ModeExpiredCertificate cuts the connection of every request and shows a certificate that has expired to whoever connects anew; nothing is
	// recorded. It meets everybody: a handshake names no receiver.
	ModeExpiredCertificate = "expired_certificate"
	// ModeHTML answers 502 with an HTML page, as a proxy in front of the provider would.
	ModeHTML = "html_502"
	// ModeUndelivered and ModeFailed accept an SMS that then ends in that status; Reason is the error code, 30003 when empty.
	ModeUndelivered = "undelivered"
	ModeFailed      = "failed"
	// ModeNoCallback accepts and delivers an SMS whose status callbacks never come.
	ModeNoCallback = "no_callback"
	// ModeMaintenance, ModeUnauthorized and ModeAlreadyInProgress are BankID's answers of that name; unauthorized is an HTML page.
	ModeMaintenance       = "maintenance"
	ModeUnauthorized      = "unauthorized"
	ModeAlreadyInProgress = "alreadyInProgress"
)

var connectionModes = []string{ModeHang, ModeHangAfterAccept, ModeReset, ModeDropAfterAccept, ModeSlow}

// Modes returns the words that a provider knows besides statuses. Statuses are "400" to "599"; for SMTP they are replies from 400 to 599.
func Modes(p Provider) []string {
	connection := append(slices.Clone(connectionModes), ModeExpiredCertificate)
	web := append(slices.Clone(connection), ModeAcceptThen500, ModeGoAway, ModeHTML)
	switch p {
	case APNs:
		return append(connection, ModeAcceptThen500, ModeGoAway, ModeGoAwayRefuse)
	case Twilio:
		return append(web, ModeUndelivered, ModeFailed, ModeNoCallback)
	case SMTP:
		return connection
	case BankID:
		return []string{ModeHang, ModeReset, ModeSlow, ModeHTML, ModeMaintenance, ModeUnauthorized, ModeAlreadyInProgress}
	case FCM, WebPush:
		return web
	}
	return nil
}

// check says what is wrong with f for p.
func (f Fault) check(p Provider) error {
	if !slices.Contains(Providers(), p) {
		return fmt.Errorf("there is no provider %q; use one of %v", p, Providers())
	}
	status, err := strconv.Atoi(f.Mode)
	switch {
	case err == nil && (status < 400 || status > 599):
		return fmt.Errorf("status %d is no fault; use 400 to 599", status)
	case err != nil && !slices.Contains(Modes(p), f.Mode):
		return fmt.Errorf("%s knows no fault %q; use a status or one of %v", p, f.Mode, Modes(p))
	case f.Rate < 0 || f.Rate > 1:
		return fmt.Errorf("rate %v is not between 0 and 1", f.Rate)
	case f.Count < 0 || f.After < 0 || f.RetryAfter < 0:
		return fmt.Errorf("count, after and retryAfter cannot be negative")
	case f.After > 0 && (p != SMTP || f.Mode != "421"):
		return fmt.Errorf("after is only for smtp with mode 421")
	}
	return nil
}

// status returns the numeric mode, 0 for a word.
func (f Fault) status() int {
	n, _ := strconv.Atoi(f.Mode)
	return n
}

// AddFault switches a fault on. Faults of one provider are tried in the order in which they were added; the first that meets a request decides.
// The error says which mode or value the provider does not know.
func (s *Sandbox) AddFault(p Provider, f Fault) error { return s.faults.add(p, f) }

// ClearFaults switches off every fault of the provider, and its latency.
func (s *Sandbox) ClearFaults(p Provider) { s.faults.clear(p) }

// Faults lists what is switched on and not used up; Count is what is left.
func (s *Sandbox) Faults() map[Provider][]Fault { return s.faults.list() }

// SetLatency makes every answer of the provider wait that long.
func (s *Sandbox) SetLatency(p Provider, d time.Duration) { s.faults.setLatency(p, d) }

// MarkGone makes the provider treat receivers as gone since that moment: APNs 410 Unregistered with that timestamp, FCM 404 UNREGISTERED, web
// push 410, Twilio 21610 (opted out), SMTP 550.
func (s *Sandbox) MarkGone(p Provider, since time.Time, receivers ...string) {
	s.faults.markGone(p, since, receivers)
}

// ClearGone makes every receiver of the provider reachable again.
func (s *Sandbox) ClearGone(p Provider) { s.faults.clearGone(p) }
