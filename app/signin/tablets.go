package signin

import (
	"context"
	"errors"
	"time"

	"budstikke.example/app"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/auth/store"
	"budstikke.example/auth/tablet"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// EnrolTablet makes a tablet that of a group, by the head's code (V7).
func (f *Flows) EnrolTablet(ctx context.Context, req EnrolTabletRequestObject) (EnrolTabletResponseObject, error) {
	if _, err := f.known(ctx, req.Body.MunicipalityID); err != nil {
		return nil, err
	}
	key, err := tablet.ParseKey(req.Body.PublicKey)
	if err != nil {
		return nil, &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "Look at the fields that are named.",
			Fields: []app.Field{{Pointer: "/publicKey", Detail: "must be an Ed25519 key, 32 bytes in base64url"}}}
	}
	name := auth.Label(req.Body.Name)
	if name == "" {
		return nil, &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "Look at the fields that are named.",
			Fields: []app.Field{{Pointer: "/name", Detail: "holds nothing that can be seen"}}}
	}
	in := scope.Of(req.Body.MunicipalityID, scope.SignIn)
	err = f.Tablets.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		return store.ClaimCode(ctx, tx, f.Keys, auth.DeviceOf(ctx))
	})
	if err != nil {
		return nil, tooMany(err, "Too many codes were tried from here. Wait a little before the next one.")
	}
	digest, err := tablet.ReadCode(req.Body.Code)
	if err != nil {
		return nil, app.ErrNotFound
	}
	var enrolled store.NewTablet
	err = f.Tablets.DB.WithScope(ctx, in, func(tx *scope.Tx) error {
		var err error
		if enrolled, err = store.EnrolTablet(ctx, tx, digest, key, name); err != nil {
			return err
		}
		return trail.Act{Operation: "EnrolTablet", Class: string(access.SigningIn), Resource: enrolled.ID, Person: enrolled.EnrolledBy}.Leave(ctx, tx)
	})
	if err != nil {
		return nil, noTablet(err)
	}
	return EnrolTablet201JSONResponse{
		TabletID: enrolled.ID, Secret: enrolled.Secret.Reveal(),
		Session: TabletSession{Token: enrolled.Access.Reveal(), ExpiresAt: enrolled.Expires},
	}, nil
}

// RenewTabletSession gives a tablet access for another ten minutes, for a proof that it signed (V12).
func (f *Flows) RenewTabletSession(ctx context.Context, req RenewTabletSessionRequestObject) (RenewTabletSessionResponseObject, error) {
	if _, err := f.known(ctx, req.Body.MunicipalityID); err != nil {
		return nil, err
	}
	var renewal store.Renewal
	err := f.Tablets.DB.WithScope(ctx, scope.Of(req.Body.MunicipalityID, scope.SignIn), func(tx *scope.Tx) error {
		var err error
		renewal, err = store.RenewTablet(ctx, tx, req.TabletID, time.UnixMilli(req.Body.At), req.Body.Signature)
		return err
	})
	if err != nil {
		return nil, noTablet(err)
	}
	answer := RenewTabletSession201JSONResponse{Token: renewal.Access.Reveal(), ExpiresAt: renewal.Expires}
	if !renewal.ConfirmBy.IsZero() {
		answer.ConfirmBy = &renewal.ConfirmBy
	}
	return answer, nil
}

func noTablet(err error) error {
	if errors.Is(err, store.ErrNoTablet) {
		return app.ErrNotFound
	}
	return err
}
