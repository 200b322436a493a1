package signin

import (
	"context"
	"errors"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// begin starts the session of somebody whose password was right: the one that the password is for, or, for somebody who must have a second
// factor and has none yet, one in which they can get it and do nothing else. Whose recovery code it was is told of it.
func begin(ctx context.Context, tx *scope.Tx, who proof.Holder, device auth.Device) (Session, error) {
	kind := who.Opens
	if who.Factor == proof.NoFactor {
		needed, err := store.NeedsSecondFactor(ctx, tx, who.Person)
		if err != nil {
			return Session{}, err
		}
		if needed || who.Opens == scope.Guardian { // instead of an electronic identity, one password is not enough (H7)
			kind = scope.SecondFactor
		}
	}
	if who.Factor == proof.RecoveryCode {
		if err := postgres.Joined(tx).TellOfSignIn(ctx, who.Person, who.Account); err != nil {
			return Session{}, err
		}
	}
	token, session, err := store.StartSession(ctx, tx, store.NewSession{
		Kind: kind, Person: who.Person, Account: who.Account, Strong: who.Factor != proof.NoFactor, Device: device,
	})
	return viewSession(token, kind, session), err
}

// busy turns what a crowd before the hasher says into a fault; other errors stay as they are.
func busy(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return &app.Fault{Kind: app.Unavailable, Code: app.ErrUnavailable.Code, Detail: app.ErrUnavailable.Detail, RetryAfter: 2 * time.Second}
	}
	return tooMany(err, "Too many tries have failed. Wait a little before the next one.")
}

// weak turns what is wrong with a new password into a fault that points at its field; other errors stay as they are.
func weak(err error, pointer string) error {
	details := []struct {
		err    error
		detail string
	}{
		{password.ErrCommon, "This password is among the first that anybody would try. Choose another one."},
		{password.ErrGuessable, "This password is too easy to guess, also for somebody who knows your name and where you work. " +
			"Take some words that have nothing to do with each other."},
		{password.ErrTooShort, "Choose a password of at least 12 characters."},
		{password.ErrTooLong, "Choose a password of at most 256 characters."},
	}
	for _, d := range details {
		if errors.Is(err, d.err) {
			return &app.Fault{Kind: app.Unprocessable, Code: "password_weak", Detail: d.detail,
				Fields: []app.Field{{Pointer: pointer, Detail: "is too easy to guess"}}}
		}
	}
	return err
}
