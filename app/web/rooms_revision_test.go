package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) ListRevisions(ctx context.Context, q office.ListRevisionsRequestObject) (office.ListRevisionsResponseObject, error) {
	return give[office.ListRevisions200JSONResponse](ctx, r.answers, "ListRevisions", q)
}

func (r officeRoom) GetRevision(ctx context.Context, q office.GetRevisionRequestObject) (office.GetRevisionResponseObject, error) {
	return give[office.GetRevision200JSONResponse](ctx, r.answers, "GetRevision", q)
}

func (r officeRoom) ConfirmRevisionPoint(ctx context.Context, q office.ConfirmRevisionPointRequestObject) (office.ConfirmRevisionPointResponseObject, error) {
	return give[office.ConfirmRevisionPoint200JSONResponse](ctx, r.answers, "ConfirmRevisionPoint", q)
}

func (r officeRoom) CompleteRevision(ctx context.Context, q office.CompleteRevisionRequestObject) (office.CompleteRevisionResponseObject, error) {
	return give[office.CompleteRevision200JSONResponse](ctx, r.answers, "CompleteRevision", q)
}

func (r officeRoom) ListOverdueRevisions(ctx context.Context, q office.ListOverdueRevisionsRequestObject) (office.ListOverdueRevisionsResponseObject, error) {
	return give[office.ListOverdueRevisions200JSONResponse](ctx, r.answers, "ListOverdueRevisions", q)
}
