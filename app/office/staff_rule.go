package office

import (
	"context"

	"budstikke.example/app/postgres"
)

// GetStaffRule returns how many days a substitute's role lasts that came in without a last day (B12).
func (f *Flows) GetStaffRule(ctx context.Context, _ GetStaffRuleRequestObject) (GetStaffRuleResponseObject, error) {
	days, err := f.office(ctx).SubstituteDays(ctx)
	if err != nil {
		return nil, err
	}
	return GetStaffRule200JSONResponse{SubstituteDays: days}, nil
}

// SetStaffRule says so for substitutes who come in from now on; roles that run keep their end.
func (f *Flows) SetStaffRule(ctx context.Context, req SetStaffRuleRequestObject) (SetStaffRuleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetStaffRuleResponseObject, error) {
		err := tx.SetSubstituteDays(ctx, req.Body.SubstituteDays)
		return SetStaffRule200JSONResponse{SubstituteDays: req.Body.SubstituteDays}, err
	})
}
