package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
)

// Institution is the way in for staff: the institutions where they have a role now (V11).
type Institution struct {
	db *DB
	s  scope.Scope
}

// Institution returns the handle of the staff member whose scope s is.
func (db *DB) Institution(s scope.Scope) Institution { return Institution{db, s} }

func (i Institution) database() *DB              { return i.db }
func (i Institution) open() scope.Scope          { return i.s }
func (i Institution) within(t tx) *InstitutionTx { return &InstitutionTx{t} }

// InstitutionTx is a staff member's transaction.
type InstitutionTx struct{ tx }

// Workplace is an institution with the roles that the caller holds there.
type Workplace struct {
	app.Institution
	Roles []string
}

// Enrolled is a child with the group it is enrolled in.
type Enrolled struct {
	ID    uuid.UUID
	Name  string
	Group string
}

// ReportedAbsence is an absence with the child's name and group.
type ReportedAbsence struct {
	app.Absence
	ChildName string
	Group     string
}

// Workplaces returns where the caller works, by name.
func (i Institution) Workplaces(ctx context.Context) ([]Workplace, error) {
	rows, err := db.New().InstitutionsOfStaff(ctx, i.db.scope.Reader(i.s))
	if err != nil {
		return nil, fault(err)
	}
	list := make([]Workplace, len(rows))
	for n, r := range rows {
		list[n] = Workplace{app.Institution{ID: r.ID, Name: r.Name, Kind: app.InstitutionKind(r.Kind)}, r.Roles}
	}
	return list, nil
}

// Children returns the children enrolled at an institution, by group and name. Fault: not_found.
func (i Institution) Children(ctx context.Context, institution uuid.UUID) ([]Enrolled, error) {
	return Read(ctx, i, func(t *InstitutionTx) ([]Enrolled, error) {
		if _, err := db.New().InstitutionOfStaff(ctx, t.Tx, institution); err != nil {
			return nil, err
		}
		rows, err := db.New().ChildrenOfInstitution(ctx, t.Tx, institution)
		if err != nil {
			return nil, err
		}
		list := make([]Enrolled, len(rows))
		for n, r := range rows {
			list[n] = Enrolled{ID: r.ID, Name: fullName(r.GivenName, r.FamilyName), Group: r.GroupName}
		}
		return list, nil
	})
}

// Absences returns the absences that cover a day at an institution. Fault: not_found.
func (i Institution) Absences(ctx context.Context, institution uuid.UUID, day app.Day) ([]ReportedAbsence, error) {
	return Read(ctx, i, func(t *InstitutionTx) ([]ReportedAbsence, error) {
		if _, err := db.New().InstitutionOfStaff(ctx, t.Tx, institution); err != nil {
			return nil, err
		}
		rows, err := db.New().AbsencesOfInstitution(ctx, t.Tx, db.AbsencesOfInstitutionParams{InstitutionID: institution, Day: day.Time()})
		if err != nil {
			return nil, err
		}
		list := make([]ReportedAbsence, len(rows))
		for n, r := range rows {
			list[n] = ReportedAbsence{absence(r.AppAbsence), fullName(r.GivenName, r.FamilyName), r.GroupName}
		}
		return list, nil
	})
}

// Conversations returns a page of the conversations of an institution, the latest first. Faults: not_found, cursor_invalid.
func (i Institution) Conversations(ctx context.Context, institution uuid.UUID, page Page) (Slice[app.Conversation], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.Conversation]{}, err
	}
	return Read(ctx, i, func(t *InstitutionTx) (Slice[app.Conversation], error) {
		at, err := db.New().InstitutionOfStaff(ctx, t.Tx, institution)
		if err != nil {
			return Slice[app.Conversation]{}, err
		}
		size := page.size()
		rows, err := db.New().ConversationsOfInstitution(ctx, t.Tx, db.ConversationsOfInstitutionParams{
			InstitutionID: institution, BeforeTime: before.at, BeforeID: before.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.Conversation]{}, err
		}
		return slice(rows, size, func(r db.ConversationsOfInstitutionRow) app.Conversation {
			return app.Conversation{
				ID: r.ID, Child: r.ChildID, ChildName: fullName(r.GivenName, r.FamilyName), LastMessageAt: r.LastMessageAt,
				GuardianName: fullName(r.GuardianGivenName, r.GuardianFamilyName),
				Institution:  app.Institution{ID: at.ID, Name: at.Name, Kind: app.InstitutionKind(at.Kind)},
			}
		}, func(r db.ConversationsOfInstitutionRow) position { return position{r.LastMessageAt, r.ID} }), nil
	})
}

// Messages returns a page of a conversation, the latest first; a confidential message is not among them for those who do not need it (V18).
// Faults: not_found, cursor_invalid.
func (i Institution) Messages(ctx context.Context, conversation uuid.UUID, page Page) (Slice[app.Message], error) {
	return messages(ctx, i, conversation, page, func(t *InstitutionTx) tx { return t.tx })
}
