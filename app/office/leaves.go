package office

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// SetLeave enters somebody's long leave, or changes the one that runs or is planned (V11, V15).
func (f *Flows) SetLeave(ctx context.Context, req SetLeaveRequestObject) (SetLeaveResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetLeaveResponseObject, error) {
		if err := tx.HoldStaff(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		before, err := tx.Leave(ctx, req.InstitutionID, req.StaffID)
		if err != nil {
			return nil, err
		}
		zone, err := tx.Zone(ctx)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		l, err := before.Take(id, req.StaffID, dayOf(req.Body.FirstDay), dayOf(req.Body.LastDay), zone, tx.Now)
		if err != nil {
			return nil, err
		}
		err = headed(ctx, tx, req.InstitutionID, view.Value(req.Body.TakeOver), func(h app.Heads) app.Heads { return h.WithLeave(l) })
		if err != nil {
			return nil, err
		}
		if err := tx.KeepLeave(ctx, req.InstitutionID, l); err != nil {
			return nil, err
		}
		return SetLeave200JSONResponse(viewLeave(l)), nil
	})
}

// EndLeave brings somebody back from their leave, or takes one back that has not begun (V11).
func (f *Flows) EndLeave(ctx context.Context, req EndLeaveRequestObject) (EndLeaveResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndLeaveResponseObject, error) {
		if err := tx.HoldStaff(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		l, err := tx.Leave(ctx, req.InstitutionID, req.StaffID)
		if err != nil {
			return nil, err
		}
		if l.ID != uuid.Nil {
			err = tx.EndLeave(ctx, l)
		}
		return EndLeave204Response{}, err
	})
}
