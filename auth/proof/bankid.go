package proof

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// BankID signs people in with Swedish BankID (H1). It is safe for concurrent use.
type BankID struct {
	DB     *scope.DB
	Client *bankid.Client
	// Pace is the shortest time between two questions to BankID about one pending order; in between the last hint is repeated, with a fresh
	// QR code. BankID asks for two seconds, while the app wants a new code every second. 0 asks every time, for tests.
	Pace time.Duration

	recent recent
}

// Start is what the app needs to begin with.
type Start struct {
	// Holder is the secret of the device that started: only who shows it may collect.
	Holder auth.Token
	// AutoStartToken opens the BankID app on the same device: bankid:///?autostarttoken=…&redirect=null, or https://app.bankid.com/….
	AutoStartToken string
	// QR is what the animated code shows now, for BankID on another device; Collect returns the following ones.
	QR string
}

// Progress is how a sign-in stands. It never says who signs in.
type Progress struct {
	Status bankid.Status // Pending, Failed or Complete
	Hint   bankid.Hint   // machine-readable; may be one that is not known here
	Text   string        // what to tell the person, empty when complete
	QR     string        // what the animated code shows now, while pending
}

// Identity is who has proved themselves. It is handed to the callback only and is not kept.
type Identity struct {
	PersonalNumber bankid.Hidden // 12 digits; prints as stars, Reveal returns it
}

// Begin asks BankID for an identification of whoever is at the device with this address. Errors: *bankid.Error and others for which
// bankid.Trouble has a text.
func (b *BankID) Begin(ctx context.Context, municipality uuid.UUID, device netip.Addr) (Start, error) {
	order, err := b.Client.Auth(ctx, bankid.AuthRequest{EndUserIP: device})
	if err != nil {
		return Start{}, err
	}
	started := b.DB.Now()
	var holder auth.Token
	err = b.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		var err error
		holder, err = store.StartOrder(ctx, tx, order, started)
		return err
	})
	if err != nil {
		return Start{}, err
	}
	return Start{Holder: holder, AutoStartToken: order.AutoStartToken, QR: bankid.QR(order.QRStartToken, order.QRStartSecret, 0)}, nil
}

// Collect asks how the order of a holder stands; the app calls it every second or two. When BankID says that it is complete, signedIn runs
// once in a transaction of scope.SignIn that also ends the order: of several calls at the same time one runs it and commits, the others get
// store.ErrNoOrder. An error of signedIn is returned as it is and nothing is kept; since BankID need not hand out a result twice, the app then
// begins a new sign-in. locale is the language of Text.
//
// Errors: auth.ErrMalformed, store.ErrNoOrder (also when BankID has forgotten the order), what signedIn returns, and those of BankID as for
// Begin: after these the app may ask again.
func (b *BankID) Collect(ctx context.Context, holder, locale string, signedIn func(tx *scope.Tx, who Identity) error) (Progress, error) {
	credential, order, err := b.order(ctx, holder)
	if err != nil {
		return Progress{}, err
	}
	if hint, fresh := b.recent.hint(order.ID, b.Pace); fresh {
		return b.pending(order, hint, locale), nil
	}
	got, err := b.Client.Collect(ctx, order.Ref)
	var refusal *bankid.Error
	if errors.As(err, &refusal) && refusal.Code == bankid.InvalidParameters {
		return Progress{}, store.ErrNoOrder // another call has collected the end, or it was never fetched in time
	}
	if err != nil {
		return Progress{}, err
	}
	in := scope.Of(credential.Municipality, scope.SignIn)
	switch got.Status {
	case bankid.Pending:
		b.recent.keep(order.ID, got.Hint, b.Pace)
		return b.pending(order, got.Hint, locale), nil
	case bankid.Failed:
		err := b.DB.WithScope(ctx, in, func(tx *scope.Tx) error { return store.FinishOrder(ctx, tx, order.ID) })
		if err != nil && !errors.Is(err, store.ErrNoOrder) {
			return Progress{}, err
		}
		return Progress{Status: bankid.Failed, Hint: got.Hint, Text: bankid.Guidance(locale, bankid.Failed, got.Hint)}, nil
	}
	err = b.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		if err := store.FinishOrder(ctx, tx, order.ID); err != nil {
			return err
		}
		return signedIn(tx, Identity{PersonalNumber: got.Completion.User.PersonalNumber})
	})
	if err != nil {
		return Progress{}, err
	}
	return Progress{Status: bankid.Complete}, nil
}

// Cancel ends an order that its holder does not want any more, here and at BankID. An order that is over already gives store.ErrNoOrder.
func (b *BankID) Cancel(ctx context.Context, holder string) error {
	credential, order, err := b.order(ctx, holder)
	if err != nil {
		return err
	}
	err = b.DB.WithScope(ctx, scope.Of(credential.Municipality, scope.SignIn), func(tx *scope.Tx) error {
		return store.FinishOrder(ctx, tx, order.ID)
	})
	if err != nil {
		return err
	}
	var refusal *bankid.Error
	if err := b.Client.Cancel(ctx, order.Ref); err != nil && !errors.As(err, &refusal) { // refused: BankID has ended it by itself
		return err
	}
	return nil
}

func (b *BankID) order(ctx context.Context, holder string) (auth.Credential, store.Order, error) {
	credential, err := auth.ParseHolder(holder)
	if err != nil {
		return auth.Credential{}, store.Order{}, err
	}
	var order store.Order
	err = b.DB.WithScope(ctx, scope.Of(credential.Municipality, scope.SignIn), func(tx *scope.Tx) error {
		var err error
		order, err = store.OrderOf(ctx, tx, credential)
		return err
	})
	return credential, order, err
}

func (b *BankID) pending(order store.Order, hint bankid.Hint, locale string) Progress {
	return Progress{
		Status: bankid.Pending, Hint: hint, Text: bankid.Guidance(locale, bankid.Pending, hint),
		QR: bankid.QR(order.QRToken, order.QRSecret, b.DB.Now().Sub(order.Started)),
	}
}

// recent remembers the last hint of pending orders for a moment. It only saves questions to BankID: another process has its own.
type recent struct {
	mu    sync.Mutex
	hints map[uuid.UUID]heard
}

type heard struct {
	hint bankid.Hint
	at   time.Time // of the monotonic clock: how fast BankID may be asked has nothing to do with the time of day
}

func (r *recent) hint(order uuid.UUID, pace time.Duration) (bankid.Hint, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, ok := r.hints[order]
	return last.hint, ok && time.Since(last.at) < pace
}

func (r *recent) keep(order uuid.UUID, hint bankid.Hint, pace time.Duration) {
	if pace <= 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hints == nil {
		r.hints = map[uuid.UUID]heard{}
	}
	if len(r.hints) >= 10_000 {
		for id, last := range r.hints {
			if time.Since(last.at) >= pace {
				delete(r.hints, id)
			}
		}
	}
	r.hints[order] = heard{hint: hint, at: time.Now()}
}
