package signin

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth/store"
)

// ErrSecondFactorNeeded means that the caller must have a second factor: another app can take the place of the one they have.
var ErrSecondFactorNeeded = &app.Fault{Kind: app.Conflict, Code: "second_factor_needed",
	Detail: "You must have a second factor here. Begin with a new authenticator app; it takes the place of this one."}

// RemoveAuthenticator takes the caller's second factor and ends their other sessions; they are told by mail. Faults: those of proveOwn;
// step_up_required; not_found for who has none; second_factor_needed for who must have one and has no passkey (U5, U7, U8).
func (f *Flows) RemoveAuthenticator(ctx context.Context, req RemoveAuthenticatorRequestObject) (RemoveAuthenticatorResponseObject, error) {
	own := f.keyholder(ctx)
	if err := postgres.Repeated(ctx, own); err != nil {
		return nil, err
	}
	kept, err := f.proveOwn(ctx, req.Body.Password)
	if err == nil && kept.Secret == nil {
		err = app.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return postgres.Write(ctx, own, func(tx *postgres.VisitorTx) (RemoveAuthenticatorResponseObject, error) {
		me, err := freshly(ctx, tx, kept)
		if err != nil {
			return nil, err
		}
		needed, err := store.NeedsSecondFactor(ctx, tx.Tx, me.ID)
		if err != nil {
			return nil, err
		}
		passkeys, err := store.HoldPasskeys(ctx, tx.Tx, me.Account) // and keeps the last of them from going at the same time
		if err != nil {
			return nil, err
		}
		if needed && passkeys == 0 {
			return nil, ErrSecondFactorNeeded
		}
		if err := store.RemoveAuthenticator(ctx, tx.Tx, kept); err != nil {
			return nil, changedMeanwhile(err)
		}
		if _, err := store.EndOtherSessions(ctx, tx.Tx, me.ID, me.Session); err != nil {
			return nil, err
		}
		return RemoveAuthenticator204Response{}, tx.TellOfSignIn(ctx, me.ID, me.Account)
	})
}
