package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"budstikke.example/notify/sandbox/openid"
)

// Provider names one of the services that the sandbox speaks for.
type Provider string

// The providers.
const (
	APNs    Provider = "apns"
	FCM     Provider = "fcm"
	WebPush Provider = "webpush"
	Twilio  Provider = "twilio"
	SMTP    Provider = "smtp"
	BankID  Provider = "bankid"
)

// Providers lists every provider in the order in which they are shown.
func Providers() []Provider { return []Provider{APNs, FCM, WebPush, Twilio, SMTP, BankID} }

// Ports fixes the TCP ports; 0 takes a free one.
type Ports struct {
	APNs, FCM, WebPush, Twilio, SMTP, BankID, OpenID, Control int
}

// Config says how the sandbox starts. The zero value is ready to use: free ports on loopback, keys made at start, real time.
type Config struct {
	// Host is the address to listen on, "127.0.0.1" when empty.
	Host string
	// Advertise is the host name that addresses and certificates name, [Config.Host] when empty. It is needed when Host is "0.0.0.0", in a container.
	Advertise string
	// Ports fixes ports; 0 takes free ones.
	Ports Ports
	// JournalLimit bounds how many deliveries are kept, 200,000 when 0; the oldest are forgotten first. Totals are not affected.
	JournalLimit int
	// JournalBytes bounds the payload bytes kept in the journal, 256 MiB when 0; the oldest are forgotten first.
	JournalBytes int64
	// Clock tells the time, time.Now when nil. Token ages, BankID orders and journal entries use it; latencies and hangs use real timers.
	Clock func() time.Time
	// Log receives what the sandbox has to say, never payloads or addresses; it is silent when nil.
	Log *slog.Logger
	// Seed makes [Fault.Rate] repeatable.
	Seed uint64
	// ManifestPath is where [Run] writes addresses and credentials; other processes read it with [ReadManifest].
	ManifestPath string
	// Ready, if given, is called by [Run] once everything listens and the manifest is written.
	Ready func(Manifest)

	APNs    APNsConfig
	FCM     FCMConfig
	WebPush WebPushConfig
	Twilio  TwilioConfig
	SMTP    SMTPConfig
	BankID  BankIDConfig
	OpenID  OpenIDConfig
}

// APNsConfig holds what is particular to Apple's push service.
type APNsConfig struct {
	// Topic is the app's bundle id, "example.budstikke.app" when empty. Pushes for another topic get 400 DeviceTokenNotForTopic.
	Topic string
	// MaxStreams is how many concurrent streams a connection may use after its first request with a valid token was answered, 1000 when 0.
	// Until then it is one, as with Apple.
	MaxStreams uint32
	// ShrinkAfter takes a connection back to one stream after so many rejected pushes in a row (a behaviour users report of Apple); 0 is off.
	ShrinkAfter int
}

// FCMConfig holds what is particular to Firebase Cloud Messaging.
type FCMConfig struct {
	// ProjectID is the Firebase project, "budstikke-sandbox" when empty.
	ProjectID string
}

// WebPushConfig holds what is particular to web push.
type WebPushConfig struct {
	// MaxBody is the largest accepted encrypted body in bytes, 4096 when 0.
	MaxBody int
}

// TwilioConfig holds what is particular to Twilio.
type TwilioConfig struct {
	// Countries are the dialling prefixes that the account may send to ("+46"); empty means all. Others get error 21408.
	Countries []string
	// CallbackDelay is the time between two status callbacks of one message, 20 ms when 0.
	CallbackDelay time.Duration
	// CallbackHosts are host names besides loopback to which status callbacks may go.
	CallbackHosts []string
}

// SMTPConfig holds what is particular to the mail server.
type SMTPConfig struct {
	// RequireAuth refuses mail without AUTH PLAIN with the credentials' user name and password.
	RequireAuth bool
	// MaxPerSession answers 421 and hangs up when a session asks to send one more message than this; 0 is unlimited.
	MaxPerSession int
	// MaxBytes is the largest message, 10 MiB when 0.
	MaxBytes int64
}

// BankIDConfig holds what is particular to Swedish BankID.
type BankIDConfig struct {
	// Persons are the test persons that the page's pretend app offers; a short list from the official test series when empty.
	Persons []Person
	// StartWithin is how long an order waits for the app to be opened before it fails with startFailed, 30 s when 0.
	StartWithin time.Duration
	// CompleteWithin is how long an order waits for the user before it fails with expiredTransaction, 3 min when 0.
	CompleteWithin time.Duration
}

func (c Config) withDefaults() Config {
	c.Host = cmp.Or(c.Host, "127.0.0.1")
	c.Advertise = cmp.Or(c.Advertise, c.Host)
	c.JournalLimit = cmp.Or(c.JournalLimit, 200_000)
	c.JournalBytes = cmp.Or(c.JournalBytes, 256<<20)
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.APNs.Topic = cmp.Or(c.APNs.Topic, "example.budstikke.app")
	c.APNs.MaxStreams = cmp.Or(c.APNs.MaxStreams, 1000)
	c.FCM.ProjectID = cmp.Or(c.FCM.ProjectID, "budstikke-sandbox")
	c.WebPush.MaxBody = cmp.Or(c.WebPush.MaxBody, 4096)
	c.Twilio.CallbackDelay = cmp.Or(c.Twilio.CallbackDelay, 20*time.Millisecond)
	c.SMTP.MaxBytes = cmp.Or(c.SMTP.MaxBytes, 10<<20)
	if len(c.BankID.Persons) == 0 {
		c.BankID.Persons = TestPersons()
	}
	c.BankID.StartWithin = cmp.Or(c.BankID.StartWithin, 30*time.Second)
	c.BankID.CompleteWithin = cmp.Or(c.BankID.CompleteWithin, 3*time.Minute)
	return c
}

// Sandbox is a running set of providers. All methods may be called from several goroutines.
type Sandbox struct {
	cfg     Config
	keys    *keys
	journal *journal
	faults  *faultBoard
	addrs   Addresses
	creds   Credentials

	apns    *apnsServer
	fcm     *fcmServer
	webpush *webPushServer
	twilio  *twilioServer
	smtp    *smtpServer
	bankid  *bankIDServer
	openid  *openid.Provider
	control *controlServer

	done     chan struct{} // closed when the sandbox stops: ends hangs, latencies and event streams
	closing  sync.Once
	starting sync.Mutex // orders spawn before Close waits
	running  sync.WaitGroup
	stops    []func() error
}

// Start opens every provider and returns when all of them accept connections. The sandbox stops by [Sandbox.Close] or when ctx ends.
// An error means that nothing is left running; the usual one is a fixed port that is taken.
func Start(ctx context.Context, cfg Config) (*Sandbox, error) {
	cfg = cfg.withDefaults()
	k, err := newKeys(cfg)
	if err != nil {
		return nil, fmt.Errorf("sandbox: make keys: %w", err)
	}
	s := &Sandbox{cfg: cfg, keys: k, done: make(chan struct{})}
	s.journal = newJournal(cfg)
	s.faults = newFaultBoard(cfg.Seed)
	for _, open := range []func() error{s.startAPNs, s.startFCM, s.startWebPush, s.startTwilio, s.startSMTP, s.startBankID, s.startOpenID, s.startControl} {
		if err := open(); err != nil {
			return nil, errors.Join(fmt.Errorf("sandbox: %w", err), s.Close())
		}
	}
	s.creds = k.credentials(cfg, s.addrs)
	go func() {
		select {
		case <-ctx.Done():
			_ = s.Close() // whoever calls Close gets the error
		case <-s.done:
		}
	}()
	return s, nil
}

// Close stops every server, cuts the connections and waits until no goroutine of the sandbox runs. It may be called more than once.
func (s *Sandbox) Close() error {
	var errs []error
	s.closing.Do(func() {
		s.starting.Lock()
		close(s.done)
		s.starting.Unlock()
		for _, stop := range s.stops {
			errs = append(errs, stop())
		}
	})
	s.running.Wait()
	return errors.Join(errs...)
}

// Addresses says where each provider listens.
func (s *Sandbox) Addresses() Addresses { return s.addrs }

// Credentials returns what clients need to be let in. They are made at start and worth nothing elsewhere.
func (s *Sandbox) Credentials() Credentials { return s.creds }

// Manifest returns addresses and credentials together, as [Run] writes them.
func (s *Sandbox) Manifest() Manifest {
	return Manifest{Addresses: s.Addresses(), Credentials: s.Credentials()}
}

func (s *Sandbox) now() time.Time { return s.cfg.Clock() }

// spawn runs f and makes Close wait for it. Once the sandbox stops nothing is run any more.
func (s *Sandbox) spawn(f func()) {
	s.starting.Lock()
	defer s.starting.Unlock()
	select {
	case <-s.done:
	default:
		s.running.Go(f)
	}
}

// pause waits for d in real time; it reports false when the sandbox stops first.
func (s *Sandbox) pause(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.done:
		return false
	}
}
