package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// protectedRow is a row of app.protected_at, in the order of its columns: a person, with one of their clearances if there are any.
type protectedRow struct {
	Person                  uuid.UUID
	AliasGiven, AliasFamily string
	Level                   string
	As                      []string
	Drawn                   bool
	Version                 int
	Clearance, Staff        *uuid.UUID
	StaffGiven, StaffFamily *string
	GrantedBy               *uuid.UUID
	GrantedAt, Until        *time.Time
	Reason                  *string
}

// ProtectedPersons are the people of an institution whose names are kept, by alias, with who is cleared for them (B8). Fault: not_found.
func (o Office) ProtectedPersons(ctx context.Context, institution uuid.UUID) ([]app.ProtectedPerson, error) {
	return Read(ctx, o, func(t *OfficeTx) ([]app.ProtectedPerson, error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return nil, err
		}
		rows, err := t.Query(ctx, "select * from app.protected_at($1)", institution) // sqlc does not know the columns of a function that returns a table
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[protectedRow])
		if err != nil {
			return nil, err
		}
		list := protectedPersons(found)
		t.looked(childrenOf(list, func(p app.ProtectedPerson) uuid.UUID { return p.ID })...)
		return list, nil
	})
}

// protectedPersons gathers the clearances of each person; the rows of one stand together.
func protectedPersons(rows []protectedRow) []app.ProtectedPerson {
	list := []app.ProtectedPerson{}
	for _, r := range rows {
		if len(list) == 0 || list[len(list)-1].ID != r.Person {
			list = append(list, app.ProtectedPerson{
				ID: r.Person, Alias: fullName(r.AliasGiven, r.AliasFamily), Drawn: r.Drawn, Level: r.Level, As: r.As, Version: r.Version,
			})
		}
		if r.Clearance != nil {
			last := &list[len(list)-1]
			last.Clearances = append(last.Clearances, app.Clearance{
				ID: *r.Clearance, Person: r.Person, Staff: orNobody(r.Staff), StaffName: fullName(value(r.StaffGiven), value(r.StaffFamily)),
				GrantedBy: orNobody(r.GrantedBy), GrantedAt: orZero(r.GrantedAt), Until: orZero(r.Until), Reason: value(r.Reason),
			})
		}
	}
	return list
}

// SaveClearance clears somebody, in place of a clearance that they have. Fault: not_found, for somebody whom the caller does not answer for, and
// for a member of staff who does not work where the person is.
func (t *OfficeTx) SaveClearance(ctx context.Context, c app.Clearance) error {
	t.about.child, t.about.person, t.about.resource = c.Person, c.Staff, c.ID
	granted, err := db.New().GrantClearance(ctx, t.Tx, db.GrantClearanceParams{
		ID: c.ID, PersonID: c.Person, StaffID: c.Staff, Until: c.Until, Reason: c.Reason, Moment: c.GrantedAt,
	})
	if err != nil {
		return err
	}
	if !granted {
		return app.ErrNotFound
	}
	return t.tellOfClearance(ctx, c)
}

// tellOfClearance tells the others who answer for the person's places that somebody was cleared; of whom it is not told (B8).
func (t *OfficeTx) tellOfClearance(ctx context.Context, c app.Clearance) error {
	rows, err := t.Query(ctx, "select institution_id, person_id from app.clearance_listeners($1, $2)", c.Person, c.Staff)
	if err != nil {
		return err
	}
	at := map[uuid.UUID][]uuid.UUID{}
	var institution, person uuid.UUID
	if _, err := pgx.ForEachRow(rows, []any{&institution, &person}, func() error {
		at[institution] = append(at[institution], person)
		return nil
	}); err != nil {
		return err
	}
	for institution, people := range at {
		e := notify.ClearanceGranted{Institution: institution}
		if err := t.announce(outbox.Announce(ctx, t.Tx, e, atWork(people, institution), notify.RoutineChannelsOf(e))); err != nil {
			return err
		}
	}
	return nil
}

// RevokeClearance ends a clearance before its time; ending it again changes nothing. Fault: not_found.
func (t *OfficeTx) RevokeClearance(ctx context.Context, person, id uuid.UUID) error {
	t.about.child, t.about.resource = person, id
	revoked, err := db.New().RevokeClearance(ctx, t.Tx, db.RevokeClearanceParams{PersonID: person, ID: id, Moment: t.Now})
	if err == nil && !revoked {
		err = app.ErrNotFound
	}
	return err
}

// ProtectedName returns the name behind an alias. Fault: not_found, for everybody without a clearance.
func (t tx) ProtectedName(ctx context.Context, person uuid.UUID) (app.ProtectedName, error) {
	r, err := db.New().ProtectedName(ctx, t.Tx, person)
	t.about.child = person
	return app.ProtectedName{
		Person: r.PersonID, GivenName: r.GivenName, FamilyName: r.FamilyName, AliasGiven: r.AliasGiven, AliasFamily: r.AliasFamily, Level: r.Level,
		Email: r.ContactEmail, Mobile: r.ContactMobile, Version: int(r.Version),
	}, err
}

// LookAtProtected reads the name behind an alias, and the trail keeps that it was (B5). Fault: not_found.
func (i Institution) LookAtProtected(ctx context.Context, person uuid.UUID) (app.ProtectedName, error) {
	return Read(ctx, i, func(t *InstitutionTx) (app.ProtectedName, error) { return t.ProtectedName(ctx, person) })
}

// HoldProtectedName returns a protected person whom the caller may give an alias, and keeps others from it until the transaction ends. Fault:
// not_found.
func (t *OfficeTx) HoldProtectedName(ctx context.Context, person uuid.UUID) (app.ProtectedName, error) {
	t.about.child = person
	if _, err := db.New().HoldProtectedName(ctx, t.Tx, person); err != nil {
		return app.ProtectedName{}, err
	}
	return t.ProtectedName(ctx, person)
}

// SaveAlias stores another alias. Fault: version_outdated.
func (t *OfficeTx) SaveAlias(ctx context.Context, p app.ProtectedName) error {
	rows, err := db.New().SetAlias(ctx, t.Tx, db.SetAliasParams{
		PersonID: p.Person, AliasGiven: p.AliasGiven, AliasFamily: p.AliasFamily, Version: int32(p.Version), FromVersion: int32(p.Version - 1), //nolint:gosec // a small count
	})
	if err == nil && rows == 0 {
		err = app.ErrVersionOutdated
	}
	return err
}
