package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/migrations/scope"
)

// ErrOtherCountry means that a municipality of that name exists in another country. Choose another name.
var ErrOtherCountry = errors.New("a municipality with this slug exists in another country: choose another slug")

// CreateMunicipality makes a municipality, or returns the one that has the slug already, whose name, locale and time zone are then set to
// these. slug is its name in addresses (a-z, 0-9 and hyphens, 2 to 63 characters), country an ISO 3166-1 code of a Nordic country, locale one
// of nb, nn, da, sv and en, timeZone an IANA name. Errors: ErrOtherCountry, an unknown time zone, or a value that the database refuses.
func (db *DB) CreateMunicipality(ctx context.Context, slug, name, country, locale, timeZone string) (uuid.UUID, error) {
	if _, err := time.LoadLocation(timeZone); err != nil || timeZone == "" || timeZone == "Local" {
		return uuid.Nil, fmt.Errorf("%q is not a time zone like Europe/Stockholm", timeZone)
	}
	created, err := insertMunicipality(ctx, db.scope, slug, name, country, locale, timeZone)
	if err != nil || created != uuid.Nil {
		return created, err
	}
	id, where, err := db.municipality(ctx, slug)
	if err != nil {
		return uuid.Nil, err
	}
	if where != country {
		return uuid.Nil, ErrOtherCountry
	}
	return id, renameMunicipality(ctx, db.scope, id, name, locale, timeZone)
}

// MunicipalityBySlug returns the id of a municipality. Fault: not_found.
func (db *DB) MunicipalityBySlug(ctx context.Context, slug string) (uuid.UUID, error) {
	id, _, err := db.municipality(ctx, slug)
	return id, err
}

// HasPerson tells whether somebody in a municipality has an id.
func (db *DB) HasPerson(ctx context.Context, municipality, person uuid.UUID) (known bool, err error) {
	err = db.scope.Reader(scope.Of(municipality, scope.Register)).QueryRow(ctx,
		"select exists (select from app.persons where municipality_id = scope.municipality() and id = $1)", person).Scan(&known)
	return known, err
}

func (db *DB) municipality(ctx context.Context, slug string) (id uuid.UUID, country string, err error) {
	// The list is public; it is asked in the scope of no municipality in particular, as by Municipalities.
	err = db.scope.Reader(scope.Of(uuid.Max, scope.Register)).QueryRow(ctx,
		"select municipality_id, country from app.list_municipalities() where slug = $1", slug).Scan(&id, &country)
	if errors.Is(err, pgx.ErrNoRows) {
		err = app.ErrNotFound
	}
	return id, country, err
}

// insertMunicipality returns uuid.Nil when there is one with the slug.
func insertMunicipality(ctx context.Context, in *scope.DB, slug, name, country, locale, timeZone string) (uuid.UUID, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return uuid.Nil, err
	}
	err = in.WithScope(ctx, scope.Of(id, scope.Register), func(tx *scope.Tx) error {
		made, err := db.New().InsertMunicipality(ctx, tx, db.InsertMunicipalityParams{
			Slug: slug, Name: name, Country: country, Locale: locale, TimeZone: timeZone, Now: tx.Now,
		})
		if err != nil || made == 0 {
			id = uuid.Nil
			return err
		}
		return db.New().BeginTerms(ctx, tx, tx.Now) // so that whoever gets an account without applying accepts them too (H7, H12)
	})
	return id, err
}

func renameMunicipality(ctx context.Context, in *scope.DB, id uuid.UUID, name, locale, timeZone string) error {
	return in.WithScope(ctx, scope.Of(id, scope.Register), func(tx *scope.Tx) error {
		return db.New().RenameMunicipality(ctx, tx, db.RenameMunicipalityParams{Name: name, Locale: locale, TimeZone: timeZone})
	})
}
