package boot

import "time"

// Each section below but the last is a channel of the gateway. A channel is switched off when its first setting is empty; when it
// is set, the check in checks.go asks for the others.

// Email is the municipality's mail server, spoken to by SMTP.
type Email struct {
	Host        string        `env:"SMTP_HOST" help:"The mail server. Empty: no e-mail is sent."`
	Port        int           `env:"SMTP_PORT" default:"587" min:"1" max:"65535" help:"Its port."`
	TLS         string        `env:"SMTP_TLS" default:"starttls" oneof:"starttls,tls,none" help:"starttls and tls are mandatory encryption; none is for a server on the same machine."`
	Username    string        `env:"SMTP_USERNAME" help:"User name, when the server asks for one."`
	Password    Secret        `env:"SMTP_PASSWORD" help:"Password, when the server asks for one."`
	From        string        `env:"MAIL_FROM" form:"mail" help:"The sender of every mail, for example: Budstikke <no-reply@municipality.example>."`
	Bounces     string        `env:"MAIL_BOUNCES" form:"mail" help:"The address that mail servers report to, bare, as bounces@municipality.example: what comes to bounces+…@ is piped into budstikke admin bounce. Empty: reports go to MAIL_FROM."`
	Connections int           `env:"SMTP_CONNECTIONS" default:"4" min:"1" help:"Connections at the same time; each carries many mails."`
	PerSession  int           `env:"SMTP_MAILS_PER_CONNECTION" default:"100" min:"1" help:"Mails after which a connection is renewed, before the server answers 421."`
	Rate        int           `env:"SMTP_RATE" default:"0" min:"0" help:"Mails per second that the server takes from each notify process; 0: as many as it can."`
	Timeout     time.Duration `env:"SMTP_TIMEOUT" default:"15s" help:"The longest one mail may take."`
}

// APNs is Apple's push service with token authentication.
type APNs struct {
	Key         Secret        `env:"APNS_KEY" help:"The signing key (.p8, PEM). Empty: no push to Apple devices."`
	KeyID       string        `env:"APNS_KEY_ID" help:"The key's id, ten characters."`
	TeamID      string        `env:"APNS_TEAM_ID" help:"The team's id, ten characters."`
	Topic       string        `env:"APNS_TOPIC" help:"The app's bundle id."`
	URL         string        `env:"APNS_URL" default:"https://api.push.apple.com" form:"url" help:"The service's address; https://api.sandbox.push.apple.com for development builds of the app."`
	Authority   string        `env:"APNS_CA" help:"File with the certificate authority of the service in PEM; the system's when empty."`
	Connections int           `env:"APNS_CONNECTIONS" default:"2" min:"1" max:"8" help:"HTTP/2 connections, each warmed by one push before a burst."`
	Streams     int           `env:"APNS_STREAMS" default:"80" min:"1" help:"Pushes at the same time on one connection; stay below what the service advertises."`
	Rate        int           `env:"APNS_RATE" default:"0" min:"0" help:"Pushes per second that the service gets from each notify process; 0: as many as it can."`
	Timeout     time.Duration `env:"APNS_TIMEOUT" default:"10s" help:"The longest one push may take."`
}

// FCM is Google's push service, HTTP v1.
type FCM struct {
	Credentials Secret        `env:"FCM_CREDENTIALS" help:"The service account's JSON. Empty: no push to Android devices."`
	ProjectID   string        `env:"FCM_PROJECT_ID" help:"The Firebase project; that of the credentials when empty."`
	URL         string        `env:"FCM_URL" form:"url" help:"Another address of the service, for the provider sandbox."`
	Rate        int           `env:"FCM_RATE" default:"0" min:"0" help:"Pushes per second that the service gets from each notify process, by the project's quota; 0: as many as it can."`
	Timeout     time.Duration `env:"FCM_TIMEOUT" default:"10s" help:"The longest one push may take."`
}

// WebPush is push to browsers, RFC 8030 with VAPID.
type WebPush struct {
	PrivateKey Secret        `env:"WEBPUSH_PRIVATE_KEY" help:"The VAPID private key, base64url. Empty: no push to browsers."`
	PublicKey  string        `env:"WEBPUSH_PUBLIC_KEY" help:"The VAPID public key, base64url; the app subscribes with it."`
	Subject    string        `env:"WEBPUSH_SUBJECT" help:"Whom a push service can reach about us: a mail address or an https:// address."`
	Hosts      []string      `env:"WEBPUSH_HOSTS" default:"fcm.googleapis.com,updates.push.services.mozilla.com,web.push.apple.com,notify.windows.com" help:"Push services that endpoints may lie at, with their subdomains, separated by commas; endpoints come from browsers, so any other host is refused."`
	Rate       int           `env:"WEBPUSH_RATE" default:"0" min:"0" help:"Pushes per second that all push services together get from each notify process; 0: as many as they can."`
	Timeout    time.Duration `env:"WEBPUSH_TIMEOUT" default:"10s" help:"The longest one push may take."`
}

// SMS is Twilio's message service. It is used for critical events only (V20).
type SMS struct {
	AccountSID string        `env:"TWILIO_ACCOUNT_SID" help:"The account. Empty: no SMS is sent."`
	AuthToken  Secret        `env:"TWILIO_AUTH_TOKEN" help:"The account's primary token; it also verifies the signature of status callbacks."`
	Sender     string        `env:"TWILIO_SENDER" help:"A messaging service (MG…), a number (+…) or an alphanumeric sender of at most 11 characters."`
	Inbound    string        `env:"TWILIO_INBOUND" help:"The number that guardians send a code to, to prove that a mobile number is theirs (H5); its messages come to /v1/machine/twilio/inbound."`
	URL        string        `env:"TWILIO_URL" default:"https://api.twilio.com" form:"url" help:"The service's address; the provider sandbox has another."`
	Countries  []string      `env:"SMS_COUNTRIES" default:"+45,+46,+47,+298,+354,+358" help:"Country codes that an SMS may go to, separated by commas."`
	Validity   time.Duration `env:"SMS_VALIDITY" default:"10m" min:"60" max:"36000" help:"After this time an SMS that was not delivered is given up: an alert must not arrive hours later."`
	Rate       int           `env:"TWILIO_RATE" default:"0" min:"0" help:"SMS per second that the sender takes from each notify process; 0: as many as it can."`
	Timeout    time.Duration `env:"TWILIO_TIMEOUT" default:"10s" help:"The longest handing over one SMS may take."`
}

// Sandbox stands in for all providers, in development and in docker-compose.yml.
type Sandbox struct {
	URL string `env:"SANDBOX_URL" form:"url" help:"The provider sandbox's own address. Providers that are not set up themselves take their addresses and keys from it. Never set it where real people are."`
}
