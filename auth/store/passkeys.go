package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/auth/passkey"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
)

// MostPasskeys is how many passkeys an account can have: more than anybody has devices.
const MostPasskeys = 20

// Errors of passkeys.
var (
	// ErrPasskeyKnown means that the passkey is there already, whosever it is.
	ErrPasskeyKnown = errors.New("store: this passkey is there already")
	// ErrPasskeyUsed means that the passkey was used or removed while its signature was being checked.
	ErrPasskeyUsed = errors.New("store: the passkey was used at the same moment; try again")
)

// Passkey is one with which somebody signs in.
type Passkey struct {
	ID      uuid.UUID
	Account uuid.UUID
	Person  uuid.UUID
	Kind    scope.Caller // what the account was opened for
	Opens   scope.Caller // the kind of session that the passkey leads to
	Name    string       // what its owner calls it
	Created time.Time
	// LastUsed is when it was last used, and Suspected when it last showed a count that went back; zero for never.
	LastUsed, Suspected time.Time
	Credential          passkey.Credential
}

// Handle is what authenticators know the account by: 16 bytes that say nothing of anybody.
func (p Passkey) Handle() []byte { return p.Account[:] }

// PasskeyOf finds a passkey of an open account by the id that its authenticator gives it; false if there is none. It works in the scope SignIn.
func PasskeyOf(ctx context.Context, tx *scope.Tx, credential []byte) (Passkey, bool, error) {
	row, err := queries.PasskeyByCredential(ctx, tx, db.PasskeyByCredentialParams{MunicipalityID: tx.Municipality(), CredentialID: credential})
	if errors.Is(err, pgx.ErrNoRows) {
		return Passkey{}, false, nil
	}
	if err != nil {
		return Passkey{}, false, fmt.Errorf("store: passkey: %w", err)
	}
	return passkeyOf(db.PasskeysOfRow(row)), true, nil
}

// PasskeysOf returns the passkeys of an account, the oldest first. It works in the scope SignIn and in the owner's own, as do the functions
// below.
func PasskeysOf(ctx context.Context, tx *scope.Tx, account uuid.UUID) ([]Passkey, error) {
	rows, err := queries.PasskeysOf(ctx, tx, db.PasskeysOfParams{MunicipalityID: tx.Municipality(), AccountID: account})
	if err != nil {
		return nil, fmt.Errorf("store: passkeys: %w", err)
	}
	list := make([]Passkey, len(rows))
	for i, row := range rows {
		list[i] = passkeyOf(row)
	}
	return list, nil
}

func passkeyOf(row db.PasskeysOfRow) Passkey {
	p := Passkey{
		ID: row.ID, Account: row.AccountID, Person: row.PersonID, Kind: scope.Caller(row.Kind), Opens: scope.Caller(row.Opens), Name: row.Name, Created: row.CreatedAt,
		Credential: passkey.Credential{
			ID: row.CredentialID, PublicKey: row.PublicKey, AAGUID: row.Aaguid, Transports: row.Transports, Count: uint32(row.SignCount), //nolint:gosec // written from one
			BackupEligible: row.BackupEligible, BackedUp: row.BackedUp,
		},
	}
	if row.LastUsedAt != nil {
		p.LastUsed = *row.LastUsedAt
	}
	if row.SuspectedAt != nil {
		p.Suspected = *row.SuspectedAt
	}
	return p
}

// AddPasskey keeps a passkey that was just made and returns it. Error: ErrPasskeyKnown.
func AddPasskey(ctx context.Context, tx *scope.Tx, account uuid.UUID, opens scope.Caller, name string, c passkey.Credential) (Passkey, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Passkey{}, fmt.Errorf("store: add passkey: %w", err)
	}
	transports := c.Transports
	if transports == nil {
		transports = []string{}
	}
	err = queries.InsertPasskey(ctx, tx, db.InsertPasskeyParams{
		MunicipalityID: tx.Municipality(), ID: id, AccountID: account, CredentialID: c.ID, PublicKey: c.PublicKey, Opens: string(opens), Name: name,
		Aaguid: c.AAGUID, Transports: transports, SignCount: int64(c.Count), BackupEligible: c.BackupEligible, BackedUp: c.BackedUp, UserVerified: true, CreatedAt: tx.Now,
	})
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.Code == "23505" {
		return Passkey{}, ErrPasskeyKnown
	}
	if err != nil {
		return Passkey{}, fmt.Errorf("store: add passkey: %w", err)
	}
	return Passkey{ID: id, Account: account, Opens: opens, Name: name, Created: tx.Now, Credential: c}, nil
}

// UsePasskey keeps what a passkey said when it was used. Error: ErrPasskeyUsed.
func UsePasskey(ctx context.Context, tx *scope.Tx, p Passkey, use passkey.Use) error {
	n, err := queries.UsePasskey(ctx, tx, db.UsePasskeyParams{
		MunicipalityID: tx.Municipality(), ID: p.ID, KnownCount: int64(p.Credential.Count), SignCount: int64(use.Count), BackedUp: use.BackedUp,
		UserVerified: use.Verified, Moment: tx.Now,
	})
	if err != nil {
		return fmt.Errorf("store: use passkey: %w", err)
	}
	if n == 0 {
		return ErrPasskeyUsed
	}
	return nil
}

// PasskeyCopySuspected is the name of the alarm of a passkey whose count went back, in the table and in the log.
const PasskeyCopySuspected = "passkey_copy_suspected"

// SuspectPasskey keeps that a passkey showed a count that went back, for its owner to see, and raises the alarm.
func SuspectPasskey(ctx context.Context, tx *scope.Tx, id uuid.UUID) error {
	err := queries.SuspectPasskey(ctx, tx, db.SuspectPasskeyParams{MunicipalityID: tx.Municipality(), ID: id, Moment: tx.Now})
	if err == nil {
		_, err = queries.RaiseAlarm(ctx, tx, db.RaiseAlarmParams{
			MunicipalityID: tx.Municipality(), BeganAt: tx.Now.Truncate(SpreadWindow), Kind: PasskeyCopySuspected, RaisedAt: tx.Now,
		})
	}
	if err != nil {
		return fmt.Errorf("store: suspect passkey: %w", err)
	}
	return nil
}

// HoldPasskeys keeps the account's passkeys as they are until the transaction ends, but for what it changes itself, and returns how many there are.
func HoldPasskeys(ctx context.Context, tx *scope.Tx, account uuid.UUID) (int, error) {
	ids, err := queries.HoldPasskeys(ctx, tx, db.HoldPasskeysParams{MunicipalityID: tx.Municipality(), AccountID: account})
	if err != nil {
		return 0, fmt.Errorf("store: hold passkeys: %w", err)
	}
	return len(ids), nil
}

// RenamePasskey gives a passkey of the account another name; false if it has none of that id.
func RenamePasskey(ctx context.Context, tx *scope.Tx, account, id uuid.UUID, name string) (bool, error) {
	n, err := queries.RenamePasskey(ctx, tx, db.RenamePasskeyParams{MunicipalityID: tx.Municipality(), AccountID: account, ID: id, Name: name})
	if err != nil {
		return false, fmt.Errorf("store: rename passkey: %w", err)
	}
	return n == 1, nil
}

// RemovePasskey removes a passkey of the account; false if it has none of that id.
func RemovePasskey(ctx context.Context, tx *scope.Tx, account, id uuid.UUID) (bool, error) {
	n, err := queries.DeletePasskey(ctx, tx, db.DeletePasskeyParams{MunicipalityID: tx.Municipality(), AccountID: account, ID: id})
	if err != nil {
		return false, fmt.Errorf("store: remove passkey: %w", err)
	}
	return n == 1, nil
}

func deletePasskeys(ctx context.Context, tx *scope.Tx, account uuid.UUID) error {
	if err := queries.DeletePasskeysOf(ctx, tx, db.DeletePasskeysOfParams{MunicipalityID: tx.Municipality(), AccountID: account}); err != nil {
		return fmt.Errorf("store: remove passkeys: %w", err)
	}
	return nil
}
