package office

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/oapi-codegen/runtime/types"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
)

// ListStaffRoles tells who works, or will work, at an institution (V5, V11). Fault: not_found.
func (f *Flows) ListStaffRoles(ctx context.Context, req ListStaffRolesRequestObject) (ListStaffRolesResponseObject, error) {
	return postgres.Read(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ListStaffRolesResponseObject, error) {
		roles, err := tx.StaffRoles(ctx, req.InstitutionID)
		look := func(r app.StaffRole) StaffRole { return viewStaffRole(r, tx.Now) }
		return ListStaffRoles200JSONResponse{Items: view.Each(roles, look)}, err
	})
}

// EnterStaffRole gives somebody a role from their first day on (V5, V11, B12).
func (f *Flows) EnterStaffRole(ctx context.Context, req EnterStaffRoleRequestObject) (EnterStaffRoleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EnterStaffRoleResponseObject, error) {
		if err := tx.HoldStaff(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		r, err := enter(ctx, tx, app.StaffEntry{
			Institution: req.InstitutionID, Person: view.Value(req.Body.PersonID), Group: view.Value(req.Body.GroupID), Role: string(req.Body.Role),
			FirstDay: dayOf(req.Body.FirstDay), LastDay: dayOf(req.Body.LastDay),
		}, req.Body.Newcomer)
		if err != nil {
			return nil, err
		}
		return EnterStaffRole201JSONResponse(viewStaffRole(r, tx.Now)), nil
	})
}

// EndStaffRole sets somebody's last day, or ends a role at once (V9, V11, V15).
func (f *Flows) EndStaffRole(ctx context.Context, req EndStaffRoleRequestObject) (EndStaffRoleResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndStaffRoleResponseObject, error) {
		if err := tx.HoldStaff(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		r, err := endRole(ctx, tx, req.InstitutionID, req.StaffRoleID, dayOf(req.Body.LastDay), view.Value(req.Body.TakeOver))
		if err != nil {
			return nil, err
		}
		return EndStaffRole200JSONResponse(viewStaffRole(r, tx.Now)), nil
	})
}

// enter stores a role of a person that the caller knows, or of a newcomer.
func enter(ctx context.Context, tx *postgres.OfficeTx, e app.StaffEntry, n *Newcomer) (app.StaffRole, error) {
	none := app.StaffRole{}
	zone, err := tx.Zone(ctx)
	if err != nil {
		return none, err
	}
	if (e.Person == uuid.Nil) == (n == nil) {
		return none, errOneOfTwo
	}
	me, err := tx.Person(ctx)
	if err != nil {
		return none, err
	}
	if e.Person == me.ID {
		return none, app.ErrStaffRoleNotYours
	}
	if e.ID, err = uuid.NewV7(); err != nil {
		return none, err
	}
	if n == nil {
		err = tx.Knows(ctx, e.Person)
	} else {
		e.Person, err = newcomer(ctx, tx, e.Institution, *n)
	}
	if err != nil {
		return none, err
	}
	r, err := app.EnterRole(e, zone, tx.Now)
	if err != nil {
		return r, err
	}
	return tx.EnterStaffRole(ctx, r)
}

func newcomer(ctx context.Context, tx *postgres.OfficeTx, institution uuid.UUID, n Newcomer) (uuid.UUID, error) {
	given, family := strings.TrimSpace(n.GivenName), strings.TrimSpace(n.FamilyName)
	if err := app.CheckName(given, "/newcomer/givenName"); err != nil {
		return uuid.Nil, err
	}
	if err := app.CheckName(family, "/newcomer/familyName"); err != nil {
		return uuid.Nil, err
	}
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	return id, tx.EnterNewcomer(ctx, institution, postgres.Newcomer{ID: id, Given: given, Family: family, Email: view.Value(n.Email)})
}

// endRole ends a role by the rules of all who may: nobody their own, and the last head only when somebody else answers for the institution (V9).
func endRole(ctx context.Context, tx *postgres.OfficeTx, institution, id uuid.UUID, lastDay *app.Day, takeOver bool) (app.StaffRole, error) {
	r, err := tx.StaffRole(ctx, institution, id)
	if err != nil {
		return r, err
	}
	if !r.MayDecide {
		return r, app.ErrStaffRoleNotYours
	}
	zone, err := tx.Zone(ctx)
	if err != nil {
		return r, err
	}
	if r, err = r.End(lastDay, zone, tx.Now); err != nil {
		return r, err
	}
	if r.Role == app.RoleHead {
		err := headed(ctx, tx, institution, takeOver, func(h app.Heads) app.Heads {
			return h.With(app.Tenure{Role: r.ID, Person: r.Person, From: r.StartsAt, Until: r.EndsAt})
		})
		if err != nil {
			return r, err
		}
	}
	ends := r.EndsAt
	if lastDay == nil {
		ends = time.Time{} // by the database's clock, which the rule of access reads
	}
	return r, tx.EndStaffRole(ctx, id, ends)
}

// headed refuses a change after which nobody would head the institution, unless an owner takes it over (V9). Fault: last_head.
func headed(ctx context.Context, tx *postgres.OfficeTx, institution uuid.UUID, takeOver bool, change func(app.Heads) app.Heads) error {
	heads, err := tx.Heads(ctx, institution)
	if err != nil {
		return err
	}
	since, gap := heads.Gap(change(heads), tx.Now)
	switch {
	case !gap:
		return nil
	case !takeOver:
		return app.ErrLastHead
	}
	return tx.TakeOver(ctx, institution, since)
}

// dayOf is a day of the contract; nil is none.
func dayOf(d *types.Date) *app.Day {
	if d == nil {
		return nil
	}
	v := app.DayOf(d.Time)
	return &v
}

var errOneOfTwo = &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "The request does not fit the contract.",
	Fields: []app.Field{{Pointer: "/personId", Detail: "is needed, or newcomer, and not both"}}}

func viewStaffRole(r app.StaffRole, now time.Time) StaffRole {
	v := StaffRole{
		ID: r.ID, PersonID: r.Person, Name: r.PersonName, Role: r.Role, GroupID: someone(r.Group), GroupName: view.Optional(r.GroupName),
		EndByDefault: r.EndByDefault, State: StaffRoleState(r.State(now)), MayDecide: r.MayDecide,
	}
	if !r.StartsAt.IsZero() {
		v.StartsAt = &r.StartsAt
	}
	if !r.EndsAt.IsZero() {
		v.EndsAt = &r.EndsAt
	}
	if r.Leave.ID != uuid.Nil {
		leave := viewLeave(r.Leave)
		v.Leave = &leave
	}
	return v
}

func viewLeave(l app.StaffLeave) StaffLeave {
	v := StaffLeave{StartsAt: l.StartsAt}
	if !l.Until.IsZero() {
		v.Until = &l.Until
	}
	return v
}
