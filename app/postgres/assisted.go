package postgres

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
)

// OpenAssistedCase keeps that the caller has the guardian of a guardianship before them, who showed who they are (H7). Faults: not_found,
// assisted_not_possible, assisted_too_often, username_taken.
func (t *InstitutionTx) OpenAssistedCase(ctx context.Context, c app.AssistedCase) error {
	var word string
	err := t.QueryRow(ctx, "select app.open_assisted_case($1, $2, $3, $4, $5, $6, $7, $8)",
		c.ID, c.Institution, c.Guardianship, c.Shown, c.Note, c.Username, t.Now, app.AssistedLasts).Scan(&word)
	if err != nil {
		return err
	}
	t.about.institution, t.about.resource = c.Institution, c.ID
	return app.AssistedFault(word)
}

// Confirmed is whose account a confirmed case opens.
type Confirmed struct {
	Person   uuid.UUID
	Username string
}

// DecideAssistedCase keeps what the second member of the staff says. Faults: not_found, assisted_case_closed, assisted_needs_another_person,
// assisted_not_possible.
func (t *OfficeTx) DecideAssistedCase(ctx context.Context, institution, id uuid.UUID, v app.AssistedVerdict) (Confirmed, error) {
	var word string
	var person, child *uuid.UUID
	var username *string
	err := t.QueryRow(ctx, "select what, person, child, username from app.decide_assisted_case($1, $2, $3, $4, $5)",
		id, institution, string(v.State), v.Reason, t.Now).Scan(&word, &person, &child, &username)
	if err != nil {
		return Confirmed{}, err
	}
	if err := app.AssistedFault(word); err != nil {
		return Confirmed{}, err
	}
	t.about.institution, t.about.resource, t.about.person = institution, id, *person
	t.looked(*child)
	return Confirmed{Person: *person, Username: *username}, nil
}

// AssistedCases returns a page of the cases of an institution, the latest first. Faults: not_found, cursor_invalid.
func (o Office) AssistedCases(ctx context.Context, institution uuid.UUID, page Page) (Slice[app.AssistedCase], error) {
	before, err := page.position(endOfTime)
	if err != nil {
		return Slice[app.AssistedCase]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[app.AssistedCase], error) {
		if _, err := t.Institution(ctx, institution); err != nil {
			return Slice[app.AssistedCase]{}, err
		}
		size := page.size()
		rows, err := db.New().AssistedCases(ctx, t.Tx, db.AssistedCasesParams{
			InstitutionID: institution, BeforeAt: before.at, BeforeID: before.id, PageSize: size + 1,
		})
		if err != nil {
			return Slice[app.AssistedCase]{}, err
		}
		for _, r := range rows[:min(len(rows), int(size))] {
			t.looked(r.ChildID)
		}
		item := func(r db.AssistedCasesRow) app.AssistedCase { return assistedCase(r).Seen(t.Now) }
		return slice(rows, size, item, func(r db.AssistedCasesRow) position { return position{r.OpenedAt, r.ID} }), nil
	})
}

func assistedCase(r db.AssistedCasesRow) app.AssistedCase {
	c := app.AssistedCase{
		ID: r.ID, Institution: r.InstitutionID, Guardianship: r.GuardianshipID, Child: r.ChildID, GuardianName: fullName(r.GivenName, r.FamilyName),
		ChildName: fullName(r.ChildGivenName, r.ChildFamilyName), Shown: r.Shown, Note: r.Note, Username: r.Username, State: app.AssistedState(r.State),
		OpenedBy: r.OpenedBy, OpenedAt: r.OpenedAt, Expires: r.ExpiresAt, Reason: r.Reason,
	}
	if r.DecidedBy != nil && r.DecidedAt != nil {
		c.DecidedBy, c.DecidedAt = *r.DecidedBy, *r.DecidedAt
	}
	return c
}
