package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/text/unicode/norm"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// Errors of passwords.
var (
	// ErrUsername means that a user name is shorter than 3 or longer than 320 characters.
	ErrUsername = errors.New("store: a user name has 3 to 320 characters")
	// ErrUsernameTaken means that another account of the municipality has the user name.
	ErrUsernameTaken = errors.New("store: the user name is taken; choose another")
	// ErrStepUsed means that a code was used before, or that the password changed while it was being checked.
	ErrStepUsed = errors.New("store: the code was used before; wait for the next one")
)

// Password is what a user name's password and code are checked against.
type Password struct {
	Account  uuid.UUID
	Person   uuid.UUID
	Kind     scope.Caller
	Opens    scope.Caller // the kind of session that the password leads to
	Username string
	Hash     string // PHC form
	Secret   []byte // of the second factor; nil while there is none
	LastStep int64  // the last time step that was used
	Passkeys bool   // the account has passkeys
}

// HasSecondFactor tells whether there is something to show beside the password: an authenticator app or a passkey. Such an account is never
// signed in by the password alone.
func (p Password) HasSecondFactor() bool { return p.Secret != nil || p.Passkeys }

// Username brings a user name into the form that is compared: composed Unicode, lower case, no spaces around it.
func Username(text string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(text))) }

// SetPassword gives an account a user name, a password (its hash, from password.Hasher) and the secret of a second factor, in place of those
// it had, and of its passkeys. The secret is sealed and bound to the account. It works in the scope SignIn, as do all functions for passwords. Errors:
// ErrUsername, ErrUsernameTaken.
func SetPassword(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, account uuid.UUID, username, hash string, secret []byte) error {
	username = Username(username)
	if n := len([]rune(username)); n < 3 || n > 320 {
		return ErrUsername
	}
	sealed, version, err := keys.Seal(secret, totpBinding(tx.Municipality(), account)...)
	if err != nil {
		return fmt.Errorf("store: set password: %w", err)
	}
	err = queries.UpsertPassword(ctx, tx, db.UpsertPasswordParams{
		MunicipalityID: tx.Municipality(), AccountID: account, Username: username, PasswordHash: hash,
		TotpSealed: sealed, TotpKey: &version, ChangedAt: tx.Now,
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return ErrUsernameTaken
	}
	if err != nil {
		return fmt.Errorf("store: set password: %w", err)
	}
	return deletePasskeys(ctx, tx, account)
}

// SetFirstPassword gives an account a user name and a password (its hash), and no second factor: whatever the account had of these is gone,
// its recovery codes and passkeys too. opens is the kind of session that the password leads to. Errors: ErrUsername, ErrUsernameTaken.
func SetFirstPassword(ctx context.Context, tx *scope.Tx, account uuid.UUID, username, hash string, opens scope.Caller) error {
	username = Username(username)
	if n := len([]rune(username)); n < 3 || n > 320 {
		return ErrUsername
	}
	err := queries.UpsertFirstPassword(ctx, tx, db.UpsertFirstPasswordParams{
		MunicipalityID: tx.Municipality(), AccountID: account, Username: username, PasswordHash: hash, Opens: string(opens), ChangedAt: tx.Now,
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return ErrUsernameTaken
	}
	if err != nil {
		return fmt.Errorf("store: set first password: %w", err)
	}
	if err := deleteRecoveryCodes(ctx, tx, account); err != nil {
		return err
	}
	return deletePasskeys(ctx, tx, account)
}

// PasswordOf returns what is kept for a user name, false if no open account has it.
func PasswordOf(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, username string) (Password, bool, error) {
	row, err := queries.PasswordOf(ctx, tx, db.PasswordOfParams{MunicipalityID: tx.Municipality(), Username: Username(username)})
	if errors.Is(err, pgx.ErrNoRows) {
		return Password{}, false, nil
	}
	if err != nil {
		return Password{}, false, fmt.Errorf("store: password: %w", err)
	}
	p := Password{
		Account: row.AccountID, Person: row.PersonID, Kind: scope.Caller(row.Kind), Opens: scope.Caller(row.Opens), Username: row.Username,
		Hash: row.PasswordHash, LastStep: row.TotpLastStep, Passkeys: row.HasPasskeys,
	}
	p.Secret, err = openSecret(keys, tx.Municipality(), p.Account, row.TotpSealed, row.TotpKey)
	return p, err == nil, err
}

// openSecret opens the secret of an authenticator app; nil for none.
func openSecret(keys *seal.Keyring, municipality, account uuid.UUID, sealed []byte, version *int16) ([]byte, error) {
	if version == nil {
		return nil, nil
	}
	secret, err := keys.Open(sealed, *version, totpBinding(municipality, account)...)
	if err != nil {
		return nil, fmt.Errorf("store: second factor of account %s: %w", account, err)
	}
	return secret, nil
}

// HoldPassword makes sure that the password p was read as is still the account's, with or without an authenticator app and passkeys as then, and keeps it
// so until the transaction ends. Error: ErrStepUsed.
func HoldPassword(ctx context.Context, tx *scope.Tx, p Password) error {
	n, err := queries.HoldPassword(ctx, tx, db.HoldPasswordParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, PasswordHash: p.Hash, WithAuthenticator: p.Secret != nil, WithPasskeys: p.Passkeys,
	})
	if err != nil {
		return fmt.Errorf("store: hold password: %w", err)
	}
	if n == 0 {
		return ErrStepUsed
	}
	return nil
}

// UseStep marks the time step of a code as used; p is what the code was checked against. Of two who use the same code at the same time one
// succeeds. Error: ErrStepUsed.
func UseStep(ctx context.Context, tx *scope.Tx, p Password, step int64) error {
	n, err := queries.UseStep(ctx, tx, db.UseStepParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, Step: step, PasswordHash: p.Hash,
	})
	if err != nil {
		return fmt.Errorf("store: use step: %w", err)
	}
	if n == 0 {
		return ErrStepUsed
	}
	return nil
}

// RenewHash replaces the hash that p was checked against by one of today's cost. It does nothing if the password has changed since.
func RenewHash(ctx context.Context, tx *scope.Tx, p Password, hash string) error {
	err := queries.RenewHash(ctx, tx, db.RenewHashParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, NewHash: hash, OldHash: p.Hash,
	})
	if err != nil {
		return fmt.Errorf("store: renew hash: %w", err)
	}
	return nil
}

func totpBinding(municipality, account uuid.UUID) []string {
	return []string{municipality.String(), "auth.passwords", "totp_sealed", account.String()}
}
