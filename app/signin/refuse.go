package signin

import (
	"context"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/auth/access"
	"budstikke.example/auth/proof"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// refuse leaves in the audit trail that somebody who proved who they are with BankID was not let in (B5): whose it was when the register knows
// them, else only that it happened. The number itself is written nowhere.
func (f *Flows) refuse(ctx context.Context, tx *scope.Tx, operation string, who proof.Identity) error {
	number, err := nationalid.Parse(nationalid.Sweden, who.PersonalNumber.Reveal(), tx.Now)
	if err != nil {
		return refused(ctx, tx, operation, uuid.Nil)
	}
	match, _, err := store.MatchApplicant(ctx, tx, postgres.IdentityIndex(f.Keys, tx.Municipality(), number))
	if err != nil {
		return err
	}
	return refused(ctx, tx, operation, match.Person)
}

// refused is refuse for somebody whom the register has been asked about already; uuid.Nil is nobody it knows.
func refused(ctx context.Context, tx *scope.Tx, operation string, person uuid.UUID) error {
	return trail.Refuse(ctx, tx, operation, string(access.SigningIn), person, trail.Failed)
}
