package staff

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/auth/password"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/auth/tablet"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// Faults of working on a shared tablet.
var (
	// ErrPINWrong is the one answer to a wrong PIN and to somebody who may not work on the tablet.
	ErrPINWrong = &app.Fault{Kind: app.Unauthenticated, Code: "pin_wrong", Detail: "The PIN is wrong. Try again."}
	// ErrPINLocked is the answer after the fifth wrong one, while the PIN rests: a quarter of an hour at first, twelve hours at most.
	ErrPINLocked = &app.Fault{Kind: app.Unauthenticated, Code: "pin_locked",
		Detail: "This PIN was tried too often here. Try again in a quarter of an hour or later, or sign in on a device of your own and set a new one."}
)

// GetRollCall returns who belongs to the tablet's group and who is away today: the least that it shows by itself (V7).
func (f *Flows) GetRollCall(ctx context.Context, _ GetRollCallRequestObject) (GetRollCallResponseObject, error) {
	call, err := postgres.Read(ctx, f.DB.Tablet(auth.Tablet(ctx)), func(tx *postgres.TabletTx) (postgres.RollCall, error) { return tx.RollCall(ctx) })
	if err != nil {
		return nil, err
	}
	return GetRollCall200JSONResponse{Group: call.Group, Children: view.Each(call.Children, func(c postgres.Present) RollCallChild {
		return RollCallChild{ID: c.ID, Name: c.Name, Away: c.Away}
	})}, nil
}

// ListTabletStaff returns who may work on the tablet now and has a PIN.
func (f *Flows) ListTabletStaff(ctx context.Context, _ ListTabletStaffRequestObject) (ListTabletStaffResponseObject, error) {
	list, err := postgres.Read(ctx, f.DB.Tablet(auth.Tablet(ctx)), func(tx *postgres.TabletTx) ([]store.Colleague, error) {
		return store.TabletStaff(ctx, tx.Tx)
	})
	if err != nil {
		return nil, err
	}
	return ListTabletStaff200JSONResponse{Items: view.Each(list, func(c store.Colleague) TabletColleague {
		return TabletColleague{PersonID: c.ID, Name: c.Name}
	})}, nil
}

// UnlockTablet begins somebody's work on the tablet with their PIN (V7). From here on what is done is theirs, in the audit trail too (B5).
func (f *Flows) UnlockTablet(ctx context.Context, req UnlockTabletRequestObject) (UnlockTabletResponseObject, error) {
	var answer UnlockTablet201JSONResponse
	err := f.PIN.Unlock(ctx, auth.Tablet(ctx), req.Body.PersonID, req.Body.Pin, func(tx *scope.Tx, id uuid.UUID, t store.PINTry) error {
		token, session, err := store.StartWork(ctx, tx, id, t)
		if err != nil {
			return err
		}
		answer = UnlockTablet201JSONResponse{Token: token.Reveal(), Kind: SessionKindStaff, ExpiresAt: session.Expires, EndsAt: session.Ends}
		return trail.Act{Operation: "UnlockTablet", Class: string(access.SigningIn), Resource: id, Person: t.Person}.Leave(ctx, tx)
	})
	switch {
	case errors.Is(err, proof.ErrPINLocked):
		return nil, ErrPINLocked
	case errors.Is(err, proof.ErrPINWrong):
		return nil, ErrPINWrong
	case errors.Is(err, store.ErrNoTablet): // it ended while the PIN was compared
		return nil, postgres.Known(scope.ErrNoSession)
	case err != nil:
		return nil, busy(postgres.Known(err))
	}
	return answer, nil
}

// ConfirmTablet gives the tablet that the caller works on its new secret (V12).
func (f *Flows) ConfirmTablet(ctx context.Context, _ ConfirmTabletRequestObject) (ConfirmTabletResponseObject, error) {
	return postgres.Write(ctx, f.institution(ctx), func(tx *postgres.InstitutionTx) (ConfirmTabletResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		secret, err := store.ConfirmTablet(ctx, tx.Tx, me.Tablet)
		if errors.Is(err, store.ErrNoTablet) {
			return nil, app.ErrNotFound
		}
		return ConfirmTablet201JSONResponse{Secret: secret.Reveal()}, err
	})
}

// SetPIN sets the caller's PIN for shared tablets.
func (f *Flows) SetPIN(ctx context.Context, req SetPINRequestObject) (SetPINResponseObject, error) {
	me, err := postgres.Read(ctx, f.institution(ctx), func(tx *postgres.InstitutionTx) (postgres.Myself, error) { return tx.Myself(ctx) })
	if err != nil {
		return nil, err
	}
	hash, key, err := f.PIN.Hash(ctx, auth.Staff(ctx).Municipality(), me.ID, req.Body.Pin, me.Born)
	if errors.Is(err, tablet.ErrWeakPIN) {
		return nil, &app.Fault{Kind: app.Unprocessable, Code: "pin_too_weak",
			Detail: "Choose six digits that are no sequence, no repetition and not your birthday.",
			Fields: []app.Field{{Pointer: "/pin", Detail: "is too easy to guess"}}}
	}
	if err != nil {
		return nil, busy(err)
	}
	return postgres.Write(ctx, f.institution(ctx), func(tx *postgres.InstitutionTx) (SetPINResponseObject, error) {
		return SetPIN204Response{}, store.SetPIN(ctx, tx.Tx, hash, key)
	})
}

// busy turns a hasher that has too much to do into the fault that says when to come back.
func busy(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return &app.Fault{Kind: app.Unavailable, Code: app.ErrUnavailable.Code, Detail: app.ErrUnavailable.Detail, RetryAfter: 2 * time.Second}
	}
	return err
}
