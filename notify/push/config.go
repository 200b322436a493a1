package push

import (
	"crypto/x509"
	"time"

	"golang.org/x/oauth2"
)

// The two hosts of APNs.
const (
	APNsProduction  = "https://api.push.apple.com"
	APNsDevelopment = "https://api.sandbox.push.apple.com"
)

// APNsConfig says how pushes reach Apple devices.
type APNsConfig struct {
	// Host is the base address of APNs; empty means APNsProduction.
	Host string
	// Key is the signing key, the text of Apple's .p8 file. It is never logged. Not needed when Token is set.
	Key string
	// KeyID is the ten-character id of Key.
	KeyID string
	// TeamID is the ten-character id of the Apple developer team.
	TeamID string
	// Token shares one provider token between several senders with the same key, because Apple refuses keys whose token changes more
	// than once in 20 minutes. nil means one made from Key, KeyID and TeamID.
	Token *APNsToken
	// Topic is the app's bundle id.
	Topic string
	// Clients is how many connections carry the pushes; 0 means 2.
	Clients int
	// Streams is how many pushes one connection carries at a time at most; the sender also stays at 80 % of what the server advertises.
	// 0 means 400.
	Streams int
	// CriticalAlerts says that Apple has granted the critical-alerts entitlement; without it critical pushes are time-sensitive.
	CriticalAlerts bool
	// RootCAs are the authorities trusted for the server's certificate; nil means the system's.
	RootCAs *x509.CertPool
	// Timeout bounds one Send whose context has no earlier deadline; 0 means 20 s.
	Timeout time.Duration
	// Now is the clock of token ages and lifetimes; nil means time.Now.
	Now func() time.Time
}

// FCMConfig says how pushes reach Android devices.
type FCMConfig struct {
	// Endpoint is the base address of FCM; empty means Google's, https://fcm.googleapis.com.
	Endpoint string
	// ProjectID is the id of the Firebase project.
	ProjectID string
	// Credentials is the text of the service account's JSON key file. It is never logged. Not needed when TokenSource is set.
	Credentials string
	// TokenSource gives access tokens instead of Credentials.
	TokenSource oauth2.TokenSource
	// Channel is the Android notification channel of routine pushes; empty means "routine".
	Channel string
	// CriticalChannel is the Android notification channel of critical pushes; empty means "critical".
	CriticalChannel string
	// Connections is how many connections are kept to the host; 0 means 64.
	Connections int
	// RootCAs are the authorities trusted for the server's certificate; nil means the system's.
	RootCAs *x509.CertPool
	// Timeout bounds one Send whose context has no earlier deadline; 0 means 20 s.
	Timeout time.Duration
	// Now is the clock of lifetimes; nil means time.Now.
	Now func() time.Time
}

// WebPushConfig says how pushes reach browsers.
type WebPushConfig struct {
	// Subscriber is the operator's contact that push services may use: an e-mail address without "mailto:", or an https address.
	Subscriber string
	// PublicKey and PrivateKey are the VAPID keys (base64url). The private one is never logged.
	PublicKey  string
	PrivateKey string
	// Hosts are the push services that may be contacted, because the endpoint comes from a client: a host name
	// stands for itself and all names below it; a port counts and then the name must be the same ("127.0.0.1:8443"), without one only 443
	// is allowed. nil means WebPushHosts.
	Hosts []string
	// Connections is how many connections are kept to each host; 0 means 64.
	Connections int
	// RootCAs are the authorities trusted for the servers' certificates; nil means the system's.
	RootCAs *x509.CertPool
	// Timeout bounds one Send whose context has no earlier deadline; 0 means 20 s.
	Timeout time.Duration
	// Now is the clock of lifetimes; nil means time.Now.
	Now func() time.Time
}

// WebPushHosts are the push services of the common browsers.
func WebPushHosts() []string {
	return []string{"fcm.googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"}
}
