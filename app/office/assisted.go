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

// ListAssistedCases returns a page of the accounts that staff of an institution opened, or are about to, with the guardian present (H7).
func (f *Flows) ListAssistedCases(ctx context.Context, req ListAssistedCasesRequestObject) (ListAssistedCasesResponseObject, error) {
	list, err := f.office(ctx).AssistedCases(ctx, req.InstitutionID, view.Page(req.Params.Cursor, req.Params.Limit))
	if err != nil {
		return nil, err
	}
	return ListAssistedCases200JSONResponse{Items: view.Each(list.Items, viewAssistedCase), Next: view.Optional(list.Next)}, nil
}

// DecideAssistedCase is the word of the second member of the staff. Confirmed, it gives the letter whose code the guardian types: once, within
// days, and in place of every letter from before (H7). The account opens no child (V1). Faults: not_found, assisted_case_closed,
// assisted_needs_another_person, assisted_not_possible, reason_missing, username_taken.
func (f *Flows) DecideAssistedCase(ctx context.Context, req DecideAssistedCaseRequestObject) (DecideAssistedCaseResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (DecideAssistedCaseResponseObject, error) {
		v := app.AssistedVerdict{State: app.AssistedState(req.Body.Decision), Reason: strings.TrimSpace(view.Value(req.Body.Reason))}
		if err := v.Check(); err != nil {
			return nil, err
		}
		confirmed, err := tx.DecideAssistedCase(ctx, req.InstitutionID, req.CaseID, v)
		if err != nil {
			return nil, err
		}
		answer := DecideAssistedCase200JSONResponse{ID: req.CaseID, State: AssistedCaseState(v.State), DecidedAt: tx.Now}
		if v.State != app.AssistedConfirmed {
			return answer, nil
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		code, made, err := store.IssueLetter(ctx, tx.Tx, store.NewLetter{
			Person: confirmed.Person, Purpose: store.ForGuardian, Username: confirmed.Username, IssuedBy: me.ID,
		})
		if errors.Is(err, store.ErrUsernameTaken) {
			return nil, ErrUsernameTaken
		}
		if err != nil {
			return nil, err
		}
		letter := viewLetter(code, made)
		answer.Letter = &letter
		return answer, nil
	})
}

func viewAssistedCase(c app.AssistedCase) AssistedCase {
	v := AssistedCase{
		ID: c.ID, GuardianshipID: c.Guardianship, GuardianName: view.Optional(c.GuardianName), ChildName: view.Optional(c.ChildName),
		Shown: AssistedProof(c.Shown), Note: view.Optional(c.Note), Username: view.Optional(c.Username), State: AssistedCaseState(c.State), OpenedBy: c.OpenedBy,
		OpenedAt: c.OpenedAt, ExpiresAt: c.Expires, Reason: view.Optional(c.Reason),
	}
	if c.DecidedBy != uuid.Nil {
		v.DecidedBy, v.DecidedAt = &c.DecidedBy, &c.DecidedAt
	}
	return v
}
