package web_test

import (
	"context"

	"budstikke.example/app/guardian"
	"budstikke.example/app/office"
)

func (r guardianRoom) ListLooks(ctx context.Context, q guardian.ListLooksRequestObject) (guardian.ListLooksResponseObject, error) {
	return give[guardian.ListLooks200JSONResponse](ctx, r.answers, "ListLooks", q)
}

func (r officeRoom) ListChildLooks(ctx context.Context, q office.ListChildLooksRequestObject) (office.ListChildLooksResponseObject, error) {
	return give[office.ListChildLooks200JSONResponse](ctx, r.answers, "ListChildLooks", q)
}
