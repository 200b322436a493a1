package signin

import (
	"context"
	"errors"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// Faults of activating an account.
var (
	// ErrActivationFailed is the one answer to a code that is malformed, unknown, of another municipality, expired, used, withdrawn, or for somebody who
	// would not get a letter any more.
	ErrActivationFailed = &app.Fault{Kind: app.Unauthenticated, Code: "activation_failed",
		Detail: "This code does not activate an account. Look at the letter once more, or ask whoever gave it to you for a new one."}
	// ErrUsernameTaken means that somebody else got the user name of the letter in the meantime.
	ErrUsernameTaken = &app.Fault{Kind: app.Conflict, Code: "username_taken",
		Detail: "Somebody else has this user name. Ask for a letter with another one."}
)

// ActivateAccount sets the first password of an account with the code of a letter, once (U5, U7, U8, H7). Faults: not_found for a municipality
// that there is not; activation_failed; password_weak; username_taken; too_many_attempts; unavailable.
func (f *Flows) ActivateAccount(ctx context.Context, req ActivateAccountRequestObject) (ActivateAccountResponseObject, error) {
	began := time.Now()
	visitor, err := f.known(ctx, req.Body.MunicipalityID)
	if err != nil {
		return nil, err
	}
	if err := postgres.Repeated(ctx, visitor); err != nil {
		return nil, err
	}
	activation := proof.Activation{Code: req.Body.Code, Password: req.Body.Password, Address: auth.DeviceOf(ctx)}
	var answer ActivateAccount201JSONResponse
	err = f.Password.Activate(ctx, req.Body.MunicipalityID, activation, func(tx *scope.Tx, who proof.Holder) error {
		var err error
		answer, err = postgres.Once(ctx, tx, func() (ActivateAccount201JSONResponse, error) {
			session, err := begin(ctx, tx, who, deviceOf(req.Body.Device))
			return ActivateAccount201JSONResponse(session), err
		})
		return err
	})
	switch {
	case errors.Is(err, proof.ErrNoActivation):
		// The same request may have used the letter up while this one was on its way (B6).
		if again := postgres.Repeated(ctx, visitor); again != nil {
			return nil, again
		}
		waitUntil(ctx, began.Add(turnedAwayAfter))
		return nil, ErrActivationFailed
	case errors.Is(err, store.ErrUsernameTaken):
		return nil, ErrUsernameTaken
	case err != nil:
		return nil, busy(weak(err, "/password"))
	}
	return answer, nil
}
