package boot

import (
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// LoadAsOwner is Load for migrate and months: DATABASE_URL in the settings is what the owner of the tables signs in by. Error: Mistakes.
func LoadAsOwner(lookup Lookup) (Settings, error) {
	s, err := Load("migrate", AsOwner(lookup))
	var mistakes Mistakes
	if !errors.As(err, &mistakes) {
		return s, err
	}
	if mistakes.About("DATABASE_MIGRATE_URL") { // it was read in the place of the other one, too
		mistakes = slices.DeleteFunc(mistakes, func(m Mistake) bool { return m.Name == "DATABASE_URL" })
	} else if s.Database.URL == "" {
		for i, m := range mistakes {
			if m.Name == "DATABASE_URL" && unnamed(lookup) {
				mistakes[i] = Mistake{"DATABASE_MIGRATE_URL", "is not set, nor is DATABASE_URL: the database as a postgres:// URL, signed in as the owner of the tables (docs/operations.md)"}
			}
		}
	}
	return s, mistakes
}

// unnamed tells that no address of a database is named at all.
func unnamed(lookup Lookup) bool {
	for _, name := range []string{"DATABASE_URL", "DATABASE_URL_FILE", "DATABASE_MIGRATE_URL", "DATABASE_MIGRATE_URL_FILE"} {
		if text, _ := lookup(name); text != "" {
			return false
		}
	}
	return true
}

// NotOwner says, of an error by which the database refused something to migrate or months for lack of a right, who may do it; any other error is as it was.
func NotOwner(err error) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.Code != "42501" {
		return err
	}
	return fmt.Errorf("sign in as the owner of the tables, by DATABASE_MIGRATE_URL (docs/operations.md): %w", err)
}

// AsOwner lets DATABASE_MIGRATE_URL take the place of DATABASE_URL, which is then not needed: migrations are applied by the owner of the tables.
// Both may be given as files.
func AsOwner(lookup Lookup) Lookup {
	return func(name string) (string, bool) {
		for _, ending := range []string{"", "_FILE"} {
			owner, set := lookup("DATABASE_MIGRATE_URL" + ending)
			switch {
			case !set || owner == "":
			case name == "DATABASE_URL"+ending:
				return owner, true
			case name == "DATABASE_URL" || name == "DATABASE_URL_FILE":
				return "", false
			}
		}
		return lookup(name)
	}
}
