package web_test

import (
	"context"

	"budstikke.example/app/guardian"
	"budstikke.example/app/office"
)

func (r guardianRoom) ListChildViewers(ctx context.Context, q guardian.ListChildViewersRequestObject) (guardian.ListChildViewersResponseObject, error) {
	return give[guardian.ListChildViewers200JSONResponse](ctx, r.answers, "ListChildViewers", q)
}

func (r officeRoom) ExplainAccess(ctx context.Context, q office.ExplainAccessRequestObject) (office.ExplainAccessResponseObject, error) {
	return give[office.ExplainAccess200JSONResponse](ctx, r.answers, "ExplainAccess", q)
}
