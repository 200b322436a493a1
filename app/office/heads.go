package office

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// AppointHead gives somebody the role of a head, and in the same step a last day to the head before, if one is named (V2, V9). Whatever waits at
// the institution waits for whoever heads it: nothing has to be handed over by hand. Faults: not_found for who is not its owner.
func (f *Flows) AppointHead(ctx context.Context, req AppointHeadRequestObject) (AppointHeadResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (AppointHeadResponseObject, error) {
		if err := tx.HoldStaff(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		owner, err := tx.Owns(ctx, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		if !owner {
			return nil, app.ErrNotFound
		}
		head, err := enter(ctx, tx, app.StaffEntry{
			Institution: req.InstitutionID, Person: view.Value(req.Body.PersonID), Role: app.RoleHead,
			FirstDay: dayOf(req.Body.FirstDay), LastDay: dayOf(req.Body.LastDay),
		}, req.Body.Newcomer)
		if err != nil {
			return nil, err
		}
		if before := req.Body.Replaces; before != nil {
			r, err := tx.StaffRole(ctx, req.InstitutionID, before.StaffRoleID)
			if err != nil {
				return nil, err
			}
			if r.Role != app.RoleHead || r.ID == head.ID {
				return nil, app.ErrNotFound
			}
			if _, err := endRole(ctx, tx, req.InstitutionID, r.ID, dayOf(before.LastDay), false); err != nil {
				return nil, err
			}
		}
		return AppointHead201JSONResponse(viewStaffRole(head, tx.Now)), nil
	})
}

// ListInstitutionsWithoutHead tells an owner which of their institutions nobody heads, or has children that no head meets (V9, V11). Fault: not_found for who owns none.
func (f *Flows) ListInstitutionsWithoutHead(ctx context.Context, _ ListInstitutionsWithoutHeadRequestObject) (ListInstitutionsWithoutHeadResponseObject, error) {
	list, err := f.office(ctx).WithoutHead(ctx)
	if err != nil {
		return nil, err
	}
	return ListInstitutionsWithoutHead200JSONResponse{Items: view.Each(list, func(h postgres.Headless) HeadlessInstitution {
		return HeadlessInstitution{InstitutionID: h.Institution, Name: h.Name, Since: h.Since, ToldAt: h.ToldAt, TakenOverAt: h.TakenOverAt, ChildrenWithoutHead: h.Children}
	})}, nil
}
