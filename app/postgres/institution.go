package postgres

import (
	"context"
	"slices"

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
	Locale    string // the municipality's, in which staff are told what to do; set where the note is sensitive (V17)
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

// Children returns a page of the children enrolled at an institution, by group and name. Faults: not_found, cursor_invalid.
func (i Institution) Children(ctx context.Context, institution uuid.UUID, page Page) (Slice[Enrolled], error) {
	after, err := page.row()
	if err != nil {
		return Slice[Enrolled]{}, err
	}
	return Read(ctx, i, func(t *InstitutionTx) (Slice[Enrolled], error) {
		size := page.size()
		params := db.ChildrenOfInstitutionParams{InstitutionID: institution, PageSize: size + 1}
		if after != nil {
			if err := t.worksAt(ctx, institution); err != nil {
				return Slice[Enrolled]{}, err
			}
			at, err := db.New().PlaceOfChild(ctx, t.Tx, db.PlaceOfChildParams{InstitutionID: institution, ID: *after})
			if err != nil {
				return Slice[Enrolled]{}, place(err)
			}
			params.AfterGroup, params.AfterGiven, params.AfterFamily, params.AfterID = at.GroupName, at.GivenName, at.FamilyName, *after
		}
		rows, err := db.New().ChildrenOfInstitution(ctx, t.Tx, params)
		if err == nil && len(rows) == 0 {
			err = t.worksAt(ctx, institution)
		}
		if err != nil {
			return Slice[Enrolled]{}, err
		}
		list := cut(rows, size, func(r db.ChildrenOfInstitutionRow) Enrolled {
			return Enrolled{ID: r.ID, Name: fullName(r.GivenName, r.FamilyName), Group: r.GroupName}
		}, func(r db.ChildrenOfInstitutionRow) string { return rowCursor(r.ID) })
		t.looked(childrenOf(list.Items, func(e Enrolled) uuid.UUID { return e.ID })...)
		return list, nil
	})
}

// Absences returns a page of the absences that cover a day at an institution, by the child's name. Faults: not_found, cursor_invalid.
func (i Institution) Absences(ctx context.Context, institution uuid.UUID, day app.Day, page Page) (Slice[ReportedAbsence], error) {
	after, err := page.row()
	if err != nil {
		return Slice[ReportedAbsence]{}, err
	}
	return Read(ctx, i, func(t *InstitutionTx) (Slice[ReportedAbsence], error) {
		size := page.size()
		params := db.AbsencesOfInstitutionParams{InstitutionID: institution, Day: day.Time(), PageSize: size + 1}
		if after != nil {
			if err := t.worksAt(ctx, institution); err != nil {
				return Slice[ReportedAbsence]{}, err
			}
			at, err := db.New().PlaceOfAbsence(ctx, t.Tx, db.PlaceOfAbsenceParams{InstitutionID: institution, ID: *after})
			if err != nil {
				return Slice[ReportedAbsence]{}, place(err)
			}
			params.AfterGiven, params.AfterFamily, params.AfterID = at.GivenName, at.FamilyName, *after
		}
		rows, err := db.New().AbsencesOfInstitution(ctx, t.Tx, params)
		if err == nil && len(rows) == 0 {
			err = t.worksAt(ctx, institution)
		}
		if err != nil {
			return Slice[ReportedAbsence]{}, err
		}
		list := cut(rows, size, func(r db.AbsencesOfInstitutionRow) ReportedAbsence {
			return ReportedAbsence{Absence: absence(r.AppShownAbsence), ChildName: fullName(r.GivenName, r.FamilyName), Group: r.GroupName}
		}, func(r db.AbsencesOfInstitutionRow) string { return rowCursor(r.AppShownAbsence.ID) })
		for n := range list.Items {
			if err := t.openNote(&list.Items[n].Absence); err != nil {
				return Slice[ReportedAbsence]{}, err
			}
		}
		t.looked(childrenOf(list.Items, func(a ReportedAbsence) uuid.UUID { return a.Child })...)
		return list, t.speak(ctx, list.Items)
	})
}

// worksAt tells an institution with nothing to list from one that the caller does not work at. A list asks it first where it goes on after a
// row, and otherwise only when it found nothing. Fault: not_found.
func (t *InstitutionTx) worksAt(ctx context.Context, institution uuid.UUID) error {
	_, err := db.New().InstitutionOfStaff(ctx, t.Tx, institution)
	return err
}

// speak sets the municipality's locale where a note asks staff to do something.
func (t *InstitutionTx) speak(ctx context.Context, list []ReportedAbsence) error {
	if !slices.ContainsFunc(list, func(a ReportedAbsence) bool { return a.NoteSensitive }) {
		return nil
	}
	here, err := db.New().MunicipalityOfScope(ctx, t.Tx)
	if err != nil {
		return err
	}
	for n := range list {
		if list[n].NoteSensitive {
			list[n].Locale = here.Locale
		}
	}
	return nil
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
		list := slice(rows, size, func(r db.ConversationsOfInstitutionRow) app.Conversation {
			return app.Conversation{
				ID: r.ID, Child: r.ChildID, ChildName: fullName(r.GivenName, r.FamilyName), LastMessageAt: r.LastMessageAt,
				GuardianName: fullName(r.GuardianGivenName, r.GuardianFamilyName),
				Institution:  app.Institution{ID: at.ID, Name: at.Name, Kind: app.InstitutionKind(at.Kind)},
			}
		}, func(r db.ConversationsOfInstitutionRow) position { return position{r.LastMessageAt, r.ID} })
		t.looked(childrenOf(list.Items, func(c app.Conversation) uuid.UUID { return c.Child })...)
		return list, nil
	})
}

// Messages returns a page of a conversation, the latest first; a confidential message is not among them for those who do not need it (V18).
// Faults: not_found, cursor_invalid.
func (i Institution) Messages(ctx context.Context, conversation uuid.UUID, page Page) (Slice[app.Message], error) {
	return messages(ctx, i, conversation, page, func(t *InstitutionTx) tx { return t.tx })
}
