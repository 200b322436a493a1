package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) ListHeldChanges(ctx context.Context, q office.ListHeldChangesRequestObject) (office.ListHeldChangesResponseObject, error) {
	return give[office.ListHeldChanges200JSONResponse](ctx, r.answers, "ListHeldChanges", q)
}

func (r officeRoom) DecideHeldChange(ctx context.Context, q office.DecideHeldChangeRequestObject) (office.DecideHeldChangeResponseObject, error) {
	return give[office.DecideHeldChange200JSONResponse](ctx, r.answers, "DecideHeldChange", q)
}

func (r officeRoom) DecideHeldChanges(ctx context.Context, q office.DecideHeldChangesRequestObject) (office.DecideHeldChangesResponseObject, error) {
	return give[office.DecideHeldChanges200JSONResponse](ctx, r.answers, "DecideHeldChanges", q)
}
