package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) ListReviews(ctx context.Context, q office.ListReviewsRequestObject) (office.ListReviewsResponseObject, error) {
	return give[office.ListReviews200JSONResponse](ctx, r.answers, "ListReviews", q)
}

func (r officeRoom) ListOverdueReviews(ctx context.Context, q office.ListOverdueReviewsRequestObject) (office.ListOverdueReviewsResponseObject, error) {
	return give[office.ListOverdueReviews200JSONResponse](ctx, r.answers, "ListOverdueReviews", q)
}

func (r officeRoom) ListReviewRows(ctx context.Context, q office.ListReviewRowsRequestObject) (office.ListReviewRowsResponseObject, error) {
	return give[office.ListReviewRows200JSONResponse](ctx, r.answers, "ListReviewRows", q)
}

func (r officeRoom) GetReviewReport(ctx context.Context, q office.GetReviewReportRequestObject) (office.GetReviewReportResponseObject, error) {
	return give[office.GetReviewReport200JSONResponse](ctx, r.answers, "GetReviewReport", q)
}

func (r officeRoom) GetReview(ctx context.Context, q office.GetReviewRequestObject) (office.GetReviewResponseObject, error) {
	return give[office.GetReview200JSONResponse](ctx, r.answers, "GetReview", q)
}

func (r officeRoom) DecideReviewRows(ctx context.Context, q office.DecideReviewRowsRequestObject) (office.DecideReviewRowsResponseObject, error) {
	return give[office.DecideReviewRows200JSONResponse](ctx, r.answers, "DecideReviewRows", q)
}

func (r officeRoom) KeepReviewRows(ctx context.Context, q office.KeepReviewRowsRequestObject) (office.KeepReviewRowsResponseObject, error) {
	return give[office.KeepReviewRows200JSONResponse](ctx, r.answers, "KeepReviewRows", q)
}

func (r officeRoom) CompleteReview(ctx context.Context, q office.CompleteReviewRequestObject) (office.CompleteReviewResponseObject, error) {
	return give[office.CompleteReview200JSONResponse](ctx, r.answers, "CompleteReview", q)
}

func (r officeRoom) GetReviewRule(ctx context.Context, q office.GetReviewRuleRequestObject) (office.GetReviewRuleResponseObject, error) {
	return give[office.GetReviewRule200JSONResponse](ctx, r.answers, "GetReviewRule", q)
}

func (r officeRoom) SetReviewRule(ctx context.Context, q office.SetReviewRuleRequestObject) (office.SetReviewRuleResponseObject, error) {
	return give[office.SetReviewRule200JSONResponse](ctx, r.answers, "SetReviewRule", q)
}
