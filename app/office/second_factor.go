package office

import (
	"context"

	"budstikke.example/app/postgres"
)

// GetSecondFactorRule returns whether the municipality asks a second factor of everybody who signs in with a password (U5, U7).
func (f *Flows) GetSecondFactorRule(ctx context.Context, _ GetSecondFactorRuleRequestObject) (GetSecondFactorRuleResponseObject, error) {
	all, err := f.office(ctx).SecondFactorOfEverybody(ctx)
	if err != nil {
		return nil, err
	}
	return GetSecondFactorRule200JSONResponse{OfEverybody: all}, nil
}

// SetSecondFactorRule says so from the next sign-in on. The policy asks the owner for a fresh proof first. Fault: step_up_required.
func (f *Flows) SetSecondFactorRule(ctx context.Context, req SetSecondFactorRuleRequestObject) (SetSecondFactorRuleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetSecondFactorRuleResponseObject, error) {
		err := tx.SetSecondFactorOfEverybody(ctx, req.Body.OfEverybody)
		return SetSecondFactorRule200JSONResponse{OfEverybody: req.Body.OfEverybody}, err
	})
}
