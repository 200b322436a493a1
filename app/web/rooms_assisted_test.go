package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/staff"
)

func (r staffRoom) OpenAssistedCase(ctx context.Context, q staff.OpenAssistedCaseRequestObject) (staff.OpenAssistedCaseResponseObject, error) {
	return give[staff.OpenAssistedCase201JSONResponse](ctx, r.answers, "OpenAssistedCase", q)
}

func (r officeRoom) ListAssistedCases(ctx context.Context, q office.ListAssistedCasesRequestObject) (office.ListAssistedCasesResponseObject, error) {
	return give[office.ListAssistedCases200JSONResponse](ctx, r.answers, "ListAssistedCases", q)
}

func (r officeRoom) DecideAssistedCase(ctx context.Context, q office.DecideAssistedCaseRequestObject) (office.DecideAssistedCaseResponseObject, error) {
	return give[office.DecideAssistedCase200JSONResponse](ctx, r.answers, "DecideAssistedCase", q)
}
