package proof

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// comeBack decides what the way back alone decides: a nonce that is another order's ends this one, and one that is this order's signs in who has
// signed already. decided is false while BankID has to be asked.
func (b *BankID) comeBack(ctx context.Context, credential auth.Credential, order store.Order, q Question, ends Ends) (p Progress, decided bool, err error) {
	if order.NonceHash == nil {
		return Progress{}, false, nil
	}
	who := Identity{PersonalNumber: order.Proved}
	signed := order.Proved.Reveal() != ""
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	switch {
	case q.Nonce == "" && !signed:
		return Progress{}, false, nil
	case q.Nonce == "":
		return b.pending(order, bankid.ReturnExpected, q.Locale), true, nil
	case subtle.ConstantTimeCompare(digestOf(q.Nonce), order.NonceHash) != 1:
		p, err = b.failed(write, credential.Municipality, order, q, bankid.WrongReturn, func(tx *scope.Tx) error { return ends.Refused(tx, who) })
		if err == nil {
			_ = b.giveUp(write, order.Ref) // nobody will collect it any more
		}
		return p, true, err
	case signed:
		p, err = b.complete(write, credential.Municipality, order, func(tx *scope.Tx) error { return ends.SignedIn(tx, who) })
		return p, true, err
	}
	return Progress{}, false, nil
}

// await keeps who has signed on the same device until the way back brings the nonce: BankID says it once, and the page that began may ask before
// the person is back.
func (b *BankID) await(ctx context.Context, municipality uuid.UUID, order store.Order, q Question, who Identity, more func(tx *scope.Tx) error) (Progress, error) {
	err := b.DB.WithScope(ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		kept, err := store.KeepProof(ctx, tx, b.Keys, order.ID, who.PersonalNumber)
		if err == nil && !kept {
			err = store.ErrNoOrder
		}
		if err != nil {
			return err
		}
		return more(tx)
	})
	if err != nil && !errors.Is(err, store.ErrNoOrder) {
		return Progress{}, err
	}
	if err != nil { // it has ended, or another call kept it
		if _, order, err = b.order(ctx, q.Holder); err != nil {
			return Progress{}, err
		}
	}
	return b.pending(order, bankid.ReturnExpected, q.Locale), nil
}
