package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) PreviewAlert(ctx context.Context, q office.PreviewAlertRequestObject) (office.PreviewAlertResponseObject, error) {
	return give[office.PreviewAlert200JSONResponse](ctx, r.answers, "PreviewAlert", q)
}
