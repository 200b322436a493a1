package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/staff"
)

func (r officeRoom) ListExternalPartners(ctx context.Context, q office.ListExternalPartnersRequestObject) (office.ListExternalPartnersResponseObject, error) {
	return give[office.ListExternalPartners200JSONResponse](ctx, r.answers, "ListExternalPartners", q)
}

func (r officeRoom) InviteExternalPartner(ctx context.Context, q office.InviteExternalPartnerRequestObject) (office.InviteExternalPartnerResponseObject, error) {
	return give[office.InviteExternalPartner201JSONResponse](ctx, r.answers, "InviteExternalPartner", q)
}

func (r officeRoom) ChangeExternalPartner(ctx context.Context, q office.ChangeExternalPartnerRequestObject) (office.ChangeExternalPartnerResponseObject, error) {
	return give[office.ChangeExternalPartner200JSONResponse](ctx, r.answers, "ChangeExternalPartner", q)
}

func (r officeRoom) EndExternalPartner(ctx context.Context, q office.EndExternalPartnerRequestObject) (office.EndExternalPartnerResponseObject, error) {
	return give[office.EndExternalPartner204Response](ctx, r.answers, "EndExternalPartner", q)
}

func (r staffRoom) ListPartnerChildren(ctx context.Context, q staff.ListPartnerChildrenRequestObject) (staff.ListPartnerChildrenResponseObject, error) {
	return give[staff.ListPartnerChildren200JSONResponse](ctx, r.answers, "ListPartnerChildren", q)
}
