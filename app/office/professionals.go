package office

import (
	"context"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListProfessionals tells which municipal professionals may know of which children at an institution, and until when (U7). Faults: not_found,
// cursor_invalid.
func (f *Flows) ListProfessionals(ctx context.Context, req ListProfessionalsRequestObject) (ListProfessionalsResponseObject, error) {
	list, err := f.office(ctx).Partners(ctx, app.RoleProfessional, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListProfessionals200JSONResponse{Items: view.Each(list.Items, viewProfessional), Next: view.Optional(list.Next)}, nil
}

// EnterProfessional lets somebody who works for the municipality know of named children until a moment that is set, and makes the letter that opens
// their account, unless they have one or come in by the municipality's own sign-in (U7, B12, H2). Faults: not_found, also for who does not own the
// institution and for a child that is not there; end_in_the_past, end_too_far_ahead, username_taken, partner_exists.
func (f *Flows) EnterProfessional(ctx context.Context, req EnterProfessionalRequestObject) (EnterProfessionalResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EnterProfessionalResponseObject, error) {
		made, err := invite(ctx, tx, req.InstitutionID, postgres.NewPartner{
			Role: app.RoleProfessional, Username: req.Body.Username, GivenName: req.Body.GivenName, FamilyName: req.Body.FamilyName,
			Children: req.Body.ChildIds, Until: req.Body.Until,
		})
		return EnterProfessional201JSONResponse(made), err
	})
}

// ChangeProfessional sets the children and the end anew; it acts in the same moment (U7, B12). Faults: not_found, also for who does not own the
// institution, for what is over and for a child that is not there; end_in_the_past, end_too_far_ahead, version_required, version_outdated.
func (f *Flows) ChangeProfessional(ctx context.Context, req ChangeProfessionalRequestObject) (ChangeProfessionalResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ChangeProfessionalResponseObject, error) {
		if err := tx.Owned(ctx, req.InstitutionID); err != nil { // heads see professionals, and change none
			return nil, err
		}
		to := ExternalPartnerScope{ChildIds: req.Body.ChildIds, Until: req.Body.Until}
		p, err := changePartner(ctx, tx, app.RoleProfessional, req.InstitutionID, req.PartnershipID, req.Params.IfMatch, to)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(p.Version)
		return ChangeProfessional200JSONResponse{Body: viewProfessional(p), Headers: ChangeProfessional200ResponseHeaders{ETag: &tag}}, nil
	})
}

// EndProfessional ends the access of a municipal professional at once; heads may, too, at their institution (U7, V15). Ending it again changes nothing.
// Fault: not_found.
func (f *Flows) EndProfessional(ctx context.Context, req EndProfessionalRequestObject) (EndProfessionalResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndProfessionalResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		return EndProfessional204Response{}, tx.EndPartner(ctx, app.RoleProfessional, req.InstitutionID, req.PartnershipID)
	})
}

func viewProfessional(p app.Partner) Professional {
	return Professional{
		ID: p.ID, PersonID: p.Person, Name: p.Name, ChildIds: p.Children, Until: p.Until, State: ProfessionalState(p.State), Etag: app.ETag(p.Version),
	}
}
