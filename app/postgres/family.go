package postgres

import (
	"context"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
)

// Family is the way in for a guardian: their own active guardianships and nothing else (V6, V15).
type Family struct {
	db *DB
	s  scope.Scope
}

// Family returns the handle of the guardian whose scope s is.
func (db *DB) Family(s scope.Scope) Family { return Family{db, s} }

func (f Family) database() *DB         { return f.db }
func (f Family) open() scope.Scope     { return f.s }
func (f Family) within(t tx) *FamilyTx { return &FamilyTx{t} }

// FamilyTx is a guardian's transaction.
type FamilyTx struct{ tx }

// Children returns the guardian's children, by name.
func (f Family) Children(ctx context.Context) ([]app.Child, error) {
	rows, err := db.New().ChildrenOfGuardian(ctx, f.db.scope.Reader(f.s), nil)
	if err != nil {
		return nil, fault(err)
	}
	return children(rows)
}

// Child returns one of the guardian's children. Fault: not_found, also for another family's child.
func (f Family) Child(ctx context.Context, id uuid.UUID) (app.Child, error) {
	rows, err := db.New().ChildrenOfGuardian(ctx, f.db.scope.Reader(f.s), &id)
	if err != nil {
		return app.Child{}, fault(err)
	}
	return onlyChild(rows)
}

// Child returns one of the guardian's children. Fault: not_found, also for another family's child.
func (t *FamilyTx) Child(ctx context.Context, id uuid.UUID) (app.Child, error) {
	rows, err := db.New().ChildrenOfGuardian(ctx, t.Tx, &id)
	if err != nil {
		return app.Child{}, err
	}
	t.about.child = id
	return onlyChild(rows)
}

func onlyChild(rows []db.ChildrenOfGuardianRow) (app.Child, error) {
	list, err := children(rows)
	if err != nil {
		return app.Child{}, err
	}
	if len(list) == 0 {
		return app.Child{}, app.ErrNotFound
	}
	return list[0], nil
}

func children(rows []db.ChildrenOfGuardianRow) ([]app.Child, error) {
	list := make([]app.Child, 0, len(rows))
	for _, r := range rows {
		zone, err := time.LoadLocation(r.TimeZone)
		if err != nil {
			return nil, err
		}
		list = append(list, app.Child{
			ID: r.ID, Name: fullName(r.GivenName, r.FamilyName), Group: r.GroupName, Zone: zone,
			Institution: app.Institution{ID: r.InstitutionID, Name: r.InstitutionName, Kind: app.InstitutionKind(r.InstitutionKind)},
		})
	}
	return list, nil
}

// Name returns the name of whoever the transaction runs for.
func (t tx) Name(ctx context.Context) (string, error) {
	row, err := db.New().OwnName(ctx, t.Tx)
	if err != nil {
		return "", err
	}
	return fullName(row.GivenName, row.FamilyName), nil
}

// Locale returns the language of the municipality.
func (t tx) Locale(ctx context.Context) (string, error) { return db.New().OwnLocale(ctx, t.Tx) }

// Alert returns an alert of an institution where one of the guardian's children is enrolled. Fault: not_found.
func (f Family) Alert(ctx context.Context, id uuid.UUID) (app.Alert, error) {
	row, err := db.New().AlertOfGuardian(ctx, f.db.scope.Reader(f.s), id)
	if err != nil {
		return app.Alert{}, fault(err)
	}
	return alert(row.AppAlert, app.Institution{
		ID: row.AppAlert.InstitutionID, Name: row.InstitutionName, Kind: app.InstitutionKind(row.InstitutionKind),
	}), nil
}

func alert(a db.AppAlert, at app.Institution) app.Alert {
	return app.Alert{ID: a.ID, Institution: at, Situation: app.Situation(a.Situation), Text: a.Text, RaisedBy: a.RaisedBy, RaisedAt: a.RaisedAt}
}
