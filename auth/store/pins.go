package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/sessions"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/auth/tablet"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// ErrPINChanged means that the PIN that was compared is not the person's any more.
var ErrPINChanged = errors.New("store: the PIN was changed meanwhile")

// SetPIN gives the caller a PIN, in place of the one they had, and opens the tablets again that it was tried on too often. The work that began with
// the old one ends: it is changed when somebody else may know it. hash is over PepperPIN. It works in the person's own scope.
func SetPIN(ctx context.Context, tx *scope.Tx, hash string, key seal.KeyVersion) error {
	me, err := tx.Person(ctx)
	if err != nil {
		return err
	}
	if err := tx.Hold(ctx); err != nil {
		return fmt.Errorf("store: set a PIN: %w", err)
	}
	if err := queries.SetPIN(ctx, tx, db.SetPINParams{
		MunicipalityID: tx.Municipality(), PersonID: me.ID, PinHash: hash, PepperKey: int16(key), SetAt: tx.Now,
	}); err != nil {
		return fmt.Errorf("store: set a PIN: %w", err)
	}
	if _, err := queries.EndWorkOf(ctx, tx, db.EndWorkOfParams{
		MunicipalityID: tx.Municipality(), PersonID: me.ID, EndedAt: tx.Now, Reason: PINChanged,
	}); err != nil {
		return fmt.Errorf("store: set a PIN: %w", err)
	}
	if err := queries.ForgetPINTries(ctx, tx, db.ForgetPINTriesParams{MunicipalityID: tx.Municipality(), PersonID: me.ID}); err != nil {
		return fmt.Errorf("store: set a PIN: %w", err)
	}
	return nil
}

// Colleague is somebody who may work on a tablet now.
type Colleague struct {
	ID   uuid.UUID
	Name string
}

// TabletStaff returns who may work on the tablet of the transaction now and has a PIN, by name. It works in a tablet's scope.
func TabletStaff(ctx context.Context, tx *scope.Tx) ([]Colleague, error) {
	rows, err := tx.Query(ctx, "select person_id, name from auth.tablet_staff()")
	if err != nil {
		return nil, fmt.Errorf("store: staff of a tablet: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Colleague])
	if err != nil {
		return nil, fmt.Errorf("store: staff of a tablet: %w", err)
	}
	return list, nil
}

// PINTry is a try at a PIN that was counted before it was made.
type PINTry struct {
	Person, Account uuid.UUID
	Hash            string
	Key             seal.KeyVersion
	// Locked says that the person has tried too often on this tablet: nothing is compared any more.
	Locked bool
}

// ClaimPINTry counts a try of a person on the tablet of the transaction. False means that the person may not work there, or has no PIN. It works
// in a tablet's scope.
func ClaimPINTry(ctx context.Context, tx *scope.Tx, person uuid.UUID) (PINTry, bool, error) {
	t := PINTry{Person: person}
	var tried int
	err := tx.QueryRow(ctx, "select tried, pin_hash, pepper_key, account_id from auth.try_pin($1, $2)", person, tablet.MostTries).
		Scan(&tried, &t.Hash, &t.Key, &t.Account)
	if errors.Is(err, pgx.ErrNoRows) {
		return PINTry{}, false, nil
	}
	if err != nil {
		return PINTry{}, false, fmt.Errorf("store: claim a try at a PIN: %w", err)
	}
	t.Locked = tried > tablet.MostTries
	return t, true, nil
}

const (
	// PINsGuessed is the name of the alarm of a tablet on which somebody goes through the PINs of colleagues, in the table and in the log (P10).
	PINsGuessed = "tablet_pins_guessed"
	// MostResting is of how many persons the PINs rest on one tablet before that is an alarm: one forgets theirs, two do on the first day of a term.
	MostResting = 3
)

// GuessedPINs tells whether so many PINs rest on a tablet that somebody guesses there, and raises the alarm, once in SpreadWindow. It works in the scope
// SignIn.
func GuessedPINs(ctx context.Context, tx *scope.Tx, id uuid.UUID) (raised bool, err error) {
	n, err := queries.RestingPINs(ctx, tx, db.RestingPINsParams{MunicipalityID: tx.Municipality(), TabletID: id, Most: tablet.MostTries})
	if err != nil || n < MostResting {
		return false, wrapped("count resting PINs", err)
	}
	rows, err := queries.RaiseAlarm(ctx, tx, db.RaiseAlarmParams{
		MunicipalityID: tx.Municipality(), BeganAt: tx.Now.Truncate(SpreadWindow), Kind: PINsGuessed, RaisedAt: tx.Now,
	})
	return rows == 1, wrapped("raise the alarm", err)
}

func wrapped(what string, err error) error {
	if err != nil {
		err = fmt.Errorf("store: %s: %w", what, err)
	}
	return err
}

// WithdrawPINTry takes a try out of the count that was not made after all, because the hasher was busy. It works in the scope SignIn.
func WithdrawPINTry(ctx context.Context, tx *scope.Tx, id uuid.UUID, t PINTry) error {
	if err := queries.WithdrawPINTry(ctx, tx, db.WithdrawPINTryParams{MunicipalityID: tx.Municipality(), TabletID: id, PersonID: t.Person}); err != nil {
		return fmt.Errorf("store: withdraw a try at a PIN: %w", err)
	}
	return nil
}

// StartWork begins a person's work on a tablet after their PIN was right, in place of whoever worked there, and returns its token. It works in
// the scope SignIn. Of the tablet, the work and the PIN each is held in the order in which its end takes it, so that none of them outlives its own (V15).
// Errors: ErrPINChanged when the PIN was changed while it was compared, ErrNoTablet when the tablet ended.
func StartWork(ctx context.Context, tx *scope.Tx, id uuid.UUID, t PINTry) (auth.Token, Session, error) {
	if _, err := queries.HoldTablet(ctx, tx, db.HoldTabletParams{MunicipalityID: tx.Municipality(), ID: id}); err != nil {
		return auth.Token{}, Session{}, noTablet("start work", err)
	}
	if _, err := queries.EndSessionsOnTablet(ctx, tx, db.EndSessionsOnTabletParams{
		MunicipalityID: tx.Municipality(), TabletID: &id, EndedAt: tx.Now, Reason: AnotherOnTablet,
	}); err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start work: %w", err)
	}
	_, err := queries.HoldPIN(ctx, tx, db.HoldPINParams{MunicipalityID: tx.Municipality(), PersonID: t.Person, PinHash: t.Hash})
	if errors.Is(err, pgx.ErrNoRows) {
		return auth.Token{}, Session{}, ErrPINChanged
	}
	if err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start work: %w", err)
	}
	if err := queries.ForgetPINTriesHere(ctx, tx, db.ForgetPINTriesHereParams{
		MunicipalityID: tx.Municipality(), TabletID: id, PersonID: t.Person,
	}); err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start work: %w", err)
	}
	session, err := uuid.NewV7()
	if err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start work: %w", err)
	}
	began := Session{ID: session, Ends: tx.Now.Add(tablet.Work)}
	if err := queries.InsertSession(ctx, tx, db.InsertSessionParams{
		MunicipalityID: tx.Municipality(), ID: session, Kind: string(scope.Staff), PersonID: t.Person, AccountID: &t.Account,
		Assurance: string(scope.Low), CreatedAt: tx.Now, ExpiresAt: began.Ends, TabletID: &id,
	}); err != nil {
		return auth.Token{}, Session{}, fmt.Errorf("store: start work: %w", err)
	}
	token, err := issue(ctx, tx, &began, sessions.Span{Token: tablet.Idle})
	return token, began, err
}

// ForgetPINs deletes the PINs of people whose account has ended or who have no role any more (V11), and returns how many. It works in the scope
// SignIn.
func ForgetPINs(ctx context.Context, tx *scope.Tx) (n int64, err error) {
	if err := tx.QueryRow(ctx, "select auth.forget_pins($1)", tx.Now).Scan(&n); err != nil {
		return 0, fmt.Errorf("store: forget PINs: %w", err)
	}
	return n, nil
}

// AnotherOnTablet is why work on a tablet ended: somebody else began theirs.
const AnotherOnTablet = "another_on_tablet"

// PepperPIN makes of a PIN what is hashed: a keyed digest for this person, so that a stolen table without the key answers no guess.
func PepperPIN(keys *seal.Keyring, municipality, person uuid.UUID, pin string) ([]byte, seal.KeyVersion) {
	return keys.Index("pin", municipality, person.String()+" "+pin)
}

// PepperPINAt is PepperPIN under the version of the key that a stored hash names; nil when that key is gone.
func PepperPINAt(keys *seal.Keyring, municipality, person uuid.UUID, pin string, version seal.KeyVersion) []byte {
	for _, d := range keys.IndexVersions("pin", municipality, person.String()+" "+pin) {
		if d.Version == version {
			return d.Sum
		}
	}
	return nil
}
