package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) GetStaffRule(ctx context.Context, q office.GetStaffRuleRequestObject) (office.GetStaffRuleResponseObject, error) {
	return give[office.GetStaffRule200JSONResponse](ctx, r.answers, "GetStaffRule", q)
}

func (r officeRoom) SetStaffRule(ctx context.Context, q office.SetStaffRuleRequestObject) (office.SetStaffRuleResponseObject, error) {
	return give[office.SetStaffRule200JSONResponse](ctx, r.answers, "SetStaffRule", q)
}
