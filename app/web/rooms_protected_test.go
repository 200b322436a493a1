package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/staff"
)

func (r officeRoom) ListProtectedPersons(ctx context.Context, q office.ListProtectedPersonsRequestObject) (office.ListProtectedPersonsResponseObject, error) {
	return give[office.ListProtectedPersons200JSONResponse](ctx, r.answers, "ListProtectedPersons", q)
}

func (r officeRoom) GrantClearance(ctx context.Context, q office.GrantClearanceRequestObject) (office.GrantClearanceResponseObject, error) {
	return give[office.GrantClearance201JSONResponse](ctx, r.answers, "GrantClearance", q)
}

func (r officeRoom) RevokeClearance(ctx context.Context, q office.RevokeClearanceRequestObject) (office.RevokeClearanceResponseObject, error) {
	return give[office.RevokeClearance204Response](ctx, r.answers, "RevokeClearance", q)
}

func (r officeRoom) SetAlias(ctx context.Context, q office.SetAliasRequestObject) (office.SetAliasResponseObject, error) {
	return give[office.SetAlias200JSONResponse](ctx, r.answers, "SetAlias", q)
}

func (r staffRoom) GetProtectedPerson(ctx context.Context, q staff.GetProtectedPersonRequestObject) (staff.GetProtectedPersonResponseObject, error) {
	return give[staff.GetProtectedPerson200JSONResponse](ctx, r.answers, "GetProtectedPerson", q)
}
