package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/auth/letter"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// Purpose is what the account that a letter opens is for.
type Purpose string

// The purposes of a letter.
const (
	ForStaff    Purpose = "staff"    // of the register's staff (U5, V5)
	ForPartner  Purpose = "partner"  // external partners and municipal professionals, by hand (U7, U8)
	ForGuardian Purpose = "guardian" // a guardian without an electronic identity (H7)
)

// Opens is the kind of session that the password set with such a letter leads to.
func (p Purpose) Opens() scope.Caller {
	if p == ForGuardian {
		return scope.Guardian
	}
	return scope.Staff
}

// lasts is how long a letter counts. A guardian is handed theirs, and who else got hold of it would be the guardian.
func (p Purpose) lasts() time.Duration {
	if p == ForGuardian {
		return letter.HandedOver
	}
	return letter.Lifetime
}

// ErrNoLetter means that no letter that counts has the code: unknown, of another municipality, expired, used, withdrawn, or for somebody who would not
// get one any more. It is the same for all of them.
var ErrNoLetter = errors.New("store: no such letter; ask for a new one")

// NewLetter is what a letter is issued for.
type NewLetter struct {
	Person   uuid.UUID
	Purpose  Purpose
	Username string    // what they will sign in with
	IssuedBy uuid.UUID // the person who hands it over
}

// Letter is one that counts.
type Letter struct {
	ID       uuid.UUID
	Person   uuid.UUID
	Purpose  Purpose
	Username string
	Expires  time.Time
}

// IssueLetter takes back the letter that the person may have from before, issues one and returns its code, which is kept nowhere: hand it to
// the person. It works in the scope Staff, for those whom row-level security lets write such a letter; another caller gets ErrNoLetter. Errors:
// ErrUsername, ErrUsernameTaken, ErrNoLetter.
func IssueLetter(ctx context.Context, tx *scope.Tx, n NewLetter) (letter.Code, Letter, error) {
	username := Username(n.Username)
	if size := len([]rune(username)); size < 3 || size > 320 {
		return letter.Code{}, Letter{}, ErrUsername
	}
	free, err := queries.UsernameFree(ctx, tx, db.UsernameFreeParams{Username: username, PersonID: n.Person, Moment: tx.Now})
	if err != nil {
		return letter.Code{}, Letter{}, fmt.Errorf("store: issue letter: %w", err)
	}
	if !free {
		return letter.Code{}, Letter{}, ErrUsernameTaken
	}
	if err := queries.ReplaceLetter(ctx, tx, db.ReplaceLetterParams{PersonID: n.Person, Purpose: string(n.Purpose), Moment: tx.Now}); err != nil {
		return letter.Code{}, Letter{}, fmt.Errorf("store: issue letter: %w", err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return letter.Code{}, Letter{}, fmt.Errorf("store: issue letter: %w", err)
	}
	code := letter.New()
	digest := code.Digest(tx.Municipality())
	made := Letter{ID: id, Person: n.Person, Purpose: n.Purpose, Username: username, Expires: tx.Now.Add(n.Purpose.lasts())}
	err = queries.InsertLetter(ctx, tx, db.InsertLetterParams{
		MunicipalityID: tx.Municipality(), ID: id, PersonID: n.Person, Purpose: string(n.Purpose), Username: username, CodeHash: digest[:],
		IssuedBy: n.IssuedBy, IssuedAt: tx.Now, ExpiresAt: made.Expires,
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "42501" {
		return letter.Code{}, Letter{}, ErrNoLetter
	}
	if err != nil {
		return letter.Code{}, Letter{}, fmt.Errorf("store: issue letter: %w", err)
	}
	return code, made, nil
}

// LetterOf returns the letter of a code. It works in the scope SignIn. Error: ErrNoLetter.
func LetterOf(ctx context.Context, tx *scope.Tx, code letter.Code) (Letter, error) {
	digest := code.Digest(tx.Municipality())
	row, err := queries.LetterOf(ctx, tx, db.LetterOfParams{MunicipalityID: tx.Municipality(), CodeHash: digest[:], Moment: tx.Now})
	if errors.Is(err, pgx.ErrNoRows) {
		return Letter{}, ErrNoLetter
	}
	if err != nil {
		return Letter{}, fmt.Errorf("store: letter: %w", err)
	}
	return Letter{ID: row.ID, Person: row.PersonID, Purpose: Purpose(row.Purpose), Username: row.Username, Expires: row.ExpiresAt}, nil
}

// UseLetter uses a letter up; of all who use it at the same time, one succeeds. What follows from it belongs into the same transaction. It
// works in the scope SignIn. Error: ErrNoLetter.
func UseLetter(ctx context.Context, tx *scope.Tx, id uuid.UUID) error {
	n, err := queries.UseLetter(ctx, tx, db.UseLetterParams{MunicipalityID: tx.Municipality(), ID: id, Moment: tx.Now})
	if err != nil {
		return fmt.Errorf("store: use letter: %w", err)
	}
	if n == 0 {
		return ErrNoLetter
	}
	return nil
}

// WordsAbout returns the names that a password of the person must not be made of: theirs, their municipality's and its institutions'. It
// works in the scope SignIn and, for their own, in the person's.
func WordsAbout(ctx context.Context, tx *scope.Tx, person uuid.UUID) ([]string, error) {
	words, err := queries.WordsAbout(ctx, tx, person)
	if err != nil {
		return nil, fmt.Errorf("store: words about a person: %w", err)
	}
	return words, nil
}

// AnswersFor tells whether the staff member of this transaction may give somebody who works at the institution what they sign in with.
func AnswersFor(ctx context.Context, tx *scope.Tx, person, institution uuid.UUID) (bool, error) {
	answers, err := queries.AnswersFor(ctx, tx, db.AnswersForParams{PersonID: person, InstitutionID: institution})
	if err != nil {
		return false, fmt.Errorf("store: answers for: %w", err)
	}
	return answers, nil
}

// EndStaffAccount takes from somebody who works, or worked, at the institution everything they sign in with as staff, at once (H4, V9, V11).
// It works in the scope Staff. False: not this caller's to decide, or unknown.
func EndStaffAccount(ctx context.Context, tx *scope.Tx, person, institution uuid.UUID) (bool, error) {
	ended, err := queries.EndStaffAccount(ctx, tx, db.EndStaffAccountParams{PersonID: person, InstitutionID: institution, Moment: tx.Now})
	if err != nil {
		return false, fmt.Errorf("store: end staff account: %w", err)
	}
	return ended, nil
}
