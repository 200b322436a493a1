package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/signin"
)

func (r signinRoom) StartProviderProof(ctx context.Context, q signin.StartProviderProofRequestObject) (signin.StartProviderProofResponseObject, error) {
	return give[signin.StartProviderProof201JSONResponse](ctx, r.answers, "StartProviderProof", q)
}

func (r signinRoom) ProveByProvider(ctx context.Context, q signin.ProveByProviderRequestObject) (signin.ProveByProviderResponseObject, error) {
	return give[signin.ProveByProvider204Response](ctx, r.answers, "ProveByProvider", q)
}

func (r signinRoom) RemoveAuthenticator(ctx context.Context, q signin.RemoveAuthenticatorRequestObject) (signin.RemoveAuthenticatorResponseObject, error) {
	return give[signin.RemoveAuthenticator204Response](ctx, r.answers, "RemoveAuthenticator", q)
}

func (r officeRoom) GetSecondFactorRule(ctx context.Context, q office.GetSecondFactorRuleRequestObject) (office.GetSecondFactorRuleResponseObject, error) {
	return give[office.GetSecondFactorRule200JSONResponse](ctx, r.answers, "GetSecondFactorRule", q)
}

func (r officeRoom) SetSecondFactorRule(ctx context.Context, q office.SetSecondFactorRuleRequestObject) (office.SetSecondFactorRuleResponseObject, error) {
	return give[office.SetSecondFactorRule200JSONResponse](ctx, r.answers, "SetSecondFactorRule", q)
}
