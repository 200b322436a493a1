package office

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListProtectedPersons returns the people of an institution whose names are kept, by alias, and who is cleared for them (B8).
func (f *Flows) ListProtectedPersons(ctx context.Context, req ListProtectedPersonsRequestObject) (ListProtectedPersonsResponseObject, error) {
	list, err := f.office(ctx).ProtectedPersons(ctx, req.InstitutionID)
	if err != nil {
		return nil, err
	}
	return ListProtectedPersons200JSONResponse{Items: view.Each(list, viewProtectedPerson)}, nil
}

// GrantClearance lets a member of staff read the name of a protected person until it ends (B8, B12). A head may be that member of staff: what
// they took is told from what they were given, in the list and in the trail.
func (f *Flows) GrantClearance(ctx context.Context, req GrantClearanceRequestObject) (GrantClearanceResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (GrantClearanceResponseObject, error) {
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		c, err := app.Clear(app.Clearance{
			ID: id, Person: req.PersonID, Staff: req.Body.StaffID, GrantedBy: me.ID, Until: req.Body.Until, Reason: req.Body.Reason,
		}, tx.Now)
		if err != nil {
			return nil, err
		}
		return GrantClearance201JSONResponse(viewClearance(c)), tx.SaveClearance(ctx, c)
	})
}

// RevokeClearance ends a clearance before its time.
func (f *Flows) RevokeClearance(ctx context.Context, req RevokeClearanceRequestObject) (RevokeClearanceResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (RevokeClearanceResponseObject, error) {
		return RevokeClearance204Response{}, tx.RevokeClearance(ctx, req.PersonID, req.ClearanceID)
	})
}

// SetAlias gives a protected person another alias, which says nothing of the name (B8).
func (f *Flows) SetAlias(ctx context.Context, req SetAliasRequestObject) (SetAliasResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (SetAliasResponseObject, error) {
		p, err := tx.HoldProtectedName(ctx, req.PersonID)
		if err != nil {
			return nil, err
		}
		if err := app.CheckVersion(req.Params.IfMatch, p.Version); err != nil {
			return nil, err
		}
		if p, err = p.Rename(req.Body.GivenName, req.Body.FamilyName); err != nil {
			return nil, err
		}
		if err := tx.SaveAlias(ctx, p); err != nil {
			return nil, err
		}
		tag := app.ETag(p.Version)
		return SetAlias200JSONResponse{
			Body: Alias{PersonID: p.Person, Alias: p.Alias(), Etag: tag}, Headers: SetAlias200ResponseHeaders{ETag: &tag},
		}, nil
	})
}

func viewProtectedPerson(p app.ProtectedPerson) ProtectedPerson {
	return ProtectedPerson{
		PersonID: p.ID, Alias: p.Alias, AliasDrawn: p.Drawn, Level: ProtectionLevel(p.Level), Etag: app.ETag(p.Version),
		As:         view.Each(p.As, func(kind string) ProtectedPersonAs { return ProtectedPersonAs(kind) }),
		Clearances: view.Each(p.Clearances, viewClearance),
	}
}

func viewClearance(c app.Clearance) Clearance {
	return Clearance{
		ID: c.ID, PersonID: c.Person, StaffID: c.Staff, StaffName: view.Optional(c.StaffName), GrantedBy: c.GrantedBy, Taken: c.Taken(),
		GrantedAt: c.GrantedAt, Until: c.Until, Reason: c.Reason,
	}
}
