package postgres

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres/internal/db"
)

// Errors of looking for somebody who works in a municipality.
var (
	// ErrNotEmployed means that nobody with a staff role is meant, whether or not the register knows the person.
	ErrNotEmployed = errors.New("nobody who has a staff role now is meant by that: import the staff list first, or look at the number once more")
	// ErrSeveralPersons means that registers gave the same id to different people.
	ErrSeveralPersons = errors.New("several people are meant by that id: name the person by identity number")
)

// EmployedBySource returns who has the id in one of the registers and holds a staff role (V5). Errors: ErrNotEmployed, ErrSeveralPersons.
func (r Register) EmployedBySource(ctx context.Context, sourceID string) (uuid.UUID, error) {
	return r.employed(ctx, func(t *registerTx) ([]uuid.UUID, error) { return db.New().PersonsBySource(ctx, t.Tx, keyed(sourceID)) })
}

// EmployedByNumber returns whose identity number it is, if they hold a staff role (V5). Error: ErrNotEmployed.
func (r Register) EmployedByNumber(ctx context.Context, n nationalid.Number) (uuid.UUID, error) {
	return r.employed(ctx, func(t *registerTx) ([]uuid.UUID, error) {
		var wanted db.PersonsByIdentityParams
		for _, digest := range IdentityIndex(t.keys, r.municipality, n) {
			wanted.Keys, wanted.Digests = append(wanted.Keys, digest.Version), append(wanted.Digests, digest.Sum)
		}
		rows, err := db.New().PersonsByIdentity(ctx, t.Tx, wanted)
		found := make([]uuid.UUID, len(rows))
		for i, row := range rows {
			found[i] = row.ID
		}
		return found, err
	})
}

func (r Register) employed(ctx context.Context, find func(t *registerTx) ([]uuid.UUID, error)) (uuid.UUID, error) {
	return Read(ctx, r, func(t *registerTx) (uuid.UUID, error) {
		found, err := find(t)
		switch {
		case err != nil:
			return uuid.Nil, err
		case len(found) == 0:
			return uuid.Nil, ErrNotEmployed
		case len(found) > 1:
			return uuid.Nil, ErrSeveralPersons
		}
		holds, err := db.New().HoldsStaffRole(ctx, t.Tx, db.HoldsStaffRoleParams{PersonID: found[0], Now: &t.Now})
		if err == nil && !holds {
			err = ErrNotEmployed
		}
		return found[0], err
	})
}
