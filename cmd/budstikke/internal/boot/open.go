package boot

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// OpenDatabase opens the pool of a process and checks that its login is one that row-level security binds: a superuser, a role that bypasses
// it or an owner of tables would see every municipality. It fails at once when Postgres does not answer.
func OpenDatabase(ctx context.Context, s Settings) (*scope.DB, error) {
	return openDatabase(ctx, s, false)
}

// OpenRehearsed is OpenDatabase for a process that people wait for: all connections are opened, and rehearsed, before it returns, and stay open (B14).
func OpenRehearsed(ctx context.Context, s Settings) (*scope.DB, error) {
	return openDatabase(ctx, s, true)
}

func openDatabase(ctx context.Context, s Settings, rehearsed bool) (*scope.DB, error) {
	config, err := pgxpool.ParseConfig(s.Database.URL.Reveal())
	if err != nil {
		return nil, errors.New("DATABASE_URL cannot be read: it has the form postgres://login:password@host:port/database")
	}
	config.MaxConns = int32(s.Database.Connections) //nolint:gosec // bounded by the settings' check
	config.ConnConfig.ConnectTimeout = 5 * time.Second
	config.PingTimeout = time.Second
	config.ConnConfig.RuntimeParams["application_name"] = "budstikke"
	limits := map[string]time.Duration{
		"statement_timeout": s.Database.StatementTime, "lock_timeout": s.Database.LockTime, "idle_in_transaction_session_timeout": s.Database.IdleTime,
	}
	pooled := s.Database.Pooler == "transaction"
	if pooled {
		behindPooler(config)
	} else {
		for name, limit := range limits {
			config.ConnConfig.RuntimeParams[name] = strconv.FormatInt(limit.Milliseconds(), 10)
		}
	}
	scope.InUTC(config)
	follow := following(config)
	takeTurns(config)
	var rehearsal *rehearsal
	if rehearsed && !pooled { // behind a pooler whoever comes next has another connection
		rehearsal = rehearsing(config)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, errors.New("DATABASE_URL cannot be used")
	}
	follow.pool.Store(pool)
	err = bound(ctx, pool)
	if err == nil && pooled {
		err = limited(ctx, pool, limits)
	}
	if err != nil {
		pool.Close()
		return nil, err
	}
	if rehearsal != nil {
		openAll(ctx, pool)
		rehearsal.over(pool)
	}
	return scope.New(pool, Clock()), nil
}

// bound checks the login.
func bound(ctx context.Context, pool *pgxpool.Pool) error {
	var free, owner bool
	err := pool.QueryRow(ctx, `
		select r.rolsuper or r.rolbypassrls,
			exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
				where n.nspname in ('app', 'auth', 'notify') and pg_has_role(current_user, c.relowner, 'usage'))
		from pg_roles r where r.rolname = current_user`).Scan(&free, &owner)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if free || owner {
		return errors.New("the login of DATABASE_URL is not bound by row-level security: use a login of its own that owns nothing (docs/operations.md)")
	}
	return nil
}

// Belongs checks that the login of a process is of the group whose rights the process works with: budstikke_api or budstikke_worker. Without them it would
// start, answer that it lives, and fail at whatever it does. A group that is not there yet comes with the migrations.
func Belongs(ctx context.Context, db *scope.DB, group string) error {
	var stranger bool
	err := db.Pool().QueryRow(ctx, "select exists (select from pg_roles r where r.rolname = $1 and not pg_has_role(current_user, r.oid, 'usage'))", group).Scan(&stranger)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if stranger {
		return fmt.Errorf("the login of DATABASE_URL is no member of %s: this process needs a login that is, which the other process's is not (docs/operations.md)", group)
	}
	return nil
}

// limited checks that statements are bounded where a pooler does not let the process bound them itself: by the login.
func limited(ctx context.Context, pool *pgxpool.Pool, limits map[string]time.Duration) error {
	var missing []string
	for name, limit := range limits {
		var set bool
		if err := pool.QueryRow(ctx, "select setting <> '0' from pg_settings where name = $1", name).Scan(&set); err != nil {
			return fmt.Errorf("the database does not answer: %w", err)
		}
		if !set {
			missing = append(missing, fmt.Sprintf("alter role current_user set %s = '%dms'", name, limit.Milliseconds()))
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("behind a pooler the login bounds its statements itself, and this one does not: as that login, run %s (docs/postgres.md)",
			strings.Join(missing, "; "))
	}
	return nil
}

// OpenKeys reads the keys of national identity numbers. An error never repeats a key.
func OpenKeys(s Settings) (*seal.Keyring, error) {
	return seal.New(s.Keys.NationalID.Keys(), s.Keys.BlindIndex.Keys())
}
