package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// StaffAccount is how somebody who works at an institution signs in, as its head sees it.
type StaffAccount struct {
	Person        uuid.UUID
	Name          string
	Roles         []string
	ContactEmail  string    // a hint from the register for the user name; may be empty
	State         string    // none, invited, active (a password), other (signs in elsewhere), ended
	SecondFactor  bool      // an authenticator app beside the password
	LetterExpires time.Time // of the letter that still counts; zero for none
	MayDecide     bool      // whether whoever asks may invite them and end their account
}

// StaffAccounts lists who works, or will work, at an institution that the staff member of this transaction answers for, by name; nobody for
// another institution. It works in the scope Staff.
func StaffAccounts(ctx context.Context, tx *scope.Tx, institution uuid.UUID) ([]StaffAccount, error) {
	rows, err := queries.StaffAccounts(ctx, tx, db.StaffAccountsParams{InstitutionID: institution, Moment: tx.Now})
	if err != nil {
		return nil, fmt.Errorf("store: staff accounts: %w", err)
	}
	list := make([]StaffAccount, len(rows))
	for i, r := range rows {
		list[i] = StaffAccount{
			Person: r.PersonID, Name: strings.TrimSpace(r.GivenName + " " + r.FamilyName), Roles: r.Roles, ContactEmail: r.ContactEmail,
			State: r.Account, SecondFactor: r.HasSecondFactor, MayDecide: r.MayDecide,
		}
		if r.LetterExpiresAt.Unix() > 0 { // the epoch stands for none
			list[i].LetterExpires = r.LetterExpiresAt
		}
	}
	return list, nil
}
