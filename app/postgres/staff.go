package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// HoldStaff lets those who decide about the staff of an institution take turns until the transaction ends. Fault: not_found for an institution
// that the caller does not answer for.
func (t *OfficeTx) HoldStaff(ctx context.Context, institution uuid.UUID) error {
	if _, err := t.Institution(ctx, institution); err != nil {
		return err
	}
	return db.New().LockStaff(ctx, t.Tx, institution)
}

// Zone is the zone that days at the municipality's institutions belong to.
func (t *OfficeTx) Zone(ctx context.Context) (*time.Location, error) {
	here, err := db.New().MunicipalityOfScope(ctx, t.Tx)
	if err != nil {
		return nil, err
	}
	return time.LoadLocation(here.TimeZone)
}

// Locale is the language of the municipality.
func (t *OfficeTx) Locale(ctx context.Context) (string, error) {
	here, err := db.New().MunicipalityOfScope(ctx, t.Tx)
	return here.Locale, err
}

// staffRow is a row of app.staff_of, in the order of its columns.
type staffRow struct {
	ID, Person          uuid.UUID
	Given, Family, Role string
	Group               *uuid.UUID
	GroupName           *string
	StartsAt, EndsAt    *time.Time
	EndByDefault        bool
	Leave               *uuid.UUID
	LeaveStarts, Until  *time.Time
	MayDecide           bool
}

// StaffRoles are the roles of those who work, or will work, at an institution, by name. Fault: not_found.
func (t *OfficeTx) StaffRoles(ctx context.Context, institution uuid.UUID) ([]app.StaffRole, error) {
	if _, err := t.Institution(ctx, institution); err != nil {
		return nil, err
	}
	rows, err := t.Query(ctx, "select * from app.staff_of($1)", institution) // sqlc does not know the columns of a function that returns a table
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (app.StaffRole, error) {
		r, err := pgx.RowToStructByPos[staffRow](row)
		role := app.StaffRole{
			ID: r.ID, Person: r.Person, PersonName: fullName(r.Given, r.Family), Institution: institution, Group: orNobody(r.Group),
			GroupName: value(r.GroupName), Role: r.Role, StartsAt: orZero(r.StartsAt), EndsAt: orZero(r.EndsAt), EndByDefault: r.EndByDefault,
			MayDecide: r.MayDecide,
		}
		if r.Leave != nil {
			role.Leave = app.StaffLeave{ID: *r.Leave, Person: r.Person, StartsAt: orZero(r.LeaveStarts), Until: orZero(r.Until)}
		}
		return role, err
	})
}

// StaffRole returns one of them. Fault: not_found, also for one that has ended.
func (t *OfficeTx) StaffRole(ctx context.Context, institution, id uuid.UUID) (app.StaffRole, error) {
	all, err := t.StaffRoles(ctx, institution)
	for _, r := range all {
		if r.ID == id {
			t.about.resource, t.about.person = r.ID, r.Person
			return r, nil
		}
	}
	if err == nil {
		err = app.ErrNotFound
	}
	return app.StaffRole{}, err
}

// Newcomer is somebody whom no register has, to be given a role (U5, V5).
type Newcomer struct {
	ID            uuid.UUID
	Given, Family string
	Email         string // a hint for their user name; may be empty
}

// EnterNewcomer stores somebody whom no register has. Fault: not_found.
func (t *OfficeTx) EnterNewcomer(ctx context.Context, institution uuid.UUID, n Newcomer) error {
	done, err := db.New().EnterNewcomer(ctx, t.Tx, db.EnterNewcomerParams{
		ID: n.ID, GivenName: n.Given, FamilyName: n.Family, ContactEmail: textOrNull(n.Email), InstitutionID: institution, Moment: t.Now,
	})
	return allowed(done, err)
}

// Knows refuses a person whom the caller neither meets nor has had at work. Fault: not_found.
func (t *OfficeTx) Knows(ctx context.Context, person uuid.UUID) error {
	known, err := db.New().KnownPerson(ctx, t.Tx, person)
	return allowed(known, err)
}

// EnterStaffRole stores a role and returns it with its names. Faults: not_found where the group is not of the institution, or the person is a
// child here; staff_role_not_yours; staff_role_exists.
func (t *OfficeTx) EnterStaffRole(ctx context.Context, r app.StaffRole) (app.StaffRole, error) {
	if r.Group != uuid.Nil {
		if _, err := db.New().OpenGroupOfInstitution(ctx, t.Tx, db.OpenGroupOfInstitutionParams{ID: r.Group, InstitutionID: r.Institution}); err != nil {
			return r, err
		}
	}
	twice, err := db.New().HoldsRoleMeanwhile(ctx, t.Tx, db.HoldsRoleMeanwhileParams{
		PersonID: r.Person, InstitutionID: &r.Institution, Role: r.Role, GroupID: orNull(r.Group), Starts: r.StartsAt, Ends: timeOrNull(r.EndsAt),
	})
	if err != nil {
		return r, err
	}
	if twice {
		return r, app.ErrStaffRoleExists
	}
	done, err := db.New().EnterStaffRole(ctx, t.Tx, db.EnterStaffRoleParams{
		ID: r.ID, PersonID: r.Person, InstitutionID: r.Institution, GroupID: orNull(r.Group), Role: r.Role, Starts: r.StartsAt,
		Ends: timeOrNull(r.EndsAt), Moment: t.Now,
	})
	if err := allowed(done, err); err != nil {
		return r, err
	}
	return t.StaffRole(ctx, r.Institution, r.ID)
}

// EndStaffRole stores when a role ends; the zero time ends it at once, with everything that hangs on it (V9, V11, V15). Fault: not_found when there
// is none that runs and is the caller's to end.
func (t *OfficeTx) EndStaffRole(ctx context.Context, id uuid.UUID, at time.Time) error {
	done, err := db.New().EndStaffRole(ctx, t.Tx, db.EndStaffRoleParams{ID: id, Ends: timeOrNull(at)})
	return allowed(done, err)
}

// Leave returns the leave of somebody at an institution that runs or is planned; none is the zero value. Faults: not_found for somebody who does not
// work there; staff_role_not_yours.
func (t *OfficeTx) Leave(ctx context.Context, institution, person uuid.UUID) (app.StaffLeave, error) {
	roles, err := t.StaffRoles(ctx, institution)
	if err != nil {
		return app.StaffLeave{}, err
	}
	for _, r := range roles {
		if r.Person != person {
			continue
		}
		may, err := db.New().MaySendOnLeave(ctx, t.Tx, db.MaySendOnLeaveParams{PersonID: person, InstitutionID: institution})
		if err == nil && !may {
			err = app.ErrStaffRoleNotYours
		}
		t.about.person = person
		return r.Leave, err
	}
	return app.StaffLeave{}, app.ErrNotFound
}

// KeepLeave stores a leave (V11).
func (t *OfficeTx) KeepLeave(ctx context.Context, institution uuid.UUID, l app.StaffLeave) error {
	done, err := db.New().KeepLeave(ctx, t.Tx, db.KeepLeaveParams{
		ID: l.ID, PersonID: l.Person, InstitutionID: institution, Starts: l.StartsAt, Ends: timeOrNull(l.Until), Moment: t.Now,
	})
	return allowed(done, err)
}

// EndLeave ends a leave at once, or takes it back when it has not begun.
func (t *OfficeTx) EndLeave(ctx context.Context, l app.StaffLeave) error {
	done, err := db.New().EndLeave(ctx, t.Tx, l.ID)
	return allowed(done, err)
}

// Heads are those who head an institution, now or later (V9).
func (t *OfficeTx) Heads(ctx context.Context, institution uuid.UUID) (app.Heads, error) {
	var h app.Heads
	tenures, err := db.New().HeadsOfInstitution(ctx, t.Tx, &institution)
	if err != nil {
		return h, err
	}
	for _, r := range tenures {
		h.Tenures = append(h.Tenures, app.Tenure{Role: r.ID, Person: r.PersonID, From: r.StartsAt, Until: orZero(r.EndedAt)})
	}
	leaves, err := db.New().LeavesOfInstitution(ctx, t.Tx, institution)
	for _, l := range leaves {
		h.Leaves = append(h.Leaves, app.StaffLeave{ID: l.ID, Person: l.PersonID, StartsAt: l.StartsAt, Until: orZero(l.Until)})
	}
	return h, err
}

// TakeOver records that the caller, an owner, answers for an institution from a moment on, until somebody heads it again. Fault: not_found.
func (t *OfficeTx) TakeOver(ctx context.Context, institution uuid.UUID, since time.Time) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	done, err := db.New().TakeOver(ctx, t.Tx, db.TakeOverParams{ID: id, InstitutionID: institution, Since: since, Moment: t.Now})
	return allowed(done, err)
}

// allowed turns the refusal of a function of the database into what a caller may know.
func allowed(done bool, err error) error {
	if err == nil && !done {
		err = app.ErrNotFound
	}
	return err
}
