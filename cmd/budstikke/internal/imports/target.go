package imports

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// target is the database that an import goes into.
type target struct {
	scope *scope.DB
	db    *postgres.DB
	keys  *seal.Keyring
}

func (t target) close() { t.scope.Close() }

// open opens the database as the application does, by the settings of the environment. A whole municipality takes longer than a request may.
func open(ctx context.Context, log io.Writer) (target, error) {
	settings, err := boot.LoadFromEnvironment("import")
	if err != nil {
		return target{}, err
	}
	settings.Database.StatementTime = max(settings.Database.StatementTime, 2*time.Minute)
	settings.Database.IdleTime = max(settings.Database.IdleTime, time.Minute)
	keys, err := boot.OpenKeys(settings)
	if err != nil {
		return target{}, err
	}
	opened, err := boot.OpenDatabase(ctx, settings)
	if err != nil {
		return target{}, err
	}
	return target{opened, postgres.New(opened, nil, boot.NewLog(log, settings.Process)), keys}, nil
}

// Municipality is what has to be known of a municipality before its registers come in.
type Municipality struct {
	Slug, Name, Country, Locale, TimeZone string
}

// Create creates the municipality, or changes the name, language and time zone of the one with that slug. log receives the process's log.
func (m Municipality) Create(ctx context.Context, log io.Writer) error {
	t, err := open(ctx, log)
	if err != nil {
		return err
	}
	defer t.close()
	_, err = t.db.CreateMunicipality(scope.ByProgram(ctx), m.Slug, m.Name, m.Country, m.Locale, m.TimeZone)
	return plainly(err, m.Slug)
}

// plainly says what went wrong without the words of the database, which could repeat somebody's data.
func plainly(err error, slug string) error {
	var refused *pgconn.PgError
	switch {
	case errors.Is(err, app.ErrNotFound):
		return fmt.Errorf("there is no municipality %q: create it with budstikke import municipality", slug)
	case errors.Is(err, postgres.ErrHeld):
		return fmt.Errorf("%w (--allow-held)", err)
	case errors.As(err, &refused):
		return fmt.Errorf("the database refused it (SQLSTATE %s %s), and nothing was imported", refused.Code, refused.ConstraintName)
	default:
		return err
	}
}
