package signin

import (
	"context"
	"encoding/base32"
	"errors"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// issuer is the name that the authenticator app shows.
const issuer = "Budstikke"

// Faults of changing how one signs in.
var (
	// ErrPasswordWrong is the answer to a wrong password of somebody who is signed in.
	ErrPasswordWrong = &app.Fault{Kind: app.Unprocessable, Code: "password_wrong", Detail: "The password is wrong. Try again.",
		Fields: []app.Field{{Pointer: "/password", Detail: "is not your password"}}}
	// ErrCodeWrong is the answer to a code that the new authenticator app does not show now.
	ErrCodeWrong = &app.Fault{Kind: app.Unprocessable, Code: "code_wrong", Detail: "This is not the code that the app shows now. Wait for the next one and try again.",
		Fields: []app.Field{{Pointer: "/code", Detail: "is not the code of now"}}}
	// ErrNotBegun means that no authenticator app waits for its first code.
	ErrNotBegun = &app.Fault{Kind: app.Conflict, Code: "authenticator_not_begun", Detail: "Begin with a new authenticator app first; it waits for a quarter of an hour."}
)

// keyholder is the handle of whoever is signed in with an account of their own, also on the way to a second factor.
func (f *Flows) keyholder(ctx context.Context) postgres.Visitor {
	return f.DB.Visitor(auth.Keyholder(ctx))
}

// proveOwn checks the password of whoever calls, before anything about how they sign in is changed. Faults: password_wrong; not_found
// for who has none; too_many_attempts; unavailable.
func (f *Flows) proveOwn(ctx context.Context, plain string) (store.Password, error) {
	me, err := f.me(ctx)
	if err != nil {
		return store.Password{}, err
	}
	kept, err := f.Password.ProveOwn(ctx, auth.Keyholder(ctx).Municipality(), proof.Own{Account: me.Account, Password: plain, Address: auth.DeviceOf(ctx)})
	switch {
	case errors.Is(err, proof.ErrRefused):
		return kept, ErrPasswordWrong
	case errors.Is(err, proof.ErrNoPassword):
		return kept, app.ErrNotFound // their factors are where they got what they sign in with
	}
	return kept, busy(err)
}

// me is who calls.
func (f *Flows) me(ctx context.Context) (scope.Person, error) {
	return postgres.Read(ctx, f.keyholder(ctx), func(tx *postgres.VisitorTx) (scope.Person, error) { return tx.Person(ctx) })
}

// StartAuthenticator makes the secret of a new authenticator app. It counts from ConfirmAuthenticator on; until then the earlier one does.
// Faults: those of proveOwn; step_up_required for who has a second factor and has not shown it lately.
func (f *Flows) StartAuthenticator(ctx context.Context, req StartAuthenticatorRequestObject) (StartAuthenticatorResponseObject, error) {
	if err := postgres.Repeated(ctx, f.keyholder(ctx)); err != nil {
		return nil, err
	}
	kept, err := f.proveOwn(ctx, req.Body.Password)
	if err != nil {
		return nil, err
	}
	return postgres.Write(ctx, f.keyholder(ctx), func(tx *postgres.VisitorTx) (StartAuthenticatorResponseObject, error) {
		if _, err := freshly(ctx, tx, kept); err != nil {
			return nil, err
		}
		e, err := f.Password.ProposeApp(ctx, tx.Tx, kept, issuer)
		if errors.Is(err, proof.ErrRefused) {
			return nil, ErrPasswordWrong
		}
		return StartAuthenticator201JSONResponse{
			Secret: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(e.Secret), OtpauthURL: e.URL,
		}, err
	})
}

// ConfirmAuthenticator makes the new app the second factor and answers with fresh recovery codes. Whoever was on the way to a second factor
// goes on in a session of their own kind; the one that led here ends. The owner is told. Faults: code_wrong, authenticator_not_begun.
func (f *Flows) ConfirmAuthenticator(ctx context.Context, req ConfirmAuthenticatorRequestObject) (ConfirmAuthenticatorResponseObject, error) {
	return postgres.Write(ctx, f.keyholder(ctx), func(tx *postgres.VisitorTx) (ConfirmAuthenticatorResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		kept, codes, err := f.Password.ConfirmApp(ctx, tx.Tx, me.Account, req.Body.Code)
		switch {
		case errors.Is(err, proof.ErrRefused):
			return nil, ErrCodeWrong
		case errors.Is(err, store.ErrNoProposal):
			return nil, ErrNotBegun
		case errors.Is(err, proof.ErrNoPassword):
			return nil, app.ErrNotFound
		case err != nil:
			return nil, err
		}
		if err := tx.TellOfSignIn(ctx, me.ID, me.Account); err != nil {
			return nil, err
		}
		answer := ConfirmAuthenticator201JSONResponse{RecoveryCodes: codes}
		answer.Session, err = goOn(ctx, tx.Tx, me, proof.Holder{Account: kept.Account, Person: kept.Person, Kind: kept.Kind, Opens: kept.Opens, Factor: proof.AppCode})
		return answer, err
	})
}

// goOn ends the session of somebody who was on the way to a second factor and begins the one they were on the way to; nil for others.
func goOn(ctx context.Context, tx *scope.Tx, me scope.Person, who proof.Holder) (*Session, error) {
	if me.Caller != scope.SecondFactor {
		return nil, nil //nolint:nilnil // no session is an answer: the one they have goes on
	}
	device, err := store.DeviceOf(ctx, tx, me.Session)
	if err != nil {
		return nil, err
	}
	session, err := begin(ctx, tx, who, device)
	if err != nil {
		return nil, err
	}
	_, err = store.EndSession(ctx, tx, me.Session, store.FactorShown)
	return &session, err
}
