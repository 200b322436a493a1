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
	"budstikke.example/migrations/seal"
)

// BankID signs people in with Swedish BankID (H1). It is safe for concurrent use.
type BankID struct {
	DB     *scope.DB
	Client *bankid.Client
	Keys   *seal.Keyring // seal the secret of the animated code, and who signed until the way back is taken
	// Returns are the addresses that BankID on the same device comes back to, by the name of the client; each is https and has no fragment.
	Returns map[string]string
	// MostRisk is the highest risk, in BankID's eyes, at which anybody is let in; empty lets everybody in.
	MostRisk bankid.Risk
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

// Progress is how a sign-in stands. It never says who signs in.
type Progress struct {
	Status bankid.Status // Pending, Failed or Complete
	Hint   bankid.Hint   // machine-readable; may be one that is not known here
	Text   string        // what to tell the person, empty when complete
	QR     string        // what the animated code shows now, while pending with BankID on another device
}

// Identity is who has proved themselves. It is handed to the callback only and is not kept.
type Identity struct {
	PersonalNumber bankid.Hidden // 12 digits; prints as stars, Reveal returns it
}

// Ends are what follows from the end of an order, in the transaction of scope.SignIn that ends it.
type Ends struct {
	// SignedIn runs when somebody has signed and may come in.
	SignedIn func(tx *scope.Tx, who Identity) error
	// Refused runs when somebody has signed and may not: the risk was too high, or the way back led elsewhere. It is for the audit trail.
	Refused func(tx *scope.Tx, who Identity) error
}

// Question is what the app asks about an order, every second or two.
type Question struct {
	Holder string
	Nonce  string // what the way back brought on the same device; empty before
	Locale string // the language of Progress.Text
	// Address is the device's, for the order that takes the place of one that was not started.
	Address netip.Addr
}

// Collect asks how the order of a holder stands. When BankID says that it is complete, SignedIn runs once in the transaction that also ends the
// order: of several calls at the same time one runs it and commits. The others are told that the order is pending, without asking BankID, which
// hands out a result once; after the commit they get store.ErrNoOrder. An error of SignedIn is returned as it is and nothing is kept; the app
// then begins a new sign-in.
//
// Errors: auth.ErrMalformed, store.ErrNoOrder (also when BankID has forgotten the order), what SignedIn returns, and those of BankID as for
// Begin: after these the app may ask again.
func (b *BankID) Collect(ctx context.Context, q Question, ends Ends) (Progress, error) {
	credential, order, err := b.order(ctx, q.Holder)
	if err != nil {
		return Progress{}, err
	}
	if back, decided, err := b.comeBack(ctx, credential, order, q, ends); decided || err != nil {
		return back, err
	}
	hint, mine := b.recent.ask(order.ID, b.Pace)
	if !mine {
		return b.pending(order, hint, q.Locale), nil
	}
	defer b.recent.release(order.ID)
	got, err := b.Client.Collect(ctx, order.Ref)
	var refusal *bankid.Error
	if errors.As(err, &refusal) && refusal.Code == bankid.InvalidParameters {
		return b.missed(ctx, q, order, hint)
	}
	if err != nil {
		return Progress{}, err
	}
	switch {
	case got.Status == bankid.Pending:
		b.recent.keep(order.ID, got.Hint)
		return b.pending(order, got.Hint, q.Locale), nil
	case got.Status == bankid.Failed && restarts(order, got.Hint):
		return b.restart(ctx, order, q)
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	if got.Status == bankid.Failed {
		return b.failed(finish, credential.Municipality, order, q, got.Hint, nil)
	}
	who := Identity{PersonalNumber: got.Completion.User.PersonalNumber}
	keepRisk := func(tx *scope.Tx) error { return store.KeepRisk(finish, tx, order.ID, got.Completion.Risk) }
	switch {
	case got.Completion.Risk.Above(b.MostRisk):
		return b.failed(finish, credential.Municipality, order, q, bankid.TransactionRiskBlocked, func(tx *scope.Tx) error {
			return errors.Join(keepRisk(tx), ends.Refused(tx, who))
		})
	case order.NonceHash != nil && q.Nonce == "":
		return b.await(finish, credential.Municipality, order, q, who, keepRisk)
	}
	return b.complete(finish, credential.Municipality, order, func(tx *scope.Tx) error {
		if err := keepRisk(tx); err != nil {
			return err
		}
		return ends.SignedIn(tx, who)
	})
}

// complete ends an order with which somebody comes in. ctx goes on when the caller has hung up.
func (b *BankID) complete(ctx context.Context, municipality uuid.UUID, order store.Order, signedIn func(tx *scope.Tx) error) (Progress, error) {
	err := b.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		if err := store.FinishOrder(ctx, tx, order.ID); err != nil {
			return err
		}
		return signedIn(tx)
	})
	if err != nil {
		return Progress{}, err
	}
	b.recent.over(order.ID)
	return Progress{Status: bankid.Complete}, nil
}

// failed ends an order with which nobody comes in; more is what else is written down, nil for nothing.
func (b *BankID) failed(ctx context.Context, municipality uuid.UUID, order store.Order, q Question, hint bankid.Hint, more func(tx *scope.Tx) error) (Progress, error) {
	err := b.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		if err := store.FinishOrder(ctx, tx, order.ID); err != nil || more == nil {
			return err
		}
		return more(tx)
	})
	if err != nil && !errors.Is(err, store.ErrNoOrder) {
		return Progress{}, err
	}
	b.recent.over(order.ID)
	return Progress{Status: bankid.Failed, Hint: hint, Text: bankid.Guidance(q.Locale, bankid.Failed, hint)}, nil
}

// missed answers for an order that BankID knows no more. Either it has ended here meanwhile, or another call was given its end and has not
// written it down yet, or its end never came and BankID has forgotten it.
func (b *BankID) missed(ctx context.Context, q Question, order store.Order, hint bankid.Hint) (Progress, error) {
	_, present, err := b.order(ctx, q.Holder)
	if err != nil {
		return Progress{}, err
	}
	if present.Ref != order.Ref || present.Proved.Reveal() != "" { // a fresh one took its place, or its end is kept
		return b.pending(present, hint, q.Locale), nil
	}
	grace := b.Grace
	if grace == 0 {
		grace = DefaultGrace
	}
	if b.recent.missing(order.ID) >= grace {
		return Progress{}, store.ErrNoOrder
	}
	return b.pending(order, hint, q.Locale), nil
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
	return b.giveUp(ctx, order.Ref)
}

// giveUp tells BankID that an order is not wanted any more. That it is over already is no error.
func (b *BankID) giveUp(ctx context.Context, ref string) error {
	var refusal *bankid.Error
	if err := b.Client.Cancel(ctx, ref); err != nil && !errors.As(err, &refusal) {
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
		order, err = store.OrderOf(ctx, tx, b.Keys, credential)
		return err
	})
	return credential, order, err
}

func (b *BankID) pending(order store.Order, hint bankid.Hint, locale string) Progress {
	p := Progress{Status: bankid.Pending, Hint: hint, Text: bankid.Guidance(locale, bankid.Pending, hint)}
	if order.NonceHash == nil {
		p.QR = bankid.QR(order.QRToken, order.QRSecret, b.DB.Now().Sub(order.Started))
	}
	return p
}
