package office

import (
	"context"
	"errors"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/store"
)

// ListExternalPartners tells who from outside may know of which children at an institution, until when and who vouches for them (U8). Faults:
// not_found, cursor_invalid.
func (f *Flows) ListExternalPartners(ctx context.Context, req ListExternalPartnersRequestObject) (ListExternalPartnersResponseObject, error) {
	list, err := f.office(ctx).Partners(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListExternalPartners200JSONResponse{Items: view.Each(list.Items, viewPartner), Next: view.Optional(list.Next)}, nil
}

// InviteExternalPartner makes the account of somebody from outside, for named children and until a moment that is set, and the letter that opens
// it (U8, B12). A later letter is made like one for staff, so this one has the same purpose. Faults: not_found, also for a sponsor who does not work
// there and for a child that is not there; end_in_the_past, end_too_far_ahead, username_taken.
func (f *Flows) InviteExternalPartner(ctx context.Context, req InviteExternalPartnerRequestObject) (InviteExternalPartnerResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (InviteExternalPartnerResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		if err := app.CheckPartnerEnd(req.Body.Until, tx.Now); err != nil {
			return nil, err
		}
		role, person, err := tx.EnterPartner(ctx, req.InstitutionID, postgres.NewPartner{
			GivenName: req.Body.GivenName, FamilyName: req.Body.FamilyName, Sponsor: req.Body.SponsorID, Children: req.Body.ChildIds, Until: req.Body.Until,
		})
		if err != nil {
			return nil, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		code, made, err := store.IssueLetter(ctx, tx.Tx, store.NewLetter{Person: person, Purpose: store.ForStaff, Username: req.Body.Username, IssuedBy: me.ID})
		switch {
		case errors.Is(err, store.ErrUsernameTaken):
			return nil, ErrUsernameTaken
		case errors.Is(err, store.ErrUsername):
			return nil, errUsername
		case err != nil:
			return nil, err
		}
		return InviteExternalPartner201JSONResponse{PartnershipID: role, Letter: viewLetter(code, made)}, nil
	})
}

// ChangeExternalPartner sets the children and the end anew, and the sponsor where one is named; it acts in the same moment (U8, B12). Faults: not_found,
// also for what is over, for a child that is not there and for a sponsor who does not work there; end_in_the_past, end_too_far_ahead, version_required, version_outdated.
func (f *Flows) ChangeExternalPartner(ctx context.Context, req ChangeExternalPartnerRequestObject) (ChangeExternalPartnerResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ChangeExternalPartnerResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		was, err := tx.Partner(ctx, req.InstitutionID, req.PartnershipID)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, was.Version); err != nil {
			return nil, err
		}
		if err := app.CheckPartnerEnd(req.Body.Until, tx.Now); err != nil {
			return nil, err
		}
		p, err := tx.ChangePartner(ctx, req.InstitutionID, req.PartnershipID, req.Body.ChildIds, req.Body.Until, was.Version, req.Body.SponsorID)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(p.Version)
		return ChangeExternalPartner200JSONResponse{Body: viewPartner(p), Headers: ChangeExternalPartner200ResponseHeaders{ETag: &tag}}, nil
	})
}

// EndExternalPartner ends the access of somebody from outside at once (U8, V15). Ending it again changes nothing. Fault: not_found.
func (f *Flows) EndExternalPartner(ctx context.Context, req EndExternalPartnerRequestObject) (EndExternalPartnerResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndExternalPartnerResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		return EndExternalPartner204Response{}, tx.EndPartner(ctx, req.InstitutionID, req.PartnershipID)
	})
}

func viewPartner(p app.Partner) ExternalPartner {
	v := ExternalPartner{
		ID: p.ID, PersonID: p.Person, Name: p.Name, SponsorID: p.Sponsor, SponsorName: p.SponsorName, ChildIds: p.Children, Until: p.Until,
		State: ExternalPartnerState(p.State), Etag: app.ETag(p.Version),
	}
	v.Rests = word(ExternalPartnerRests(p.Rests))
	return v
}
