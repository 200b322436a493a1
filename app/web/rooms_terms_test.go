package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/signin"
)

func (r signinRoom) GetTerms(ctx context.Context, q signin.GetTermsRequestObject) (signin.GetTermsResponseObject, error) {
	return give[signin.GetTerms200JSONResponse](ctx, r.answers, "GetTerms", q)
}

func (r signinRoom) AcceptNewTerms(ctx context.Context, q signin.AcceptNewTermsRequestObject) (signin.AcceptNewTermsResponseObject, error) {
	return give[signin.AcceptNewTerms200JSONResponse](ctx, r.answers, "AcceptNewTerms", q)
}

func (r officeRoom) ListTerms(ctx context.Context, q office.ListTermsRequestObject) (office.ListTermsResponseObject, error) {
	return give[office.ListTerms200JSONResponse](ctx, r.answers, "ListTerms", q)
}

func (r officeRoom) PublishTerms(ctx context.Context, q office.PublishTermsRequestObject) (office.PublishTermsResponseObject, error) {
	return give[office.PublishTerms201JSONResponse](ctx, r.answers, "PublishTerms", q)
}
