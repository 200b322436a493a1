package proof

import (
	"context"
	"errors"
	"net/netip"
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
	// Grace is for how long an order that BankID knows no more, and that has not ended here, is still said to be pending: another call, perhaps
	// of another process, may have been given its end and be about to write it down. 0 is DefaultGrace.
	Grace time.Duration

	recent recent
}

// DefaultGrace is longer than the writing down of an end may take.
const DefaultGrace = finishTimeout + time.Second

// finishTimeout bounds the writing down of an order's end. It goes on when the caller has hung up: BankID hands out a result once.
const finishTimeout = 10 * time.Second

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
// once in a transaction of scope.SignIn that also ends the order: of several calls at the same time one runs it and commits. The others are
// told that the order is pending, without asking BankID, which hands out a result once; after the commit they get store.ErrNoOrder. An error
// of signedIn is returned as it is and nothing is kept; the app then begins a new sign-in. locale is the language of Text.
//
// Errors: auth.ErrMalformed, store.ErrNoOrder (also when BankID has forgotten the order), what signedIn returns, and those of BankID as for
// Begin: after these the app may ask again.
func (b *BankID) Collect(ctx context.Context, holder, locale string, signedIn func(tx *scope.Tx, who Identity) error) (Progress, error) {
	credential, order, err := b.order(ctx, holder)
	if err != nil {
		return Progress{}, err
	}
	hint, mine := b.recent.ask(order.ID, b.Pace)
	if !mine {
		return b.pending(order, hint, locale), nil
	}
	defer b.recent.release(order.ID)
	got, err := b.Client.Collect(ctx, order.Ref)
	var refusal *bankid.Error
	if errors.As(err, &refusal) && refusal.Code == bankid.InvalidParameters {
		return b.missed(ctx, holder, order, hint, locale)
	}
	if err != nil {
		return Progress{}, err
	}
	if got.Status == bankid.Pending {
		b.recent.keep(order.ID, got.Hint)
		return b.pending(order, got.Hint, locale), nil
	}
	in := scope.Of(credential.Municipality, scope.SignIn)
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if got.Status == bankid.Failed {
		err := b.DB.WithScope(finish, in, func(tx *scope.Tx) error { return store.FinishOrder(finish, tx, order.ID) })
		if err != nil && !errors.Is(err, store.ErrNoOrder) {
			return Progress{}, err
		}
		b.recent.over(order.ID)
		return Progress{Status: bankid.Failed, Hint: got.Hint, Text: bankid.Guidance(locale, bankid.Failed, got.Hint)}, nil
	}
	err = b.DB.WithScope(finish, in, func(tx *scope.Tx) error {
		if err := store.FinishOrder(finish, tx, order.ID); err != nil {
			return err
		}
		return signedIn(tx, Identity{PersonalNumber: got.Completion.User.PersonalNumber})
	})
	if err != nil {
		return Progress{}, err
	}
	b.recent.over(order.ID)
	return Progress{Status: bankid.Complete}, nil
}

// missed answers for an order that BankID knows no more. Either it has ended here meanwhile, or another call was given its end and has not
// written it down yet, or its end never came and BankID has forgotten it.
func (b *BankID) missed(ctx context.Context, holder string, order store.Order, hint bankid.Hint, locale string) (Progress, error) {
	if _, _, err := b.order(ctx, holder); err != nil {
		return Progress{}, err
	}
	grace := b.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	if b.recent.missing(order.ID) >= grace {
		return Progress{}, store.ErrNoOrder
	}
	return b.pending(order, hint, locale), nil
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
