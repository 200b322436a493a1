package office

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
)

// MakeWheelLink makes the caller's secret link to the calendar of an institution, in place of the one before (V2).
func (f *Flows) MakeWheelLink(ctx context.Context, req MakeWheelLinkRequestObject) (MakeWheelLinkResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (MakeWheelLinkResponseObject, error) {
		secret, digest := app.NewWheelSecret()
		if err := tx.SetWheelLink(ctx, req.InstitutionID, digest, string(req.Body.Locale)); err != nil {
			return nil, err
		}
		return MakeWheelLink201JSONResponse{Path: "/v1/machine/calendars/" + tx.Municipality().String() + "/" + secret}, nil
	})
}

// RemoveWheelLink takes it away.
func (f *Flows) RemoveWheelLink(ctx context.Context, req RemoveWheelLinkRequestObject) (RemoveWheelLinkResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (RemoveWheelLinkResponseObject, error) {
		return RemoveWheelLink204Response{}, tx.RemoveWheelLink(ctx, req.InstitutionID)
	})
}
