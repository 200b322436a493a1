package web_test

import (
	"context"

	"budstikke.example/app/office"
)

func (r officeRoom) GetTextRule(ctx context.Context, q office.GetTextRuleRequestObject) (office.GetTextRuleResponseObject, error) {
	return give[office.GetTextRule200JSONResponse](ctx, r.answers, "GetTextRule", q)
}

func (r officeRoom) SetTextRule(ctx context.Context, q office.SetTextRuleRequestObject) (office.SetTextRuleResponseObject, error) {
	return give[office.SetTextRule200JSONResponse](ctx, r.answers, "SetTextRule", q)
}
