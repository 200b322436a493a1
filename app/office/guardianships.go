package office

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListGuardianships returns a page of the guardianships of an institution's children.
func (f *Flows) ListGuardianships(ctx context.Context, req ListGuardianshipsRequestObject) (ListGuardianshipsResponseObject, error) {
	status := app.AccessStatus(view.Value(req.Params.Status))
	list, err := f.office(ctx).Guardianships(ctx, req.InstitutionID, status, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListGuardianships200JSONResponse{Items: view.Each(list.Items, viewGuardianship), Next: view.Optional(list.Next)}, nil
}

// GetGuardianship returns a guardianship with its version.
func (f *Flows) GetGuardianship(ctx context.Context, req GetGuardianshipRequestObject) (GetGuardianshipResponseObject, error) {
	g, err := f.office(ctx).Guardianship(ctx, req.GuardianshipID, view.Value(req.Params.InstitutionID))
	if err != nil {
		return nil, err
	}
	tag := app.ETag(g.Version)
	return GetGuardianship200JSONResponse{Body: viewGuardianship(g), Headers: GetGuardianship200ResponseHeaders{ETag: &tag}}, nil
}

// ActivateGuardianship gives a guardian access to a child, as the guardians wished (V6), until a given moment or with the enrolment (B12).
func (f *Flows) ActivateGuardianship(ctx context.Context, req ActivateGuardianshipRequestObject) (ActivateGuardianshipResponseObject, error) {
	v := app.Verdict{Status: app.Active, Until: view.Value(req.Params.Until)}
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ActivateGuardianshipResponseObject, error) {
		g, err := decide(ctx, tx, req.GuardianshipID, view.Value(req.Params.InstitutionID), req.Params.IfMatch, v)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(g.Version)
		return ActivateGuardianship200JSONResponse{
			Body: viewGuardianship(g), Headers: ActivateGuardianship200ResponseHeaders{ETag: &tag},
		}, nil
	})
}

// DeactivateGuardianship takes a guardian's access away: everything, at once, in this transaction (V15).
func (f *Flows) DeactivateGuardianship(ctx context.Context, req DeactivateGuardianshipRequestObject) (DeactivateGuardianshipResponseObject, error) {
	v := app.Verdict{Status: app.Inactive, Reason: req.Body.Reason}
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (DeactivateGuardianshipResponseObject, error) {
		g, err := decide(ctx, tx, req.GuardianshipID, view.Value(req.Params.InstitutionID), req.Params.IfMatch, v)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(g.Version)
		return DeactivateGuardianship200JSONResponse{
			Body: viewGuardianship(g), Headers: DeactivateGuardianship200ResponseHeaders{ETag: &tag},
		}, nil
	})
}

// SuspendGuardianship takes a guardian's access away like DeactivateGuardianship, and keeps it out of every proposal until a head opens it (V15, B8).
// What a rule has suspended can be suspended so, too: then no sign-in opens it.
func (f *Flows) SuspendGuardianship(ctx context.Context, req SuspendGuardianshipRequestObject) (SuspendGuardianshipResponseObject, error) {
	v := app.Verdict{Status: app.Suspended, Reason: req.Body.Reason}
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SuspendGuardianshipResponseObject, error) {
		g, err := decide(ctx, tx, req.GuardianshipID, view.Value(req.Params.InstitutionID), req.Params.IfMatch, v)
		if err != nil {
			return nil, err
		}
		tag := app.ETag(g.Version)
		return SuspendGuardianship200JSONResponse{
			Body: viewGuardianship(g), Headers: SuspendGuardianship200ResponseHeaders{ETag: &tag},
		}, nil
	})
}

// decide finds the access that is meant, holds the version against what the caller has seen, and stores the verdict. An access to a strictly protected
// child is closed by the alias, and opened only by who is cleared for it (V15, B8).
func decide(ctx context.Context, tx *postgres.OfficeTx, id, institution uuid.UUID, ifMatch string, v app.Verdict) (app.Guardianship, error) {
	g, err := settleAccess(ctx, tx, id, institution, ifMatch, v)
	if v.Status == app.Active || !errors.Is(err, app.ErrNotFound) || tx.Refused() != nil {
		return g, err
	}
	err = tx.ByAlias(ctx, uuid.Nil, id, func() (err error) {
		g, err = settleAccess(ctx, tx, id, institution, ifMatch, v)
		return err
	})
	return g, err
}

func settleAccess(ctx context.Context, tx *postgres.OfficeTx, id, institution uuid.UUID, ifMatch string, v app.Verdict) (app.Guardianship, error) {
	g, err := tx.Guardianship(ctx, id, institution)
	if err != nil {
		return g, err
	}
	if err := app.CheckVersion(ifMatch, g.Version); err != nil {
		return g, err
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return g, err
	}
	if v.Status == app.Suspended && g.Status == app.Suspended {
		if g.ByRule, err = tx.SuspendedByRule(ctx, g); err != nil {
			return g, err
		}
	}
	if g.Family, err = tx.FamilyOf(ctx, g.Child); err != nil {
		return g, err
	}
	decision, err := uuid.NewV7()
	if err != nil {
		return g, err
	}
	g, d, err := g.Decide(decision, v, me.ID, tx.Now)
	if err != nil {
		return g, err
	}
	return g, tx.SaveDecision(ctx, g, d)
}
