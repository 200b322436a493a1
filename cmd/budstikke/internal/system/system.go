// Package system puts the parts together: the API out of rooms and rim, the notify worker out of outbox, queue and channels. The commands
// api and notify run one of the two each; dev, demo and the end-to-end tests run both beside the provider sandbox.
//
// It may import anything below; only commands import it. Start reading at NewAPI and NewWorker.
package system

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"

	"budstikke.example/app"
	"budstikke.example/app/guardian"
	"budstikke.example/app/live"
	"budstikke.example/app/machine"
	"budstikke.example/app/office"
	"budstikke.example/app/postgres"
	"budstikke.example/app/signin"
	"budstikke.example/app/staff"
	"budstikke.example/app/textguard"
	"budstikke.example/app/web"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/oidc"
	"budstikke.example/auth/passkey"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify"
	"budstikke.example/notify/confirm"
	"budstikke.example/notify/email"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/push"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/render"
	"budstikke.example/notify/sms"
	"budstikke.example/notify/worker"
)

// Base is what API and worker both need.
type Base struct {
	DB        *scope.DB    // opened by the part's own role
	Queue     *queue.Queue // nil: the worker asks Postgres, the API rings no bell
	Providers Providers
	PublicURL string // without a slash at the end
	// Passkeys says for which domain passkeys are made; nil: there are none.
	Passkeys *passkey.Config
	// SigningKey signs links and acknowledgements; at least 32 bytes, the same for API and worker.
	SigningKey []byte
	Log        *slog.Logger
	Clock      func() time.Time
	Streams    live.Config  // how the open streams of the API are kept
	Tracer     trace.Tracer // nil: nobody traces
}

// SigningKey reads a signing key: base64 of at least 32 bytes.
func SigningKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) < boot.SigningKeySize {
		return nil, errors.New("SIGNING_KEY must be base64 of at least 32 bytes; make one with: openssl rand -base64 32")
	}
	return key, nil
}

// subkey derives the key of one purpose, so that what signs links can never sign an acknowledgement.
func (b Base) subkey(purpose string) ([]byte, error) {
	if len(b.SigningKey) < 32 {
		return nil, errors.New("the signing key has fewer than 32 bytes")
	}
	return hkdf.Key(sha256.New, b.SigningKey, nil, "budstikke "+purpose, 32)
}

// Confirmer makes and reads the words that mails carry: tokens that confirm, unsubscribe, or tell which mail a report is about.
func (b Base) Confirmer() (*confirm.Signer, error) {
	key, err := b.subkey("e-mail confirmation")
	if err != nil {
		return nil, err
	}
	return confirm.New(key)
}

// ReportSigner signs the reports of reviews (V10).
func (b Base) ReportSigner() (*app.ReportSigner, error) {
	seed, err := b.subkey("review report")
	if err != nil {
		return nil, err
	}
	return app.NewReportSigner(seed)
}

// bankID is the sign-in with Swedish BankID; nil where there is none and guardians prove who they are to another provider, as in Norway and Denmark (H1).
// The error says what to set up when they could not at all.
func (b Base) bankID(keys *seal.Keyring) (*proof.BankID, error) {
	if b.Providers.BankID == nil {
		if b.Providers.OIDC.Admits(oidc.Guardian) {
			return nil, nil //nolint:nilnil // there is none, and that is no error
		}
		return nil, errNobodyIn
	}
	client, err := bankid.New(*b.Providers.BankID)
	if err != nil {
		return nil, err
	}
	return &proof.BankID{
		DB: b.DB, Client: client, Keys: keys, Returns: b.Providers.BankIDReturns, MostRisk: b.Providers.BankIDRisk, Pace: time.Second,
	}, nil
}

// API is the assembled API with the parts a command may want to reach behind the door.
type API struct {
	Server   *web.Server
	Password *proof.Password // enrols staff
	Postgres *postgres.DB
	Requests Requests             // what was answered, for Prometheus
	Unread   prometheus.Collector // texts that the guide broke at
}

// NewAPI puts the API together. config is the rim's; its Signed, Refused and Checks are filled in here.
func NewAPI(b Base, keys *seal.Keyring, config web.Config) (*API, error) {
	bankID, err := b.bankID(keys)
	if err != nil {
		return nil, err
	}
	ackKey, err := b.subkey("acknowledgement")
	if err != nil {
		return nil, err
	}
	guard, err := textguard.New(ackKey)
	if err != nil {
		return nil, err
	}
	confirmer, err := b.Confirmer()
	if err != nil {
		return nil, err
	}
	var ring func(context.Context, []outbox.Ref) error
	var forewarn func(context.Context) error
	if b.Queue != nil {
		ring, forewarn = b.Queue.Ring, b.Queue.Forewarn
	}
	db := postgres.New(b.DB, ring, b.Log).WithKeys(keys).WithForewarning(forewarn)
	hasher := password.New(password.Config{}) // one for all: it is what bounds the work
	passwords := &proof.Password{DB: b.DB, Hasher: hasher, Keys: keys, Log: b.Log}
	if passwords.Passkeys, err = b.passkeys(); err != nil {
		return nil, err
	}
	pins := &proof.PIN{DB: b.DB, Hasher: hasher, Keys: keys, Log: b.Log}
	b.Streams.Log = b.Log
	streams := live.New(b.Streams, db.Hear)
	config.Log, config.Clock, config.Streams, config.Tracer = b.Log, b.Clock, streams, b.Tracer
	config.Signed = machine.Signed(b.PublicURL, b.Providers.TwilioToken)
	config.Refused = db.Refused
	requests := NewRequests()
	config.Served = requests.Served
	config.Checks = append(config.Checks, b.checks()...)
	reports, err := b.ReportSigner()
	if err != nil {
		return nil, err
	}
	server, err := web.New(config, web.Rooms{
		Signin: &signin.Flows{
			DB: db, Password: passwords, Keys: keys, Confirm: confirmer,
			BankID: bankID,
			OIDC:   &proof.OIDC{DB: b.DB, Keys: keys, Providers: b.Providers.OIDC, Log: b.Log},
			Log:    b.Log, Tablets: pins, Passkeys: passwords.Passkeys,
		},
		Guardian: &guardian.Flows{DB: db, Guard: guard, Streams: streams, InboundNumber: b.Providers.InboundNumber},
		Staff:    &staff.Flows{DB: db, Guard: guard, PIN: pins, Streams: streams},
		Office:   &office.Flows{DB: db, Reports: reports},
		Machine:  &machine.Flows{DB: db, Confirm: confirmer},
	})
	if err != nil {
		return nil, err
	}
	return &API{Server: server, Password: passwords, Postgres: db, Requests: requests, Unread: NewUnread(guard.Failed)}, nil
}

// Worker is the assembled notify worker and the connections of its channels.
type Worker struct {
	*worker.Worker
	close []func(context.Context) error
}

// Close ends the channels' connections. Call it after Stop.
func (w *Worker) Close(ctx context.Context) error {
	var errs []error
	for _, c := range w.close {
		errs = append(errs, c(ctx))
	}
	return errors.Join(errs...)
}

// NewWorker puts the notify worker together. tune may change its configuration; nil leaves it.
func NewWorker(b Base, tune func(*worker.Config)) (*Worker, error) {
	confirmer, err := b.Confirmer()
	if err != nil {
		return nil, err
	}
	w := &Worker{}
	senders, err := w.senders(b)
	if err != nil {
		return nil, err
	}
	config := worker.Config{DB: b.DB, Queue: b.Queue, Senders: senders, Logger: b.Log, Clock: b.Clock, Tracer: b.Tracer, Render: words(b.PublicURL, confirmer)}
	if tune != nil {
		tune(&config)
	}
	if w.Worker, err = worker.New(config); err != nil {
		return nil, err
	}
	return w, nil
}

// words renders a delivery. The token that confirms an address is made anew for every attempt and is the same each time.
func words(publicURL string, confirmer *confirm.Signer) func(notify.Delivery) (notify.Words, error) {
	return func(d notify.Delivery) (notify.Words, error) {
		return render.Render(d, render.Links{PublicURL: publicURL, ConfirmToken: func(endpoint uuid.UUID) string {
			return confirmer.Token(d.Municipality, endpoint, d.ExpiresAt)
		}})
	}
}

func (w *Worker) senders(b Base) (worker.Senders, error) {
	s := worker.Senders{Push: map[notify.Provider]worker.Pusher{}}
	p := b.Providers
	var mistakes boot.Mistakes
	refused := func(name string, err error) {
		mistakes = append(mistakes, boot.Mistake{Name: name, Problem: "and what belongs to it cannot be used: " + strings.ReplaceAll(err.Error(), "\n", "; ")})
	}
	if p.Email != nil {
		c := *p.Email
		confirmer, err := b.Confirmer()
		if err != nil {
			return s, err
		}
		c.UnsubscribeURL = b.PublicURL + machine.UnsubscribePath
		c.UnsubscribeToken = func(d notify.Delivery) string { return confirmer.UnsubscribeToken(d.Municipality, d.Endpoint) }
		c.BounceToken = func(d notify.Delivery) string { return confirmer.BounceToken(d.ID) }
		if sender, err := email.New(c); err != nil {
			refused("SMTP_HOST", err)
		} else {
			s.Email, w.close = sender, append(w.close, sender.Close)
		}
	}
	if p.APNs != nil {
		if sender, err := push.NewAPNs(*p.APNs); err != nil {
			refused("APNS_KEY", err)
		} else {
			s.Push[notify.ProviderAPNs], w.close = sender, append(w.close, sender.Close)
		}
	}
	if p.FCM != nil {
		if sender, err := push.NewFCM(*p.FCM); err != nil {
			refused("FCM_CREDENTIALS", err)
		} else {
			s.Push[notify.ProviderFCM], w.close = sender, append(w.close, sender.Close)
		}
	}
	if p.WebPush != nil {
		if sender, err := push.NewWebPush(*p.WebPush); err != nil {
			refused("WEBPUSH_PRIVATE_KEY", err)
		} else {
			s.Push[notify.ProviderWebPush], w.close = sender, append(w.close, sender.Close)
		}
	}
	if p.SMS != nil {
		c := *p.SMS
		c.StatusCallback = func(d notify.Delivery) string { return b.PublicURL + machine.ReceiptPath(d.Municipality, d.ID) }
		if sender, err := sms.New(c); err != nil {
			refused("TWILIO_ACCOUNT_SID", err)
		} else {
			s.SMS, w.close = sender, append(w.close, sender.Close)
		}
	}
	if len(mistakes) > 0 {
		return s, mistakes
	}
	if s.Email == nil && s.SMS == nil && len(s.Push) == 0 {
		return s, errNoChannel
	}
	return s, nil
}
