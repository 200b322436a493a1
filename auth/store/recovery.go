package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

const (
	// RecoveryCodes is how many recovery codes an account gets at a time.
	RecoveryCodes = 10

	recoverySymbols = "abcdefghijkmnpqrstuvwxyz23456789" // 32 of them, none of which looks like another
	recoveryLength  = 12                                 // symbols: 60 random bits, of which a keyed digest is stored
)

// NewRecoveryCodes gives an account a fresh set of recovery codes in place of those it had, and returns them for the one answer that shows
// them. It works in the scope SignIn and in the person's own.
func NewRecoveryCodes(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, account uuid.UUID) ([]string, error) {
	if err := deleteRecoveryCodes(ctx, tx, account); err != nil {
		return nil, err
	}
	codes, row := make([]string, RecoveryCodes), db.InsertRecoveryCodesParams{MunicipalityID: tx.Municipality(), AccountID: account, Moment: tx.Now}
	for i := range codes {
		var random [recoveryLength]byte
		_, _ = rand.Read(random[:]) // never fails: crypto/rand ends the program instead
		for n, b := range random {
			random[n] = recoverySymbols[b&31]
		}
		text := string(random[:])
		digest, version := keys.Index("auth.recovery_codes", tx.Municipality(), account.String()+" "+text)
		row.Hashes, row.CodeKey = append(row.Hashes, digest), version
		codes[i] = text[:4] + "-" + text[4:8] + "-" + text[8:]
	}
	if err := queries.InsertRecoveryCodes(ctx, tx, row); err != nil {
		return nil, fmt.Errorf("store: recovery codes: %w", err)
	}
	return codes, nil
}

// UseRecoveryCode uses one of the account's recovery codes up, as it was typed. Of two who use the same code at the same time one succeeds.
// False: it is none of them, or was used. It works in the scope SignIn.
func UseRecoveryCode(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, account uuid.UUID, typed string) (bool, error) {
	text := strings.NewReplacer("-", "", " ", "").Replace(strings.ToLower(strings.TrimSpace(typed)))
	if len(text) != recoveryLength {
		return false, nil
	}
	for _, digest := range keys.IndexVersions("auth.recovery_codes", tx.Municipality(), account.String()+" "+text) {
		n, err := queries.UseRecoveryCode(ctx, tx, db.UseRecoveryCodeParams{
			MunicipalityID: tx.Municipality(), AccountID: account, CodeKey: digest.Version, CodeHash: digest.Sum, Moment: tx.Now,
		})
		if err != nil {
			return false, fmt.Errorf("store: use recovery code: %w", err)
		}
		if n == 1 {
			return true, nil
		}
	}
	return false, nil
}

// CountRecoveryCodes returns how many of the account's recovery codes are left.
func CountRecoveryCodes(ctx context.Context, tx *scope.Tx, account uuid.UUID) (int, error) {
	n, err := queries.CountRecoveryCodes(ctx, tx, db.CountRecoveryCodesParams{MunicipalityID: tx.Municipality(), AccountID: account})
	if err != nil {
		return 0, fmt.Errorf("store: count recovery codes: %w", err)
	}
	return int(n), nil
}

func deleteRecoveryCodes(ctx context.Context, tx *scope.Tx, account uuid.UUID) error {
	if err := queries.DeleteRecoveryCodes(ctx, tx, db.DeleteRecoveryCodesParams{MunicipalityID: tx.Municipality(), AccountID: account}); err != nil {
		return fmt.Errorf("store: delete recovery codes: %w", err)
	}
	return nil
}
