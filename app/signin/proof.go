package signin

import (
	"context"
	"errors"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/bankid"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// ErrNotProved is the one answer to a proof that is not that of the session's owner, whosever it is.
var ErrNotProved = &app.Fault{Kind: app.Unauthenticated, Code: "sign_in_failed",
	Detail: "This did not prove whose session it is. Start again with your own BankID."}

// holder is who calls with an account, before anything is asked of a provider.
func (f *Flows) holder(ctx context.Context) (scope.Person, error) {
	return postgres.Read(ctx, f.DB.Visitor(auth.Holder(ctx)), func(tx *postgres.VisitorTx) (scope.Person, error) { return tx.Person(ctx) })
}

// ProveByBankID renews the proof of a running session by a BankID order (RFC 9470). The order ends also when it was somebody else's proof.
// Faults: sign_in_failed, not_found.
func (f *Flows) ProveByBankID(ctx context.Context, req ProveByBankIDRequestObject) (ProveByBankIDResponseObject, error) {
	me, err := f.holder(ctx)
	if err != nil {
		return nil, err
	}
	here := auth.Holder(ctx).Municipality()
	order, err := auth.ParseHolder(req.Body.Holder)
	if err != nil || order.Municipality != here || f.BankID == nil {
		return nil, app.ErrNotFound
	}
	proved := false
	locale := localeOf(ctx, f.DB.Visitor(scope.Of(here, scope.SignIn)), string(value(req.Body.Locale)))
	asked := proof.Question{Holder: req.Body.Holder, Nonce: value(req.Body.Nonce), Locale: locale, Address: auth.DeviceOf(ctx)}
	written := context.WithoutCancel(ctx) // as in CollectBankID
	progress, err := f.BankID.Collect(ctx, asked, proof.Ends{
		SignedIn: func(tx *scope.Tx, who proof.Identity) error {
			var err error
			if proved, err = f.renew(written, tx, me, who); err != nil || proved {
				return err
			}
			return f.refuse(written, tx, "ProveByBankID", who)
		},
		Refused: func(tx *scope.Tx, who proof.Identity) error { return f.refuse(written, tx, "ProveByBankID", who) },
	})
	switch {
	case err != nil:
		return nil, trouble(locale, ended(err))
	case progress.Status == bankid.Complete && !proved:
		return nil, ErrNotProved
	case progress.Status == bankid.Complete:
		return ProveByBankID200JSONResponse{Status: ProofProgressStatusProved, Text: signedInText.In(locale)}, nil
	case progress.Status == bankid.Failed:
		return ProveByBankID200JSONResponse{Status: ProofProgressStatusFailed, Text: progress.Text, Hint: optional(string(progress.Hint))}, nil
	}
	return ProveByBankID200JSONResponse{
		Status: ProofProgressStatusPending, Text: progress.Text, Hint: optional(string(progress.Hint)), Qr: optional(progress.QR),
	}, nil
}

// renew keeps the proof if it is that of the session's owner, who may have lost the session meanwhile.
func (f *Flows) renew(ctx context.Context, tx *scope.Tx, me scope.Person, who proof.Identity) (bool, error) {
	number, err := nationalid.Parse(nationalid.Sweden, who.PersonalNumber.Reveal(), tx.Now)
	if err != nil {
		return false, nil //nolint:nilerr // a number that cannot be read is nobody's here
	}
	return f.renewNumber(ctx, tx, me, number, scope.Substantial)
}

// renewNumber keeps the proof of the owner of an identity number if it is the session's.
func (f *Flows) renewNumber(ctx context.Context, tx *scope.Tx, me scope.Person, number nationalid.Number, assurance scope.Assurance) (bool, error) {
	match, found, err := store.MatchApplicant(ctx, tx, postgres.IdentityIndex(f.Keys, tx.Municipality(), number))
	if err != nil || !found || match.Person != me.ID {
		return false, err
	}
	return store.RenewProof(ctx, tx, me.Session, me.ID, assurance)
}

// ProveByPassword renews the proof of a running session by a password and a second factor (RFC 9470). Somebody else's right ones are refused
// like wrong ones, and are not used up. Faults: sign_in_failed, too_many_attempts, unavailable.
func (f *Flows) ProveByPassword(ctx context.Context, req ProveByPasswordRequestObject) (ProveByPasswordResponseObject, error) {
	me, err := f.holder(ctx)
	if err != nil {
		return nil, err
	}
	here := auth.Holder(ctx).Municipality()
	try := proof.Try{Username: req.Body.Username, Password: req.Body.Password, Code: req.Body.Code, Address: auth.DeviceOf(ctx), Device: deviceOf(req.Body.Device).Digest}
	err = f.Password.Prove(ctx, here, try, func(tx *scope.Tx, who proof.Holder) error {
		if who.Account != me.Account {
			return proof.ErrRefused
		}
		renewed, err := store.RenewProof(ctx, tx, me.Session, me.ID, scope.Substantial)
		if err == nil && !renewed {
			err = app.ErrSignInRequired // it ended meanwhile
		}
		return err
	})
	switch {
	case errors.Is(err, proof.ErrRefused):
		return nil, ErrSignInFailed
	case errors.Is(err, password.ErrBusy):
		return nil, &app.Fault{Kind: app.Unavailable, Code: app.ErrUnavailable.Code, Detail: app.ErrUnavailable.Detail, RetryAfter: 2 * time.Second}
	case err != nil:
		return nil, tooMany(err, "Too many tries have failed. Wait a little before the next one.")
	}
	return ProveByPassword204Response{}, nil
}
