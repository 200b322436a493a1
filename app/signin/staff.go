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

// ErrSignInFailed is the one answer to a wrong user name, a wrong password and a wrong code.
var ErrSignInFailed = &app.Fault{Kind: app.Unauthenticated, Code: "sign_in_failed",
	Detail: "The user name, the password or the code is wrong. Wait for the next code and try again."}

// StartStaffSession signs staff in with a password and, once they have one, a second factor (U5, U7, U8). Whoever must have one and has none
// yet gets a session in which they can get it and do nothing else.
func (f *Flows) StartStaffSession(ctx context.Context, req StartStaffSessionRequestObject) (StartStaffSessionResponseObject, error) {
	began := time.Now()
	visitor, err := f.known(ctx, req.Body.MunicipalityID)
	if err != nil {
		return nil, err
	}
	if err := postgres.Repeated(ctx, visitor); err != nil {
		return nil, err
	}
	device := deviceOf(req.Body.Device)
	try := proof.Try{Username: req.Body.Username, Password: req.Body.Password, Code: value(req.Body.Code), Address: auth.DeviceOf(ctx), Device: device.Digest,
		Passkey: beside(req.Body.Passkey)}
	var answer StartStaffSession201JSONResponse
	err = f.Password.Prove(ctx, req.Body.MunicipalityID, try, func(tx *scope.Tx, who proof.Holder) error {
		var err error
		answer, err = postgres.Once(ctx, tx, func() (StartStaffSession201JSONResponse, error) {
			session, err := begin(ctx, tx, who, device)
			return StartStaffSession201JSONResponse(session), err
		})
		return err
	})
	if errors.Is(err, proof.ErrRefused) {
		// The same request may have used the code up while this one was on its way (B6).
		if again := postgres.Repeated(ctx, visitor); again != nil {
			return nil, again
		}
		waitUntil(ctx, began.Add(turnedAwayAfter))
		return nil, ErrSignInFailed
	}
	return answer, busy(err)
}

// tooMany turns a count that is full into the fault too_many_attempts, which says when to try again.
func tooMany(err error, detail string) error {
	var tooSoon *store.TooSoonError
	if !errors.As(err, &tooSoon) {
		return err
	}
	return &app.Fault{Kind: app.TooMany, Code: "too_many_attempts", RetryAfter: tooSoon.Wait, Detail: detail}
}
