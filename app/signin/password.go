package signin

import (
	"context"
	"errors"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth/password"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// ChangePassword replaces the caller's password and ends their other sessions. Faults: password_wrong, password_weak, step_up_required, not_found for who has no
// password, too_many_attempts, unavailable.
func (f *Flows) ChangePassword(ctx context.Context, req ChangePasswordRequestObject) (ChangePasswordResponseObject, error) {
	own := f.keyholder(ctx)
	if err := postgres.Repeated(ctx, own); err != nil {
		return nil, err
	}
	kept, err := f.proveOwn(ctx, req.Body.Password)
	if err != nil {
		return nil, err
	}
	about, err := postgres.Read(ctx, own, func(tx *postgres.VisitorTx) ([]string, error) { return store.WordsAbout(ctx, tx.Tx, kept.Person) })
	if err != nil {
		return nil, err
	}
	if err := password.CheckNew(req.Body.NewPassword, append(about, kept.Username)); err != nil {
		return nil, weak(err, "/newPassword")
	}
	hash, err := f.Password.Hasher.Hash(ctx, req.Body.NewPassword)
	if err != nil {
		return nil, busy(err)
	}
	return postgres.Write(ctx, own, func(tx *postgres.VisitorTx) (ChangePasswordResponseObject, error) {
		me, err := freshly(ctx, tx, kept)
		if err != nil {
			return nil, err
		}
		if err := store.ChangePassword(ctx, tx.Tx, kept, hash); err != nil {
			return nil, changedMeanwhile(err)
		}
		_, err = store.EndOtherSessions(ctx, tx.Tx, me.ID, me.Session)
		return ChangePassword204Response{}, err
	})
}

// RenewRecoveryCodes gives the caller ten recovery codes in place of those they had. Faults: password_wrong, step_up_required, not_found for who has no
// second factor, too_many_attempts, unavailable.
func (f *Flows) RenewRecoveryCodes(ctx context.Context, req RenewRecoveryCodesRequestObject) (RenewRecoveryCodesResponseObject, error) {
	own := f.keyholder(ctx)
	if err := postgres.Repeated(ctx, own); err != nil {
		return nil, err
	}
	kept, err := f.proveOwn(ctx, req.Body.Password)
	if err == nil && !kept.HasSecondFactor() {
		err = app.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return postgres.Write(ctx, own, func(tx *postgres.VisitorTx) (RenewRecoveryCodesResponseObject, error) {
		if _, err := freshly(ctx, tx, kept); err != nil {
			return nil, err
		}
		if err := store.HoldPassword(ctx, tx.Tx, kept); err != nil {
			return nil, changedMeanwhile(err)
		}
		codes, err := store.NewRecoveryCodes(ctx, tx.Tx, f.Keys, kept.Account)
		return RenewRecoveryCodes201JSONResponse{RecoveryCodes: codes}, err
	})
}

// freshly returns who calls. Somebody who has a second factor must have shown it a short while ago before they change how they sign in: a
// password that was read over a shoulder and a session that was left open are not enough (RFC 9470). Fault: step_up_required.
func freshly(ctx context.Context, tx *postgres.VisitorTx, kept store.Password) (scope.Person, error) {
	me, err := tx.Person(ctx)
	if err == nil && kept.HasSecondFactor() && !me.ProvedSince(scope.Assurance(fresh.Assurance), tx.Now.Add(-fresh.MaxAge)) {
		err = app.StepUpFault(fresh)
	}
	return me, err
}

// changedMeanwhile turns a password that is no longer the one that was proved into the answer to a wrong one.
func changedMeanwhile(err error) error {
	if errors.Is(err, store.ErrStepUsed) {
		return ErrPasswordWrong
	}
	return err
}
