package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) SuspendGuardianship(ctx context.Context, q office.SuspendGuardianshipRequestObject) (office.SuspendGuardianshipResponseObject, error) {
	return give[office.SuspendGuardianship200JSONResponse](ctx, r.answers, "SuspendGuardianship", q)
}
