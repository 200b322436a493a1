package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) ListTraining(ctx context.Context, q office.ListTrainingRequestObject) (office.ListTrainingResponseObject, error) {
	return give[office.ListTraining200JSONResponse](ctx, r.answers, "ListTraining", q)
}

func (r officeRoom) CorrectTraining(ctx context.Context, q office.CorrectTrainingRequestObject) (office.CorrectTrainingResponseObject, error) {
	return give[office.CorrectTraining200JSONResponse](ctx, r.answers, "CorrectTraining", q)
}

func (r officeRoom) RecordTraining(ctx context.Context, q office.RecordTrainingRequestObject) (office.RecordTrainingResponseObject, error) {
	return give[office.RecordTraining200JSONResponse](ctx, r.answers, "RecordTraining", q)
}
