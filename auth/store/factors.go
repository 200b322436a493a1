package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// ProposalLifetime is how long a new authenticator app may take to show its first code.
const ProposalLifetime = 15 * time.Minute

// ErrNoProposal means that no authenticator app waits for its first code: none was begun, it took too long, or it was confirmed already.
var ErrNoProposal = errors.New("store: no authenticator app waits to be confirmed; start again")

// NeedsSecondFactor tells whether somebody must have a second factor (auth.SecondFactorRequired). It works in the scope SignIn and, for
// themselves, in the person's own.
func NeedsSecondFactor(ctx context.Context, tx *scope.Tx, person uuid.UUID) (bool, error) {
	rows, err := queries.Standing(ctx, tx, person)
	if err != nil {
		return false, fmt.Errorf("store: standing: %w", err)
	}
	if len(rows) == 0 {
		return true, nil // a scope in which nothing is known: ask for more rather than for less
	}
	var roles []auth.Role
	for _, r := range rows {
		if r.Role == "" {
			continue
		}
		role := auth.Role{Name: r.Role, Group: r.GroupID}
		if r.Whole {
			role.Group = uuid.Nil
		}
		roles = append(roles, role)
	}
	return auth.SecondFactorRequired(roles, rows[0].ForAll), nil
}

// Proposal is the password of an account with the authenticator app that waits for its first code, if one does.
type Proposal struct {
	Password
	NewSecret []byte // nil when none waits
	sealed    []byte
}

// OwnPassword returns the password of the account, false if it has none, and what waits to be confirmed. It works in the scope SignIn and in
// the person's own.
func OwnPassword(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, account uuid.UUID) (Proposal, bool, error) {
	row, err := queries.OwnPassword(ctx, tx, db.OwnPasswordParams{MunicipalityID: tx.Municipality(), AccountID: account})
	if errors.Is(err, pgx.ErrNoRows) {
		return Proposal{}, false, nil
	}
	if err != nil {
		return Proposal{}, false, fmt.Errorf("store: own password: %w", err)
	}
	p := Proposal{Password: Password{
		Account: row.AccountID, Person: row.PersonID, Kind: scope.Caller(row.Kind), Opens: scope.Caller(row.Opens), Username: row.Username,
		Hash: row.PasswordHash, LastStep: row.TotpLastStep, Passkeys: row.HasPasskeys,
	}}
	if p.Secret, err = openSecret(keys, tx.Municipality(), account, row.TotpSealed, row.TotpKey); err != nil {
		return Proposal{}, false, err
	}
	if row.TotpNewAt != nil && tx.Now.Before(row.TotpNewAt.Add(ProposalLifetime)) {
		p.sealed = row.TotpNewSealed
		p.NewSecret, err = openSecret(keys, tx.Municipality(), account, row.TotpNewSealed, row.TotpNewKey)
	}
	return p, err == nil, err
}

// ProposeAuthenticator keeps the secret of an authenticator app until it has shown a code; the one the account has goes on counting. p is the
// password that was checked. Error: ErrStepUsed when it has changed since.
func ProposeAuthenticator(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, p Password, secret []byte) error {
	sealed, version, err := keys.Seal(secret, totpBinding(tx.Municipality(), p.Account)...)
	if err != nil {
		return fmt.Errorf("store: propose authenticator: %w", err)
	}
	n, err := queries.ProposeAuthenticator(ctx, tx, db.ProposeAuthenticatorParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, PasswordHash: p.Hash, Sealed: sealed, Key: version, Moment: tx.Now,
	})
	if err != nil {
		return fmt.Errorf("store: propose authenticator: %w", err)
	}
	if n == 0 {
		return ErrStepUsed
	}
	return nil
}

// ConfirmAuthenticator makes the app that waited the account's second factor, in place of an earlier one; step is that of the code it showed,
// which counts as used. Of two who confirm at the same time one succeeds. Error: ErrNoProposal.
func ConfirmAuthenticator(ctx context.Context, tx *scope.Tx, p Proposal, step int64) error {
	n, err := queries.ConfirmAuthenticator(ctx, tx, db.ConfirmAuthenticatorParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, Sealed: p.sealed, Step: step,
	})
	if err != nil {
		return fmt.Errorf("store: confirm authenticator: %w", err)
	}
	if n == 0 {
		return ErrNoProposal
	}
	return nil
}

// ChangePassword replaces the hash of the password that p was checked against. Error: ErrStepUsed when it has changed since.
func ChangePassword(ctx context.Context, tx *scope.Tx, p Password, hash string) error {
	n, err := queries.ChangeHash(ctx, tx, db.ChangeHashParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, NewHash: hash, OldHash: p.Hash, Moment: tx.Now,
	})
	if err != nil {
		return fmt.Errorf("store: change password: %w", err)
	}
	if n == 0 {
		return ErrStepUsed
	}
	return nil
}

// RemoveAuthenticator takes the second factor of the password that p was checked against, with its recovery codes. Error: ErrStepUsed when the
// password has changed since, or has no second factor any more.
func RemoveAuthenticator(ctx context.Context, tx *scope.Tx, p Password) error {
	n, err := queries.RemoveAuthenticator(ctx, tx, db.RemoveAuthenticatorParams{
		MunicipalityID: tx.Municipality(), AccountID: p.Account, PasswordHash: p.Hash,
	})
	if err != nil {
		return fmt.Errorf("store: remove authenticator: %w", err)
	}
	if n == 0 {
		return ErrStepUsed
	}
	return deleteRecoveryCodes(ctx, tx, p.Account)
}
