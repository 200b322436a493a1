package email

import (
	"cmp"
	"crypto/x509"
	"errors"
	"net"
	"net/mail"
	"net/url"
	"strings"
	"time"

	"budstikke.example/notify"
)

// TLSPolicy says how the connection to the mail server is protected.
type TLSPolicy string

// The TLS policies.
const (
	TLSMandatory TLSPolicy = "mandatory" // STARTTLS, refused when the server does not offer it; the default
	TLSImplicit  TLSPolicy = "implicit"  // TLS from the first byte (port 465)
	TLSNone      TLSPolicy = "none"      // plain text; accepted for loopback addresses only
)

// Config says how mail leaves.
type Config struct {
	// Host is the mail server's name or address; its certificate must carry it.
	Host string
	// Port is the mail server's port; 0 means 587 (465 with TLSImplicit).
	Port int
	// TLS is the protection of the connection; empty means TLSMandatory.
	TLS TLSPolicy
	// RootCAs are the authorities trusted for the server's certificate; nil means the system's.
	RootCAs *x509.CertPool
	// Username signs in to the server; empty means no sign-in.
	Username string
	// Password belongs to Username. It is never logged.
	Password string
	// HELO is the name we greet with; empty means MessageIDDomain.
	HELO string
	// From is the sender as a person reads it, such as "Budstikke <no-reply@budstikke.example>".
	From string
	// MessageIDDomain is the right side of Message-ID; empty means the domain of From.
	MessageIDDomain string
	// UnsubscribeURL is the https address that a one-click unsubscribe (RFC 8058) is posted to, without a slash at the end; plain http is
	// accepted for loopback addresses, to try out. The token is appended as one more path element. Empty means that mails carry no
	// List-Unsubscribe.
	UnsubscribeURL string
	// UnsubscribeToken returns the secret that unsubscribes a delivery's endpoint; it must be the same for every attempt. It is needed when
	// UnsubscribeURL is set.
	UnsubscribeToken func(d notify.Delivery) string
	// BounceToken returns the word by which a report about a delivery's mail is recognised (ReadReport): the left side of its Message-ID, the same for every
	// attempt, letters and digits. nil: the delivery's id, and reports are read by nobody.
	BounceToken func(d notify.Delivery) string
	// BounceTo is the address that reports go to, with the token after a plus: bounces@… becomes bounces+TOKEN@…. Empty: they go to From, and only the
	// Message-ID that they quote tells what they are about. It needs BounceToken.
	BounceTo string
	// Connections is how many connections may be open at once; 0 means 4.
	Connections int
	// MailsPerConnection is how many mails one connection carries before it is closed; servers cut long sessions with 421. 0 means 100.
	MailsPerConnection int
	// IdleTimeout is how long an unused connection is kept; 0 means 30 s.
	IdleTimeout time.Duration
	// Timeout bounds one Send whose context has no earlier deadline; 0 means 20 s.
	Timeout time.Duration
	// Now is the clock of the Date header; nil means time.Now.
	Now func() time.Time
}

// longestBounce is how long the left side of BounceTo may be: an address has 64 characters there, and plus and token take 43.
const longestBounce = 20

// fill sets the defaults and returns everything that is wrong.
func (c *Config) fill() []error {
	if c.TLS == "" {
		c.TLS = TLSMandatory
	}
	if c.Port == 0 && c.TLS == TLSImplicit {
		c.Port = 465
	}
	c.Port = cmp.Or(c.Port, 587)
	c.Connections = cmp.Or(c.Connections, 4)
	c.MailsPerConnection = cmp.Or(c.MailsPerConnection, 100)
	c.IdleTimeout = cmp.Or(c.IdleTimeout, 30*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 20*time.Second)
	if c.Now == nil {
		c.Now = time.Now
	}
	var problems []error
	wrong := func(text string) { problems = append(problems, errors.New("e-mail: "+text)) }
	if from, err := mail.ParseAddress(c.From); err != nil {
		wrong(`From must be an address such as "Budstikke <no-reply@budstikke.example>"`)
	} else {
		c.MessageIDDomain = cmp.Or(c.MessageIDDomain, from.Address[strings.LastIndexByte(from.Address, '@')+1:])
	}
	c.HELO = cmp.Or(c.HELO, c.MessageIDDomain)
	if c.Host == "" || hasControl(c.Host) {
		wrong("Host is missing; it is the name of the mail server")
	}
	if c.Port < 1 || c.Port > 65535 || c.Connections < 1 || c.MailsPerConnection < 1 || c.IdleTimeout < 0 || c.Timeout < 0 {
		wrong("Port must lie between 1 and 65535, and no number or time may be negative")
	}
	switch c.TLS {
	case TLSMandatory, TLSImplicit:
	case TLSNone:
		if !loopback(c.Host) {
			wrong("TLS may be none for loopback addresses only; use mandatory or implicit")
		}
	default:
		wrong("TLS must be mandatory, implicit or none")
	}
	if strings.ContainsAny(c.MessageIDDomain+c.HELO, " <>@\r\n\t") {
		wrong("MessageIDDomain and HELO must be host names")
	}
	if c.BounceTo != "" {
		to, err := mail.ParseAddress(c.BounceTo)
		if err != nil || to.Address != c.BounceTo || strings.LastIndexByte(c.BounceTo, '@') > longestBounce || strings.Contains(c.BounceTo, "+") || c.BounceToken == nil {
			wrong("BounceTo must be a bare address with at most 20 characters before the @ and no plus among them, and needs BounceToken")
		}
	}
	if c.UnsubscribeURL != "" {
		if u, err := url.Parse(c.UnsubscribeURL); err != nil || u.Host == "" || (u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname()))) || strings.ContainsAny(c.UnsubscribeURL, "<>, \r\n") {
			wrong("UnsubscribeURL must be an https address; one-click unsubscribing works with no other")
		}
		if c.UnsubscribeToken == nil {
			wrong("UnsubscribeURL needs UnsubscribeToken")
		}
	}
	return problems
}

// loopback tells whether a host is this machine, where the sandbox plays the mail server.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}
