package system

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/proof"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/notify/email"
	"budstikke.example/notify/push"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/sms"
)

// Providers says how everybody outside is reached. A nil entry is switched off.
type Providers struct {
	BankID *bankid.Config
	// BankIDReturns are where BankID on the same device comes back to, by the client's name; BankIDRisk is the highest risk that is let in.
	BankIDReturns map[string]string
	BankIDRisk    bankid.Risk

	OIDC    *oidc.Set // nil: no municipality has an identity provider
	Email   *email.Config
	APNs    *push.APNsConfig
	FCM     *push.FCMConfig
	WebPush *push.WebPushConfig
	SMS     *sms.Config
	// InboundNumber is what guardians send the code to that proves a mobile number (H5).
	InboundNumber string
	// TwilioToken is what Twilio signs its calls to us with.
	TwilioToken string
}

// ProvidersOf reads them from the settings. Error: boot.Mistakes with every setting that cannot be used.
func ProvidersOf(s boot.Settings) (Providers, error) {
	p := Providers{InboundNumber: s.SMS.Inbound, TwilioToken: s.SMS.AuthToken.Reveal(), BankIDRisk: bankid.Risk(s.BankID.MostRisk)}
	var mistakes boot.Mistakes
	wrong := func(name, format string, arguments ...any) {
		mistakes = append(mistakes, boot.Mistake{Name: name, Problem: fmt.Sprintf(format, arguments...)})
	}
	if !p.BankIDRisk.Known() {
		wrong("BANKID_MOST_RISK", "is %q and must be low or moderate, or empty", s.BankID.MostRisk)
	}
	var err error
	if p.BankIDReturns, err = proof.ParseReturns(s.BankID.Returns); err != nil {
		wrong("BANKID_RETURNS", "cannot be used: %v", err)
	}
	if s.BankID.Certificate.Reveal() != "" {
		p.BankID = bankIDOf(s.BankID, wrong)
	}
	if s.OIDC.Providers != "" {
		file, err := os.ReadFile(s.OIDC.Providers)
		if err == nil {
			p.OIDC, err = oidc.Load(file, oidc.Config{})
		}
		if err != nil {
			wrong("OIDC_PROVIDERS", "cannot be used: %v", err)
		}
	}
	if s.Email.Host != "" {
		tls := map[string]email.TLSPolicy{"starttls": email.TLSMandatory, "tls": email.TLSImplicit, "none": email.TLSNone}
		p.Email = &email.Config{
			Host: s.Email.Host, Port: s.Email.Port, TLS: tls[s.Email.TLS], Username: s.Email.Username, Password: s.Email.Password.Reveal(),
			From: s.Email.From, BounceTo: s.Email.Bounces, Connections: s.Email.Connections, MailsPerConnection: s.Email.PerSession, Timeout: s.Email.Timeout,
		}
	}
	if s.APNs.Key.Reveal() != "" {
		roots, err := rootsIn(s.APNs.Authority)
		if err != nil {
			wrong("APNS_CA", "cannot be used: %v", err)
		}
		p.APNs = &push.APNsConfig{
			Host: s.APNs.URL, Key: s.APNs.Key.Reveal(), KeyID: s.APNs.KeyID, TeamID: s.APNs.TeamID, Topic: s.APNs.Topic,
			Clients: s.APNs.Connections, Streams: s.APNs.Streams, RootCAs: roots, Timeout: s.APNs.Timeout,
		}
	}
	if s.FCM.Credentials.Reveal() != "" {
		p.FCM = &push.FCMConfig{
			Endpoint: s.FCM.URL, ProjectID: s.FCM.ProjectID, Credentials: s.FCM.Credentials.Reveal(), Timeout: s.FCM.Timeout,
		}
	}
	if s.WebPush.PrivateKey.Reveal() != "" {
		p.WebPush = &push.WebPushConfig{
			Subscriber: strings.TrimPrefix(s.WebPush.Subject, "mailto:"), PublicKey: s.WebPush.PublicKey, PrivateKey: s.WebPush.PrivateKey.Reveal(),
			Hosts: s.WebPush.Hosts, Timeout: s.WebPush.Timeout,
		}
	}
	if s.SMS.AccountSID != "" {
		p.SMS = &sms.Config{
			BaseURL: s.SMS.URL, AccountSID: s.SMS.AccountSID, Password: s.SMS.AuthToken.Reveal(), Countries: s.SMS.Countries,
			Validity: s.SMS.Validity, Timeout: s.SMS.Timeout,
		}
		if strings.HasPrefix(s.SMS.Sender, "MG") {
			p.SMS.MessagingService = s.SMS.Sender
		} else {
			p.SMS.From = s.SMS.Sender
		}
	}
	if len(mistakes) > 0 {
		return Providers{}, mistakes
	}
	return p, nil
}

// bankIDOf reads the relying party's certificate as the bank gave it out, or in PEM, and the one root that its service is trusted by. wrong is told what cannot
// be used.
func bankIDOf(s boot.BankID, wrong func(name, format string, arguments ...any)) *bankid.Config {
	file, err := []byte(s.Certificate.Reveal()), error(nil)
	c := bankid.Config{BaseURL: s.URL, Timeout: s.Timeout}
	if passphrase := s.Passphrase.Reveal(); passphrase != "" {
		c.Certificate, err = bankid.CertificateFromPKCS12(file, passphrase)
	} else {
		c.Certificate, err = bankid.CertificateFromPEM(file, file)
	}
	if err != nil {
		wrong("BANKID_CERTIFICATE", "cannot be used: %v", err)
	}
	root, err := os.ReadFile(s.Authority)
	if err == nil {
		c.Roots, err = bankid.RootsFromPEM(root)
	}
	if err != nil {
		wrong("BANKID_CA", "cannot be used: %v", err)
	}
	return &c
}

// rootsIn reads a file of certificate authorities; nil, the system's own, when none is named.
func rootsIn(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(file) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", path)
	}
	return roots, nil
}

// sandboxInbound is the number that the sandbox plays the owner of; from the range that Sweden keeps for fiction.
const sandboxInbound = "+46701740600"

// WithSandbox lets the provider sandbox take the place of every provider that is not set up.
func (p Providers) WithSandbox(m sandbox.Manifest) (Providers, error) {
	c := m.Credentials
	if p.BankID == nil {
		certificate, err := bankid.CertificateFromPEM([]byte(c.BankID.CertPEM), []byte(c.BankID.KeyPEM))
		if err != nil {
			return p, fmt.Errorf("the sandbox's BankID certificate: %w", err)
		}
		p.BankID = &bankid.Config{BaseURL: m.Addresses.BankID + "/rp/v6.0/", Certificate: certificate, Roots: c.BankID.ServerPool()}
		if len(p.BankIDReturns) == 0 {
			p.BankIDReturns = c.BankID.Returns
		}
	}
	if p.OIDC == nil && m.Addresses.OpenID != "" {
		var err error
		if p.OIDC, err = sandboxOIDC(m); err != nil {
			return p, fmt.Errorf("the sandbox's identity provider: %w", err)
		}
	}
	if p.Email == nil {
		host, text, err := net.SplitHostPort(m.Addresses.SMTP)
		port, notNumber := strconv.Atoi(text)
		if err := errors.Join(err, notNumber); err != nil {
			return p, fmt.Errorf("the sandbox's mail server: %w", err)
		}
		p.Email = &email.Config{
			Host: host, Port: port, RootCAs: c.CertPool(), Username: c.SMTP.Username, Password: c.SMTP.Password, HELO: "budstikke.example",
			From: "Budstikke <no-reply@budstikke.example>",
		}
	}
	if p.APNs == nil {
		p.APNs = &push.APNsConfig{
			Host: m.Addresses.APNs, Key: c.APNs.KeyP8, KeyID: c.APNs.KeyID, TeamID: c.APNs.TeamID, Topic: c.APNs.Topic, RootCAs: c.CertPool(),
		}
	}
	if p.FCM == nil {
		p.FCM = &push.FCMConfig{
			Endpoint: m.Addresses.FCMTLS, ProjectID: c.FCM.ProjectID, Credentials: c.FCM.ServiceAccountJSON, RootCAs: c.CertPool(),
		}
	}
	if p.WebPush == nil {
		p.WebPush = &push.WebPushConfig{
			Subscriber: "operator@budstikke.example", PublicKey: c.WebPush.VAPIDPublicKey, PrivateKey: c.WebPush.VAPIDPrivateKey,
			Hosts: []string{strings.TrimPrefix(m.Addresses.WebPush, "https://")}, RootCAs: c.CertPool(),
		}
	}
	if p.SMS == nil {
		p.SMS = &sms.Config{
			BaseURL: "https://" + strings.TrimPrefix(m.Addresses.Twilio, "http://"), RootCAs: c.CertPool(), // the port takes both
			AccountSID: c.Twilio.AccountSID, Password: c.Twilio.AuthToken, MessagingService: c.Twilio.MessagingServiceSID,
		}
		p.TwilioToken, p.InboundNumber = c.Twilio.AuthToken, sandboxInbound
	}
	return p, nil
}

// sandboxOIDC is the sandbox's identity provider, for every municipality. In containers it has no address that a browser could open safely, and is
// left out.
func sandboxOIDC(m sandbox.Manifest) (*oidc.Set, error) {
	if u, err := url.Parse(m.Addresses.OpenID); err != nil || !net.ParseIP(u.Hostname()).IsLoopback() {
		return nil, err
	}
	c := m.Credentials.OpenID
	return oidc.Open(oidc.File{Returns: c.Returns, Providers: []oidc.Profile{{
		ID: "sandbox", Municipality: "*", Name: "Sandbox", Issuer: m.Addresses.OpenID, ClientID: c.ClientID, ClientSecret: auth.Hide(c.ClientSecret),
		ACRValues: []string{"strong"}, Level: oidc.Level{Values: map[string]oidc.Strength{"strong": oidc.High}}, FreshWithin: 15 * time.Minute,
		Guardian: &oidc.GuardianClaims{NationalID: "pid", Country: "SE", Protected: "protected"},
		Staff:    &oidc.StaffClaims{Username: "uniid", NationalID: "pid", Country: "SE", Protected: "protected"},
	}}, Entries: []oidc.Entry{{Municipality: "*", Provider: "sandbox", Key: auth.Hide(c.EntryKey)}}}, oidc.Config{})
}
