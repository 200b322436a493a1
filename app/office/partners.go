package office

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/store"
)

// ListExternalPartners tells who from outside may know of which children at an institution, until when and who vouches for them (U8). Faults:
// not_found, cursor_invalid.
func (f *Flows) ListExternalPartners(ctx context.Context, req ListExternalPartnersRequestObject) (ListExternalPartnersResponseObject, error) {
	list, err := f.office(ctx).Partners(ctx, app.RolePartner, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListExternalPartners200JSONResponse{Items: view.Each(list.Items, viewPartner), Next: view.Optional(list.Next)}, nil
}

// InviteExternalPartner lets somebody from outside know of named children until a moment that is set, and makes the letter that opens their account,
// unless they have one (U8, B12, H2). Faults: not_found, also for a sponsor who does not work there and for a child that is not there;
// end_in_the_past, end_too_far_ahead, text_empty, username_taken, partner_exists.
func (f *Flows) InviteExternalPartner(ctx context.Context, req InviteExternalPartnerRequestObject) (InviteExternalPartnerResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (InviteExternalPartnerResponseObject, error) {
		made, err := invite(ctx, tx, req.InstitutionID, postgres.NewPartner{
			Role: app.RolePartner, Username: req.Body.Username, GivenName: req.Body.GivenName, FamilyName: req.Body.FamilyName,
			Sponsor: &req.Body.SponsorID, Children: req.Body.ChildIds, Until: req.Body.Until,
		})
		return InviteExternalPartner201JSONResponse(made), err
	})
}

// invite gives somebody named children, and a letter where they have no account and the caller answers for all that it would open. A later letter is
// made like one for staff, so this one has the same purpose.
func invite(ctx context.Context, tx *postgres.OfficeTx, institution uuid.UUID, n postgres.NewPartner) (made NamedAccess, err error) {
	if _, err := tx.Institution(ctx, institution); err != nil {
		return made, err
	}
	if err := app.CheckPartnerEnd(n.Until, tx.Now); err != nil {
		return made, err
	}
	n.Username, n.GivenName, n.FamilyName = store.Username(n.Username), strings.TrimSpace(n.GivenName), strings.TrimSpace(n.FamilyName)
	if err := app.CheckName(n.GivenName, "/givenName"); err != nil {
		return made, err
	}
	if err := app.CheckName(n.FamilyName, "/familyName"); err != nil {
		return made, err
	}
	p, taken, err := tx.EnterPartner(ctx, institution, n)
	switch {
	case taken:
		return made, ErrUsernameTaken
	case err != nil:
		return made, err
	}
	made = NamedAccess{PartnershipID: p.ID}
	if p.SignsIn {
		return made, nil
	}
	answers, err := store.AnswersFor(ctx, tx.Tx, p.Person, institution)
	if err != nil || !answers {
		return made, err // the letter that another institution gave them opens it
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return made, err
	}
	code, letter, err := store.IssueLetter(ctx, tx.Tx, store.NewLetter{Person: p.Person, Purpose: store.ForStaff, Username: n.Username, IssuedBy: me.ID})
	switch {
	case errors.Is(err, store.ErrUsernameTaken):
		return made, ErrUsernameTaken
	case errors.Is(err, store.ErrUsername):
		return made, errUsername
	case err != nil:
		return made, err
	}
	shown := viewLetter(code, letter)
	made.Letter = &shown
	return made, nil
}

// ChangeExternalPartner sets the children and the end anew, and the sponsor where one is named; it acts in the same moment (U8, B12). Faults: not_found,
// also for what is over, for a child that is not there and for a sponsor who does not work there; end_in_the_past, end_too_far_ahead, version_required,
// version_outdated.
func (f *Flows) ChangeExternalPartner(ctx context.Context, req ChangeExternalPartnerRequestObject) (ChangeExternalPartnerResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ChangeExternalPartnerResponseObject, error) {
		p, err := changePartner(ctx, tx, app.RolePartner, req.InstitutionID, req.PartnershipID, req.Params.IfMatch, *req.Body)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(p.Version)
		return ChangeExternalPartner200JSONResponse{Body: viewPartner(p), Headers: ChangeExternalPartner200ResponseHeaders{ETag: &tag}}, nil
	})
}

func changePartner(ctx context.Context, tx *postgres.OfficeTx, kind string, institution, id uuid.UUID, seen string, to ExternalPartnerScope) (app.Partner, error) {
	if _, err := tx.Institution(ctx, institution); err != nil {
		return app.Partner{}, err
	}
	was, err := tx.Partner(ctx, kind, institution, id)
	if err != nil {
		return was, err
	}
	if err := app.CheckVersion(seen, was.Version); err != nil {
		return was, err
	}
	if err := app.CheckPartnerEnd(to.Until, tx.Now); err != nil {
		return was, err
	}
	return tx.ChangePartner(ctx, kind, institution, id, to.ChildIds, to.Until, was.Version, to.SponsorID)
}

// EndExternalPartner ends the access of somebody from outside at once (U8, V15). Ending it again changes nothing. Fault: not_found.
func (f *Flows) EndExternalPartner(ctx context.Context, req EndExternalPartnerRequestObject) (EndExternalPartnerResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndExternalPartnerResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		return EndExternalPartner204Response{}, tx.EndPartner(ctx, app.RolePartner, req.InstitutionID, req.PartnershipID)
	})
}

func viewPartner(p app.Partner) ExternalPartner {
	return ExternalPartner{
		ID: p.ID, PersonID: p.Person, Name: p.Name, SponsorID: p.Sponsor, SponsorName: p.SponsorName, ChildIds: p.Children, Until: p.Until,
		State: ExternalPartnerState(p.State), Rests: word(ExternalPartnerRests(p.Rests)), Etag: app.ETag(p.Version),
	}
}
