package signin

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/auth/oidc"
)

// ListSignInMethods returns the ways to sign in to a municipality. It says nothing about anybody.
func (f *Flows) ListSignInMethods(ctx context.Context, req ListSignInMethodsRequestObject) (ListSignInMethodsResponseObject, error) {
	here, err := f.here(ctx, req.MunicipalityID)
	if err != nil {
		return nil, err
	}
	out := SignInMethodList{Items: []SignInMethod{}}
	if f.BankID != nil && here.Country == "SE" { // people of the other countries have no Swedish BankID
		out.Items = append(out.Items, SignInMethod{ID: "bankid", Kind: ByBankID, Name: "BankID", Audiences: []SignInAudience{asGuardian}})
	}
	for _, p := range f.providers().Of(here.Slug) {
		method := SignInMethod{ID: p.ID, Kind: ByOIDC, Name: p.Name}
		for _, audience := range []oidc.Audience{oidc.Guardian, oidc.Staff} {
			if p.For(audience) {
				method.Audiences = append(method.Audiences, SignInAudience(audience))
			}
		}
		out.Items = append(out.Items, method)
	}
	out.Items = append(out.Items, SignInMethod{ID: "password", Kind: ByPassword, Audiences: []SignInAudience{asStaff}})
	if f.Passkeys != nil {
		out.Items = append(out.Items, SignInMethod{ID: "passkey", Kind: ByPasskey, Audiences: []SignInAudience{asGuardian, asStaff}})
	}
	return ListSignInMethods200JSONResponse(out), nil
}

const (
	asGuardian = SignInAudience(oidc.Guardian)
	asStaff    = SignInAudience(oidc.Staff)
)

func (f *Flows) providers() *oidc.Set {
	if f.OIDC == nil {
		return nil
	}
	return f.OIDC.Providers
}

// here is the municipality of an id. Fault: not_found.
func (f *Flows) here(ctx context.Context, municipality uuid.UUID) (postgres.Municipality, error) {
	visitor, err := f.known(ctx, municipality)
	if err != nil {
		return postgres.Municipality{}, err
	}
	return postgres.Read(ctx, visitor, func(tx *postgres.VisitorTx) (postgres.Municipality, error) { return tx.Here(ctx) })
}
