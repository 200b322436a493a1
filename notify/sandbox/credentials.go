package sandbox

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Addresses says where each provider listens. URLs have no trailing slash.
type Addresses struct {
	// APNs is an https URL, for apns2.Client.Host.
	APNs string `json:"apns"`
	// FCM is an http URL, for option.WithEndpoint: messages go to FCM + "/v1/projects/{project}/messages:send" and tokens come from FCM + "/token".
	FCM string `json:"fcm"`
	// FCMTLS is the same port over TLS; it speaks HTTP/2 too.
	FCMTLS string `json:"fcmTls"`
	// WebPush is the https origin of the push endpoints.
	WebPush string `json:"webPush"`
	// Twilio is an http URL that takes the place of https://api.twilio.com. The same port also takes TLS.
	Twilio string `json:"twilio"`
	// SMTP is host:port; STARTTLS is offered.
	SMTP string `json:"smtp"`
	// BankID is the https URL that takes the place of https://appapi2.bankid.com; methods are at BankID + "/rp/v6.0/auth" and so on.
	BankID string `json:"bankId"`
	// OpenID is the issuer of the OpenID Connect provider.
	OpenID string `json:"openId"`
	// Control is the http URL of the control interface, and of the page for people.
	Control string `json:"control"`
}

// Credentials is what clients need to be let in.
type Credentials struct {
	// CAPEM is the certificate that signed the TLS certificates of APNs, FCM, web push, Twilio and SMTP.
	CAPEM string `json:"caPem"`

	APNs    APNsCredentials    `json:"apns"`
	FCM     FCMCredentials     `json:"fcm"`
	WebPush WebPushCredentials `json:"webPush"`
	Twilio  TwilioCredentials  `json:"twilio"`
	SMTP    SMTPCredentials    `json:"smtp"`
	BankID  BankIDCredentials  `json:"bankId"`
	OpenID  OpenIDCredentials  `json:"openId"`
}

// APNsCredentials is a token signing key as Apple's developer site hands it out.
type APNsCredentials struct {
	KeyP8  string `json:"keyP8"` // PKCS#8 in PEM, the contents of AuthKey_XXXXXXXXXX.p8
	KeyID  string `json:"keyId"`
	TeamID string `json:"teamId"`
	Topic  string `json:"topic"`
}

// FCMCredentials is a service account, and a bearer token for clients that don't run its flow.
type FCMCredentials struct {
	ProjectID string `json:"projectId"`
	// ServiceAccountJSON is a key file whose token_uri is the sandbox's own token endpoint.
	ServiceAccountJSON string `json:"serviceAccountJson"`
	// StaticBearer is accepted as if the token endpoint had issued it, and never expires.
	StaticBearer string `json:"staticBearer"`
}

// WebPushCredentials is a VAPID key pair, base64url as webpush-go takes it. The sandbox accepts any other valid pair too.
type WebPushCredentials struct {
	VAPIDPublicKey  string `json:"vapidPublicKey"`
	VAPIDPrivateKey string `json:"vapidPrivateKey"`
}

// TwilioCredentials is one account.
type TwilioCredentials struct {
	AccountSID          string `json:"accountSid"`
	AuthToken           string `json:"authToken"` // also signs the status callbacks
	MessagingServiceSID string `json:"messagingServiceSid"`
	From                string `json:"from"` // an alphanumeric sender that is allowed
}

// SMTPCredentials is what AUTH PLAIN accepts.
type SMTPCredentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// BankIDCredentials is a relying party's certificate and the root that BankID's own server certificate hangs under (a private one, as in reality).
type BankIDCredentials struct {
	ServerCAPEM string `json:"serverCaPem"`
	CertPEM     string `json:"certPem"`
	KeyPEM      string `json:"keyPem"`
	PKCS12      []byte `json:"pkcs12"`
	Passphrase  string `json:"passphrase"`
	// Returns are where the app on the same device may come back to, by the client's name. Nothing listens there.
	Returns map[string]string `json:"returns"`
}

// CertPool returns a pool with the sandbox's CA (not BankID's).
func (c Credentials) CertPool() *x509.CertPool { return poolOf(c.CAPEM) }

// ServerPool returns a pool with the root of BankID's server certificate.
func (c BankIDCredentials) ServerPool() *x509.CertPool { return poolOf(c.ServerCAPEM) }

func poolOf(pemText string) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(pemText))
	return pool
}

// Manifest is what another process needs to use a running sandbox.
type Manifest struct {
	Addresses   Addresses   `json:"addresses"`
	Credentials Credentials `json:"credentials"`
}

// Run starts a sandbox, writes its manifest to [Config.ManifestPath] if one is given, runs until ctx ends, and removes the manifest again.
func Run(ctx context.Context, cfg Config) error {
	s, err := Start(ctx, cfg)
	if err != nil {
		return err
	}
	if cfg.ManifestPath != "" {
		if err := WriteManifest(cfg.ManifestPath, s.Manifest()); err != nil {
			return errors.Join(err, s.Close())
		}
		defer func() { _ = os.Remove(cfg.ManifestPath) }()
	}
	if cfg.Ready != nil {
		cfg.Ready(s.Manifest())
	}
	<-ctx.Done()
	return s.Close()
}

// WriteManifest writes m as JSON, readable by its owner only. A reader sees the whole file or none.
func WriteManifest(path string, m Manifest) error {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("sandbox: manifest: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".sandbox-*")
	if err != nil {
		return fmt.Errorf("sandbox: manifest: %w", err)
	}
	_, err = f.Write(append(body, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("sandbox: manifest: %w", err)
	}
	return nil
}

// ReadManifest reads what [Run] wrote. The error wraps fs.ErrNotExist while the sandbox has not started.
func ReadManifest(path string) (Manifest, error) {
	var m Manifest
	body, err := os.ReadFile(path)
	if err != nil {
		return m, fmt.Errorf("sandbox: manifest: %w", err)
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return m, fmt.Errorf("sandbox: %s is not a manifest, start the sandbox again: %w", path, err)
	}
	return m, nil
}
