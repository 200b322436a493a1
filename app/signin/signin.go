// Package signin is the room of those who are not known yet, or about to be: one method per operation tagged signin in openapi.yaml.
//
// It may open app, app/postgres, app/nationalid, auth and the gateway's confirmation tokens; never another room. Start reading at bankid.go,
// which leads to a session, to an application, or to the one neutral advice (H2, H7, H11).
package signin

//go:generate oapi-codegen -config gen.yaml ../../openapi.yaml

import (
	"context"
	"errors"
	"log/slog"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify/confirm"
)

// Flows carries the operations out. All fields but BankID, OIDC and Passkeys are required.
type Flows struct {
	DB       *postgres.DB
	BankID   *proof.BankID // nil: this installation has no Swedish BankID, and its operations answer not found
	OIDC     *proof.OIDC   // nil: no municipality has an identity provider
	Password *proof.Password
	Passkeys *proof.Passkeys // nil: this installation has no domain that passkeys could be made for
	Tablets  *proof.PIN      // whose database the tablets are enrolled in (V7)
	Keys     *seal.Keyring   // finds identity numbers by their blind index
	Confirm  *confirm.Signer // reads the tokens of confirmation mails
	Log      *slog.Logger    // told of what looks like theft (P11)
}

var _ StrictServerInterface = (*Flows)(nil)

// ListMunicipalities returns every municipality by name.
func (f *Flows) ListMunicipalities(ctx context.Context, _ ListMunicipalitiesRequestObject) (ListMunicipalitiesResponseObject, error) {
	list, err := f.DB.Municipalities(ctx)
	if err != nil {
		return nil, err
	}
	out := MunicipalityList{Items: make([]Municipality, len(list))}
	for i, m := range list {
		out.Items[i] = Municipality{ID: m.ID, Name: m.Name, Country: m.Country, Locale: Locale(m.Locale)}
	}
	return ListMunicipalities200JSONResponse(out), nil
}

// known returns the visitor of a municipality. Fault: not_found for one that there is not, also that of all zeroes, which is no scope.
func (f *Flows) known(ctx context.Context, municipality uuid.UUID) (postgres.Visitor, error) {
	if municipality == uuid.Nil {
		return postgres.Visitor{}, app.ErrNotFound
	}
	visitor := f.DB.Visitor(scope.Of(municipality, scope.SignIn))
	_, err := postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (postgres.Municipality, error) { return tx.Here(ctx) })
	return visitor, err
}

func value[T any](p *T) T {
	var zero T
	if p == nil {
		return zero
	}
	return *p
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// ended turns what the proofs say about an order into faults.
func ended(err error) error {
	if errors.Is(err, store.ErrNoOrder) || errors.Is(err, auth.ErrMalformed) {
		return &app.Fault{Kind: app.NotFound, Code: app.ErrNotFound.Code, Detail: app.ErrNotFound.Detail}
	}
	return err
}
