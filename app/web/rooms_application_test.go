package web_test

import (
	"context"

	"budstikke.example/app/office"
	"budstikke.example/app/signin"
)

func (r signinRoom) WithdrawApplication(ctx context.Context, q signin.WithdrawApplicationRequestObject) (signin.WithdrawApplicationResponseObject, error) {
	return give[signin.WithdrawApplication200JSONResponse](ctx, r.answers, "WithdrawApplication", q)
}

func (r officeRoom) ListApplications(ctx context.Context, q office.ListApplicationsRequestObject) (office.ListApplicationsResponseObject, error) {
	return give[office.ListApplications200JSONResponse](ctx, r.answers, "ListApplications", q)
}

func (r officeRoom) DecideApplication(ctx context.Context, q office.DecideApplicationRequestObject) (office.DecideApplicationResponseObject, error) {
	return give[office.DecideApplication200JSONResponse](ctx, r.answers, "DecideApplication", q)
}

func (r officeRoom) GetApplicationPolicy(ctx context.Context, q office.GetApplicationPolicyRequestObject) (office.GetApplicationPolicyResponseObject, error) {
	return give[office.GetApplicationPolicy200JSONResponse](ctx, r.answers, "GetApplicationPolicy", q)
}

func (r officeRoom) SetApplicationPolicy(ctx context.Context, q office.SetApplicationPolicyRequestObject) (office.SetApplicationPolicyResponseObject, error) {
	return give[office.SetApplicationPolicy200JSONResponse](ctx, r.answers, "SetApplicationPolicy", q)
}
