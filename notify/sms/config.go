package sms

import (
	"cmp"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"

	"budstikke.example/notify"
)

// Config says how text messages leave.
type Config struct {
	// BaseURL is the address of Twilio's API; empty means https://api.twilio.com.
	BaseURL string
	// AccountSID is the account that pays (AC…).
	AccountSID string
	// Username signs in: an API key's SID (SK…); empty means AccountSID.
	Username string
	// Password is the API key's secret or the account's auth token. It is never logged.
	Password string
	// From is the sender: an E.164 number or an alphanumeric name. Either From or MessagingService is needed.
	From string
	// MessagingService is the SID of a messaging service (MG…) that chooses the sender.
	MessagingService string
	// StatusCallback returns the https address that Twilio reports the fate of a delivery to; plain http is accepted for loopback addresses,
	// to try out. nil means no reports. New calls it once with an empty delivery to check what it returns, because Twilio refuses every
	// message that names an address it cannot use.
	StatusCallback func(d notify.Delivery) string
	// Validity is how long Twilio may hold a message back before it gives up; an alert that arrives hours late does harm. It is cut to the
	// delivery's own life. 0 means 10 min; at least 1 s, at most 10 h.
	Validity time.Duration
	// Countries are the calling codes that may be written to; nil means Countries(). Premium and foreign numbers cost real money.
	Countries []string
	// Connections is how many connections are kept to the host; 0 means 200.
	Connections int
	// RootCAs are the authorities trusted for the server's certificate; nil means the system's.
	RootCAs *x509.CertPool
	// Timeout bounds one Send whose context has no earlier deadline; 0 means 10 s.
	Timeout time.Duration
	// Now is the clock of lifetimes; nil means time.Now.
	Now func() time.Time
}

// Countries are the Nordic calling codes: Denmark, Sweden, Norway, Iceland, Finland, the Faroe Islands.
func Countries() []string { return []string{"+45", "+46", "+47", "+354", "+358", "+298"} }

// fill sets the defaults and returns the address and everything that is wrong.
func (c *Config) fill() (*url.URL, []error) {
	c.BaseURL = cmp.Or(c.BaseURL, "https://api.twilio.com")
	c.Username = cmp.Or(c.Username, c.AccountSID)
	c.Validity = cmp.Or(c.Validity, 10*time.Minute)
	c.Connections = cmp.Or(c.Connections, 200)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	if c.Countries == nil {
		c.Countries = Countries()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	var problems []error
	wrong := func(text string) { problems = append(problems, errors.New("SMS: "+text)) }
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Host == "" || (base.Scheme != "https" && !plainLoopback(base)) {
		wrong("BaseURL must be an https address; plain http is accepted for loopback addresses only")
	}
	if !alphanumeric(c.AccountSID) || !strings.HasPrefix(c.AccountSID, "AC") {
		wrong("AccountSID must be the account's SID; it starts with AC and is shown in Twilio's console")
	}
	// twilio-go refuses other characters before it sends anything, once per message; here it is found at start.
	if !alphanumeric(c.Username) || !alphanumeric(c.Password) {
		wrong("Username and Password must be an API key's SID and secret, or the account's SID and auth token; both are letters and digits only")
	}
	if (c.From == "") == (c.MessagingService == "") {
		wrong("give either From or MessagingService")
	}
	if c.StatusCallback != nil {
		if u, err := url.Parse(c.StatusCallback(notify.Delivery{})); err != nil || u.Host == "" || (u.Scheme != "https" && !plainLoopback(u)) {
			wrong("StatusCallback must return an https address; plain http is accepted for loopback addresses only")
		}
	}
	if c.Validity < time.Second || c.Validity > 10*time.Hour {
		wrong("Validity must lie between 1 s and 10 h")
	}
	for _, code := range c.Countries {
		if len(code) < 2 || code[0] != '+' || !alphanumeric(code[1:]) {
			wrong("Countries must be calling codes such as +47")
			break
		}
	}
	return base, problems
}

// plainLoopback tells whether an address may be plain http: only on this machine, where the sandbox plays the provider.
func plainLoopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "http" && (u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback()))
}

// alphanumeric tells whether a text is letters and digits only, and not empty.
func alphanumeric(s string) bool {
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return s != ""
}
