package web_test

import (
	"context"

	"budstikke.example/app/guardian"
	"budstikke.example/app/office"
)

func (r officeRoom) ListRestrictions(ctx context.Context, q office.ListRestrictionsRequestObject) (office.ListRestrictionsResponseObject, error) {
	return give[office.ListRestrictions200JSONResponse](ctx, r.answers, "ListRestrictions", q)
}

func (r officeRoom) SetRestriction(ctx context.Context, q office.SetRestrictionRequestObject) (office.SetRestrictionResponseObject, error) {
	return give[office.SetRestriction201JSONResponse](ctx, r.answers, "SetRestriction", q)
}

func (r officeRoom) ProposeLifting(ctx context.Context, q office.ProposeLiftingRequestObject) (office.ProposeLiftingResponseObject, error) {
	return give[office.ProposeLifting200JSONResponse](ctx, r.answers, "ProposeLifting", q)
}

func (r officeRoom) ConfirmLifting(ctx context.Context, q office.ConfirmLiftingRequestObject) (office.ConfirmLiftingResponseObject, error) {
	return give[office.ConfirmLifting200JSONResponse](ctx, r.answers, "ConfirmLifting", q)
}

func (r officeRoom) StateWishFor(ctx context.Context, q office.StateWishForRequestObject) (office.StateWishForResponseObject, error) {
	return give[office.StateWishFor200JSONResponse](ctx, r.answers, "StateWishFor", q)
}

func (r officeRoom) ListProposedActivations(ctx context.Context, q office.ListProposedActivationsRequestObject) (office.ListProposedActivationsResponseObject, error) {
	return give[office.ListProposedActivations200JSONResponse](ctx, r.answers, "ListProposedActivations", q)
}

func (r officeRoom) ActivateGuardianships(ctx context.Context, q office.ActivateGuardianshipsRequestObject) (office.ActivateGuardianshipsResponseObject, error) {
	return give[office.ActivateGuardianships200JSONResponse](ctx, r.answers, "ActivateGuardianships", q)
}

func (r officeRoom) ListUnclarifiedChildren(ctx context.Context, q office.ListUnclarifiedChildrenRequestObject) (office.ListUnclarifiedChildrenResponseObject, error) {
	return give[office.ListUnclarifiedChildren200JSONResponse](ctx, r.answers, "ListUnclarifiedChildren", q)
}

func (r officeRoom) ClarifyGuardians(ctx context.Context, q office.ClarifyGuardiansRequestObject) (office.ClarifyGuardiansResponseObject, error) {
	return give[office.ClarifyGuardians200JSONResponse](ctx, r.answers, "ClarifyGuardians", q)
}

func (r guardianRoom) StateWish(ctx context.Context, q guardian.StateWishRequestObject) (guardian.StateWishResponseObject, error) {
	return give[guardian.StateWish200JSONResponse](ctx, r.answers, "StateWish", q)
}
