package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/auth/oidc"
	"budstikke.example/auth/store/internal/db"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// subjectPurpose keeps the digests of providers' subjects apart from other indexes under the same key.
const subjectPurpose = "oidc_subject"

// subjectOf is the one spelling of a subject: some providers give each client a subject of its own for the same person.
func subjectOf(who oidc.Identity) string { return who.Client + "\n" + who.Subject.Reveal() }

// LinkIdentity keeps that a provider's subject is this person, from the first sign-in on; later it notes that it was used again. False means that
// the subject is somebody else's: a user name that was given to another person must not open the former owner's door, nor the other way round.
// It works in the scope SignIn.
func LinkIdentity(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, who oidc.Identity, person uuid.UUID) (bool, error) {
	linked, id, err := identityOf(ctx, tx, keys, who)
	if err != nil {
		return false, err
	}
	if linked == uuid.Nil {
		if id, err = uuid.NewV7(); err != nil {
			return false, fmt.Errorf("store: link identity: %w", err)
		}
		sum, version := keys.Index(subjectPurpose, tx.Municipality(), subjectOf(who))
		n, err := queries.InsertIdentity(ctx, tx, db.InsertIdentityParams{
			MunicipalityID: tx.Municipality(), ID: id, PersonID: person, Issuer: who.Issuer, SubjectIndex: sum, IndexKey: int16(version), LinkedAt: tx.Now,
		})
		if err != nil {
			return false, fmt.Errorf("store: link identity: %w", err)
		}
		if n == 1 {
			return true, nil
		}
		if linked, id, err = identityOf(ctx, tx, keys, who); err != nil { // another sign-in linked it in between
			return false, err
		}
	}
	if linked != person {
		return false, nil
	}
	err = queries.UseIdentity(ctx, tx, db.UseIdentityParams{MunicipalityID: tx.Municipality(), ID: id, LastUsedAt: tx.Now})
	if err != nil {
		return false, fmt.Errorf("store: link identity: %w", err)
	}
	return true, nil
}

// identityOf finds whom a subject belongs to, under every version of the index key; uuid.Nil when it was never seen.
func identityOf(ctx context.Context, tx *scope.Tx, keys *seal.Keyring, who oidc.Identity) (person, id uuid.UUID, err error) {
	for _, digest := range keys.IndexVersions(subjectPurpose, tx.Municipality(), subjectOf(who)) {
		row, err := queries.IdentityOf(ctx, tx, db.IdentityOfParams{
			MunicipalityID: tx.Municipality(), Issuer: who.Issuer, IndexKey: int16(digest.Version), SubjectIndex: digest.Sum,
		})
		if errors.Is(err, pgx.ErrNoRows) {
			continue
		}
		if err != nil {
			return uuid.Nil, uuid.Nil, fmt.Errorf("store: identity: %w", err)
		}
		return row.PersonID, row.ID, nil
	}
	return uuid.Nil, uuid.Nil, nil
}

// MatchStaff finds who works here now and has this user name in the register, or this identity number, given under every version of the index
// key. uuid.Nil means nobody, or more than one: a name that two people have opens no door. It works in the scope SignIn.
func MatchStaff(ctx context.Context, tx *scope.Tx, username string, index []seal.Digest) (uuid.UUID, error) {
	asked := []db.MatchStaffParams{{Username: username}}
	for _, digest := range index {
		asked = append(asked, db.MatchStaffParams{IndexKey: int16(digest.Version), NationalIDIndex: digest.Sum})
	}
	found := uuid.Nil
	for _, by := range asked {
		people, err := queries.MatchStaff(ctx, tx, by)
		if err != nil {
			return uuid.Nil, fmt.Errorf("store: match staff: %w", err)
		}
		for _, person := range people {
			if found != uuid.Nil && found != person {
				return uuid.Nil, nil
			}
			found = person
		}
	}
	return found, nil
}

// RaiseProtection marks a person as protected whose name and address are protected where they signed in (H7). It never lowers a protection. It
// works in the scope SignIn.
func RaiseProtection(ctx context.Context, tx *scope.Tx, person uuid.UUID) error {
	if err := queries.RaiseProtection(ctx, tx, person); err != nil {
		return fmt.Errorf("store: raise protection: %w", err)
	}
	return nil
}
