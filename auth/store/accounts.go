package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

var queries = db.New()

// Account is what a person signs in with. A person has at most one (H2).
type Account struct {
	ID   uuid.UUID
	Kind scope.Caller // scope.Guardian or scope.Staff: what it was opened for
	// Opened is set when the call that returned it opened it, or opened it again after its end (H1, H4).
	Opened bool
}

// OpenAccount opens the account of a person and returns it, or returns the one the person has (H2), whatever kind that is: a member of the
// staff who also is a guardian keeps one account. An account that had ended is opened again. It works in the scopes SignIn and, for the
// person's own account as a guardian, Applicant.
func OpenAccount(ctx context.Context, tx *scope.Tx, person uuid.UUID, kind scope.Caller) (Account, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, fmt.Errorf("store: open account: %w", err)
	}
	opened, err := queries.InsertAccount(ctx, tx, db.InsertAccountParams{
		MunicipalityID: tx.Municipality(), ID: id, PersonID: person, Kind: string(kind), CreatedAt: tx.Now,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		opened, err = queries.ReopenAccount(ctx, tx, db.ReopenAccountParams{
			Kind: string(kind), MunicipalityID: tx.Municipality(), PersonID: person,
		})
	}
	if err == nil {
		return Account{ID: opened, Kind: kind, Opened: true}, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Account{}, fmt.Errorf("store: open account: %w", err)
	}
	account, found, err := AccountOf(ctx, tx, person)
	if err == nil && !found {
		err = errors.New("store: open account: the person has one that this scope does not see")
	}
	return account, err
}

// FirstAccount returns the person's account, and opens one if there never was any. False means that there was one and that it has ended: whoever
// ended it decides whether it is opened again, not a sign-in. It works in the scope SignIn.
func FirstAccount(ctx context.Context, tx *scope.Tx, person uuid.UUID, kind scope.Caller) (Account, bool, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Account{}, false, fmt.Errorf("store: first account: %w", err)
	}
	opened, err := queries.InsertAccount(ctx, tx, db.InsertAccountParams{
		MunicipalityID: tx.Municipality(), ID: id, PersonID: person, Kind: string(kind), CreatedAt: tx.Now,
	})
	if err == nil {
		return Account{ID: opened, Kind: kind, Opened: true}, true, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return Account{}, false, fmt.Errorf("store: first account: %w", err)
	}
	return AccountOf(ctx, tx, person)
}

// AccountOf returns the person's account, false if there is none or it has ended. It works in the scopes SignIn, the person's own, and Staff
// for the persons they meet.
func AccountOf(ctx context.Context, tx *scope.Tx, person uuid.UUID) (Account, bool, error) {
	row, err := queries.AccountOfPerson(ctx, tx, db.AccountOfPersonParams{MunicipalityID: tx.Municipality(), PersonID: person})
	if errors.Is(err, pgx.ErrNoRows) {
		return Account{}, false, nil
	}
	if err != nil {
		return Account{}, false, fmt.Errorf("store: account of person: %w", err)
	}
	return Account{ID: row.ID, Kind: scope.Caller(row.Kind)}, true, nil
}

// Match is who an identity number belongs to.
type Match struct {
	Person     uuid.UUID
	HasAccount bool // lead them to it (H2)
	// MayApply is set for a legal guardian of a child that is enrolled now, when neither has a protected identity (H7, H11).
	MayApply bool
}

// MatchApplicant finds the person of an identity number by its blind index, given under every version of the index key
// (seal.Keyring.IndexVersions). False means that the register does not know the number. It works in the scope SignIn only. Whoever asks must
// be answered the same for all who may not apply (H7, H11).
func MatchApplicant(ctx context.Context, tx *scope.Tx, index []seal.Digest) (Match, bool, error) {
	for _, digest := range index {
		row, err := queries.MatchApplicant(ctx, tx, db.MatchApplicantParams{IndexKey: digest.Version, NationalIDIndex: digest.Sum})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return Match{}, false, fmt.Errorf("store: match applicant: %w", err)
		}
		return Match{Person: row.PersonID, HasAccount: row.HasAccount, MayApply: row.MayApply}, true, nil
	}
	return Match{}, false, nil
}
