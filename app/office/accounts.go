package office

import (
	"context"
	"errors"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/view"
	"budstikke.example/auth/letter"
	"budstikke.example/auth/store"
)

// Faults of inviting somebody.
var (
	// ErrUsernameTaken means that the user name is, or may soon be, somebody else's.
	ErrUsernameTaken = &app.Fault{Kind: app.Conflict, Code: "username_taken", Detail: "Somebody else has this user name. Choose another one.",
		Fields: []app.Field{{Pointer: "/username", Detail: "is somebody else's"}}}
	errUsername = &app.Fault{Kind: app.Malformed, Code: "request_invalid", Detail: "The request does not fit the contract.",
		Fields: []app.Field{{Pointer: "/username", Detail: "has fewer than 3 characters"}}}
)

// ListStaffAccounts tells how the people who work at an institution sign in. Fault: not_found.
func (f *Flows) ListStaffAccounts(ctx context.Context, req ListStaffAccountsRequestObject) (ListStaffAccountsResponseObject, error) {
	return postgres.Read(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (ListStaffAccountsResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		list, err := store.StaffAccounts(ctx, tx.Tx, req.InstitutionID)
		out := StaffAccountList{Items: make([]StaffAccount, len(list))}
		for i, a := range list {
			out.Items[i] = viewStaffAccount(a)
		}
		return ListStaffAccounts200JSONResponse(out), err
	})
}

// InviteStaff makes the letter with which somebody who works, or will work, at an institution gets their account (U5, V5). A letter from
// before counts no more. Somebody who has an account gets a new password by it, and loses the second factor that they may have lost already.
// Faults: not_found for whom the caller does not answer; username_taken.
func (f *Flows) InviteStaff(ctx context.Context, req InviteStaffRequestObject) (InviteStaffResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (InviteStaffResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		answers, err := store.AnswersFor(ctx, tx.Tx, req.StaffID, req.InstitutionID)
		if err != nil {
			return nil, err
		}
		if !answers {
			return nil, app.ErrNotFound
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return nil, err
		}
		code, made, err := store.IssueLetter(ctx, tx.Tx, store.NewLetter{
			Person: req.StaffID, Purpose: store.ForStaff, Username: req.Body.Username, IssuedBy: me.ID,
		})
		switch {
		case errors.Is(err, store.ErrUsernameTaken):
			return nil, ErrUsernameTaken
		case errors.Is(err, store.ErrUsername):
			return nil, errUsername
		case errors.Is(err, store.ErrNoLetter):
			return nil, app.ErrNotFound
		case err != nil:
			return nil, err
		}
		return InviteStaff201JSONResponse(viewLetter(code, made)), nil
	})
}

// EndStaffAccount takes from somebody everything they sign in with as staff, at once: password, second factors, letters and sessions (H4, V9,
// V11). Ending it again changes nothing. Fault: not_found for whom the caller does not answer.
func (f *Flows) EndStaffAccount(ctx context.Context, req EndStaffAccountRequestObject) (EndStaffAccountResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndStaffAccountResponseObject, error) {
		if _, err := tx.Institution(ctx, req.InstitutionID); err != nil {
			return nil, err
		}
		ended, err := store.EndStaffAccount(ctx, tx.Tx, req.StaffID, req.InstitutionID)
		if err == nil && !ended {
			err = app.ErrNotFound
		}
		return EndStaffAccount204Response{}, err
	})
}

// EndGuardianAccount ends a guardian's account at their request: sessions, addresses, notices on their way and every access to a child, at once
// (H4, V15). The account is of the whole municipality, so that each institution where the guardian has a child may do it. Ending it again
// changes nothing. Faults: guardianship_not_yours for whoever
// is the child's own family, not_found, institution_required.
func (f *Flows) EndGuardianAccount(ctx context.Context, req EndGuardianAccountRequestObject) (EndGuardianAccountResponseObject, error) {
	return postgres.Write(ctx, f.office(ctx), func(tx *postgres.OfficeTx) (EndGuardianAccountResponseObject, error) {
		g, err := tx.Guardianship(ctx, req.GuardianshipID, view.Value(req.Params.InstitutionID))
		if err != nil {
			return nil, err
		}
		if family, err := tx.FamilyOf(ctx, g.Child); err != nil {
			return nil, err
		} else if family {
			return nil, app.ErrOwnFamily
		}
		ended, err := store.EndGuardianAccount(ctx, tx.Tx, g.ID, req.Body.Reason)
		if err == nil && !ended {
			err = app.ErrNotFound
		}
		return EndGuardianAccount204Response{}, err
	})
}

func viewLetter(code letter.Code, l store.Letter) ActivationLetter {
	return ActivationLetter{Code: code.Print(), Username: l.Username, ExpiresAt: l.Expires}
}

func viewStaffAccount(a store.StaffAccount) StaffAccount {
	v := StaffAccount{PersonID: a.Person, Name: a.Name, Roles: a.Roles, State: StaffAccountState(a.State), SecondFactor: a.SecondFactor, MayDecide: a.MayDecide}
	if a.ContactEmail != "" {
		v.ContactEmail = &a.ContactEmail
	}
	if !a.LetterExpires.IsZero() {
		v.LetterExpiresAt = &a.LetterExpires
	}
	return v
}
