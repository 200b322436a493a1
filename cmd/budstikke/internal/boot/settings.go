package boot

import "time"

// Settings is everything that can be set, a section per room. Each field names its variable (env), its default, the
// commands that cannot do without it (needed) and what it means (help); `budstikke config` prints exactly this.
// Fields of type Secret and Keyring can also be read from a file named by VARIABLE_FILE.
type Settings struct {
	Process  Process
	Database Database
	Redis    Redis
	Web      Web
	Keys     Keys
	Audit    Audit
	BankID   BankID
	OIDC     OIDC
	Passkeys Passkeys
	Notify   Notify
	Email    Email
	APNs     APNs
	FCM      FCM
	WebPush  WebPush
	SMS      SMS
	Sandbox  Sandbox
	Tracing  Tracing
}

// Tracing is where OpenTelemetry spans go (B7). Other variables of the OpenTelemetry specification are read by its SDK.
type Tracing struct {
	Endpoint string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" form:"url" help:"The OpenTelemetry collector that spans are sent to by OTLP over HTTP, as http://collector:4318. Nobody traces when not set."`
}

// Process is what every long-running command has.
type Process struct {
	LogLevel  string        `env:"LOG_LEVEL" default:"info" oneof:"debug,info,warn,error" help:"The least severe line that is logged."`
	LogFormat string        `env:"LOG_FORMAT" default:"auto" oneof:"auto,json,text" help:"auto is readable text on a terminal and JSON elsewhere."`
	StopIn    time.Duration `env:"STOP_TIMEOUT" default:"10s" help:"How long each part of a process may take to finish what it is doing after SIGTERM."`
}

// Database is PostgreSQL 15 or newer, where every promise is kept.
type Database struct {
	URL           Secret        `env:"DATABASE_URL" needed:"api,notify,import,migrate,audit,bounce" form:"postgres" help:"The database as a postgres:// URL, signed in as the application's role, which owns nothing and cannot bypass row-level security."`
	MigrateURL    Secret        `env:"DATABASE_MIGRATE_URL" form:"postgres" help:"The same database, signed in as the owner of the tables; only migrate and months use it. DATABASE_URL when not set."`
	Connections   int           `env:"DATABASE_CONNECTIONS" default:"16" min:"2" help:"Connections that one process opens at most."`
	Pooler        string        `env:"DATABASE_POOLER" default:"none" oneof:"none,transaction" help:"transaction: DATABASE_URL leads to a pooler, such as PgBouncer, that shares connections a transaction at a time. The login then bounds its statements itself (docs/postgres.md)."`
	StatementTime time.Duration `env:"DATABASE_STATEMENT_TIMEOUT" default:"5s" help:"The longest a statement may run."`
	LockTime      time.Duration `env:"DATABASE_LOCK_TIMEOUT" default:"2s" help:"The longest a statement may wait for a lock."`
	IdleTime      time.Duration `env:"DATABASE_IDLE_IN_TRANSACTION_TIMEOUT" default:"10s" help:"The longest an open transaction may do nothing."`
}

// Redis is the conveyor belt between the outbox and the workers; wiping it costs speed and no notice (B3).
type Redis struct {
	URL    Secret `env:"REDIS_URL" needed:"api,notify" form:"redis" help:"Redis 7 or Valkey as a redis:// or rediss:// URL, also a Cluster or Sentinels (docs/operations.md); its maxmemory-policy must be noeviction."`
	Prefix string `env:"REDIS_PREFIX" default:"budstikke" help:"What every key begins with, so that two installations can share one server."`
}

// Web is the API's door.
type Web struct {
	Address        string        `env:"WEB_ADDRESS" default:"127.0.0.1:8080" help:"Where the API listens, host:port. A reverse proxy in front of it ends TLS."`
	PublicURL      string        `env:"PUBLIC_URL" needed:"api,notify" form:"public" help:"The address people use, as https://… (http for this machine alone, to try out); links in mails and provider callbacks are made from it, never from a request's Host."`
	RequestTime    time.Duration `env:"WEB_REQUEST_TIMEOUT" default:"2s" help:"The longest a request may take; its work is then cancelled."`
	ReadTime       time.Duration `env:"WEB_READ_TIMEOUT" default:"15s" help:"The longest reading a request may take."`
	IdleTime       time.Duration `env:"WEB_IDLE_TIMEOUT" default:"60s" help:"How long an idle connection is kept open; without an end a shutdown would wait for it."`
	BodyLimit      int           `env:"WEB_BODY_LIMIT" default:"262144" min:"1024" help:"The largest request body in bytes."`
	Streams        int           `env:"WEB_STREAMS" default:"1000" min:"1" help:"Open streams that one process keeps at most; each costs a connection and about 30 kB."`
	Metrics        string        `env:"WEB_METRICS_ADDRESS" help:"Where the API answers /metrics for Prometheus, host:port; not an address that the world reaches. Nowhere when not set."`
	TrustedProxies []string      `env:"WEB_TRUSTED_PROXIES" form:"cidr" help:"Networks in CIDR form whose X-Forwarded-For is believed, separated by commas. None by default."`
}

// Keys protect the national identity numbers: encrypted with the row bound to them, and found again by a blind index.
type Keys struct {
	NationalID Keyring `env:"NATIONAL_ID_KEYS" needed:"api,import" help:"Keys that encrypt national identity numbers (AES-256-GCM), as VERSION:BASE64 separated by commas. The highest version writes; keep the older ones until everything is written anew."`
	Signing    Secret  `env:"SIGNING_KEY" needed:"api,notify,bounce" form:"signing" help:"At least 32 bytes in base64, the same for api and notify: signs the links in mails and the acknowledgements of the sensitive-text guide."`
	BlindIndex Keyring `env:"BLIND_INDEX_KEYS" needed:"api,import" help:"Keys of the blind index over national identity numbers (HMAC-SHA-256), in the same form. They must differ from NATIONAL_ID_KEYS."`
}

// Audit is where the end of the audit trail is kept outside Postgres (B5).
type Audit struct {
	AnchorFile string `env:"AUDIT_ANCHOR_FILE" help:"File that the API appends the signed end of the audit trail to every hour; best on a machine whose administrators are not those of the database. Not anchored when not set."`
	AnchorKey  Secret `env:"AUDIT_ANCHOR_KEY" form:"seed" help:"32 bytes in base64: the Ed25519 seed that anchors are signed with."`
}

// BankID is the Swedish BankID relying-party service, version 6.0 (H1).
type BankID struct {
	URL         string        `env:"BANKID_URL" form:"url" help:"The service's address, with its version; https://appapi2.bankid.com/rp/v6.0 in production."`
	Certificate Secret        `env:"BANKID_CERTIFICATE" help:"The relying party's certificate and private key: in PEM, or, named by BANKID_CERTIFICATE_FILE together with BANKID_PASSPHRASE, the .p12 file of the bank as it is."`
	Passphrase  Secret        `env:"BANKID_PASSPHRASE" help:"The passphrase of the bank's .p12 file. Empty: the certificate is in PEM."`
	Authority   string        `env:"BANKID_CA" help:"File with the root of the service in PEM; BankID has one of its own, and the system's are never trusted for it."`
	Timeout     time.Duration `env:"BANKID_TIMEOUT" default:"5s" help:"The longest a call to the service may take."`
	Returns     []string      `env:"BANKID_RETURNS" help:"Where BankID on the same device comes back to: links of our own that the app or the browser opens, as NAME=https://… separated by commas. Without any only QR codes can be used."`
	MostRisk    string        `env:"BANKID_MOST_RISK" help:"The highest risk of fraud, in BankID's judgement, at which anybody is let in: low or moderate. Empty lets everybody in. It needs the devices' own addresses (WEB_TRUSTED_PROXIES): by a proxy's, BankID takes honest people for strangers."`
}

// OIDC is the identity providers of the municipalities: Unilogin, ID-porten, MitID, Feide, Entra, AD FS (H1, U5).
type OIDC struct {
	Providers string `env:"OIDC_PROVIDERS" help:"File that names the identity providers of each municipality in YAML; docs/signin.md explains it. Empty: none."`
}

// Passkeys is whom people make passkeys for: this installation, by its domain (U5, U7, U8).
type Passkeys struct {
	Domain  string   `env:"PASSKEY_DOMAIN" help:"The domain that passkeys are made for. Change it and every passkey is lost. The host of PUBLIC_URL when not set; where that is an IP address there are no passkeys."`
	Origins []string `env:"PASSKEY_ORIGINS" help:"Where people use passkeys, separated by commas: origins such as https://app.budvik.example of that domain or below it, and apps as android:apk-key-hash:…. PUBLIC_URL when not set."`
}

// Notify is how the worker takes work, how long it may hold it, and where it sends the synthetic notices that tell whether the channels work.
type Notify struct {
	Slots  int           `env:"NOTIFY_SLOTS" default:"0" min:"0" help:"Sendings to one provider at the same time, critical ones first; 0 takes what suits each provider."`
	Relay  time.Duration `env:"NOTIFY_RELAY_INTERVAL" default:"250ms" help:"How often the relay looks for committed deliveries that nobody announced."`
	Health string        `env:"NOTIFY_HEALTH_ADDRESS" default:"127.0.0.1:8081" help:"Where the worker answers /health/live, /health/ready and, for Prometheus, /metrics, host:port; not an address that the world reaches."`
	Poll   time.Duration `env:"NOTIFY_POLL_INTERVAL" default:"500ms" help:"How often workers ask PostgreSQL for work while Redis is away."`

	SyntheticEmail   string `env:"SYNTHETIC_EMAIL" form:"mail" help:"A mail address of the operator's that a synthetic notice goes to every minute. Empty: none does."`
	SyntheticAPNs    Secret `env:"SYNTHETIC_APNS" help:"The token of an Apple device of the operator's, for the same. Empty: none."`
	SyntheticFCM     Secret `env:"SYNTHETIC_FCM" help:"The token of an Android device of the operator's, for the same. Empty: none."`
	SyntheticWebPush Secret `env:"SYNTHETIC_WEBPUSH" help:"The push subscription of a browser of the operator's as JSON, for the same. Empty: none."`
	SyntheticSMS     string `env:"SYNTHETIC_SMS" default:"off" oneof:"off,on" help:"on asks Twilio every minute whether it would take an SMS. It sends none: an SMS that is not critical is never sent."`
}
