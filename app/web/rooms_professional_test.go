package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) ListProfessionals(ctx context.Context, q office.ListProfessionalsRequestObject) (office.ListProfessionalsResponseObject, error) {
	return give[office.ListProfessionals200JSONResponse](ctx, r.answers, "ListProfessionals", q)
}

func (r officeRoom) EnterProfessional(ctx context.Context, q office.EnterProfessionalRequestObject) (office.EnterProfessionalResponseObject, error) {
	return give[office.EnterProfessional201JSONResponse](ctx, r.answers, "EnterProfessional", q)
}

func (r officeRoom) ChangeProfessional(ctx context.Context, q office.ChangeProfessionalRequestObject) (office.ChangeProfessionalResponseObject, error) {
	return give[office.ChangeProfessional200JSONResponse](ctx, r.answers, "ChangeProfessional", q)
}

func (r officeRoom) EndProfessional(ctx context.Context, q office.EndProfessionalRequestObject) (office.EndProfessionalResponseObject, error) {
	return give[office.EndProfessional204Response](ctx, r.answers, "EndProfessional", q)
}
