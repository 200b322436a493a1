package office

import (
	"context"

	"github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListRevisions returns what an institution opened in January and June (V2, V9).
func (f *Flows) ListRevisions(ctx context.Context, req ListRevisionsRequestObject) (ListRevisionsResponseObject, error) {
	list, err := f.office(ctx).Revisions(ctx, req.InstitutionID)
	if err != nil {
		return nil, err
	}
	return ListRevisions200JSONResponse{Items: view.Each(list, viewRevision)}, nil
}

// ListOverdueRevisions returns a page of what is overdue anywhere the caller answers for (V2, V9).
func (f *Flows) ListOverdueRevisions(ctx context.Context, req ListOverdueRevisionsRequestObject) (ListOverdueRevisionsResponseObject, error) {
	list, err := f.office(ctx).OverdueRevisions(ctx, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListOverdueRevisions200JSONResponse{Items: view.Each(list.Items, viewOverdueRevision), Next: view.Optional(list.Next)}, nil
}

// GetRevision returns one with its points.
func (f *Flows) GetRevision(ctx context.Context, req GetRevisionRequestObject) (GetRevisionResponseObject, error) {
	r, err := f.office(ctx).Revision(ctx, req.InstitutionID, req.Month)
	if err != nil {
		return nil, err
	}
	return GetRevision200JSONResponse(viewRevision(r)), nil
}

// ConfirmRevisionPoint notes that the caller went through a point.
func (f *Flows) ConfirmRevisionPoint(ctx context.Context, req ConfirmRevisionPointRequestObject) (ConfirmRevisionPointResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ConfirmRevisionPointResponseObject, error) {
		r, err := tx.RevisionToChange(ctx, req.InstitutionID, req.Month)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		p, err := r.Confirm(string(req.Point), req.Body.Remark, me.ID, tx.Now)
		if err != nil {
			return nil, err
		}
		if err := tx.ConfirmRevisionPoint(ctx, r.ID, p); err != nil {
			return nil, err
		}
		return ConfirmRevisionPoint200JSONResponse(viewRevision(r)), nil
	})
}

// CompleteRevision closes a revision whose points are all confirmed.
func (f *Flows) CompleteRevision(ctx context.Context, req CompleteRevisionRequestObject) (CompleteRevisionResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (CompleteRevisionResponseObject, error) {
		r, err := tx.RevisionToChange(ctx, req.InstitutionID, req.Month)
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		if r, err = r.Complete(me.ID, tx.Now); err != nil {
			return nil, err
		}
		if err := tx.CompleteRevision(ctx, r); err != nil {
			return nil, err
		}
		return CompleteRevision200JSONResponse(viewRevision(r)), nil
	})
}

func viewRevision(r app.Revision) Revision {
	v := Revision{
		InstitutionID: r.Institution, Month: r.Month.Format("2006-01"), OpenedAt: r.OpenedAt, DueOn: types.Date{Time: r.DueOn}, Overdue: r.Overdue,
		CompletedBy: someone(r.CompletedBy), Points: view.Each(r.Points, viewRevisionPoint),
	}
	if !r.CompletedAt.IsZero() {
		v.CompletedAt = &r.CompletedAt
	}
	return v
}

func viewRevisionPoint(p app.RevisionPoint) RevisionPoint {
	v := RevisionPoint{Point: RevisionPointName(p.Point), Remark: p.Remark, ConfirmedBy: someone(p.ConfirmedBy)}
	if !p.ConfirmedAt.IsZero() {
		v.ConfirmedAt = &p.ConfirmedAt
	}
	return v
}

func viewOverdueRevision(r app.OverdueRevision) OverdueRevision {
	return OverdueRevision{
		InstitutionID: r.Institution, InstitutionName: r.InstitutionName, Month: r.Month.Format("2006-01"), OpenedAt: r.OpenedAt,
		DueOn: types.Date{Time: r.DueOn}, Points: r.Points, Confirmed: r.Confirmed,
	}
}
