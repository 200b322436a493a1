// Package migrations holds the database schema: forward-only SQL files, applied in the order of their numbers, each in one transaction.
//
// It may open nothing but the connection it is given. Start reading at 0001_roles_and_scope.sql; the access rule is in 0006_access_rule.sql.
// Its sub-packages are scope, the one door through which the program reaches the tables, and pgtest, a database for one test.
package migrations

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

//go:embed *.sql
var files embed.FS

// advisoryLock is taken while migrating, so that two processes starting together do not both migrate. Any fixed number would do.
const advisoryLock = 0x6275_6473 // "buds"

// Migration is one file.
type Migration struct {
	Number   int    // from 1, without gaps
	Name     string // the file's name
	SQL      string
	Checksum string // hexadecimal SHA-256 of SQL
}

// ErrChanged is returned when a file that was already applied differs from what was applied. Write a new migration instead.
var ErrChanged = errors.New("a migration was changed after it had been applied")

// ErrNewerSchema is returned when the database holds a migration that this binary does not know: it is newer than the binary.
var ErrNewerSchema = errors.New("the database is newer than this binary")

// All returns every migration in order. An error means that the files themselves are wrong: a gap, a twin, a bad name.
func All() ([]Migration, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	slices.Sort(names)
	list := make([]Migration, 0, len(names))
	for i, name := range names {
		prefix, _, found := strings.Cut(name, "_")
		number, err := strconv.Atoi(prefix)
		if !found || err != nil || len(prefix) != 4 || number != i+1 {
			return nil, fmt.Errorf("migrations: %s: expected number %04d", name, i+1)
		}
		sql, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(sql)
		list = append(list, Migration{Number: number, Name: name, SQL: string(sql), Checksum: hex.EncodeToString(sum[:])})
	}
	return list, nil
}

// Checksum identifies the whole schema; it changes when any file changes.
func Checksum() (string, error) {
	list, err := All()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, m := range list {
		sum.Write([]byte(m.Checksum))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// Up applies what is missing and returns the names of what it applied. Several processes may call it at once. It needs a connection that
// owns the schema (or may create it). Errors: ErrChanged, ErrNewerSchema, or the database's own.
func Up(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	list, err := All()
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", advisoryLock); err != nil {
		return nil, fmt.Errorf("migrations: lock: %w", err)
	}
	// The lock belongs to the connection; a lost connection frees it as well.
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", advisoryLock) }()
	if _, err := conn.Exec(ctx, `create table if not exists public.schema_migrations (
		number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`); err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	applied, err := read(ctx, conn)
	if err != nil {
		return nil, err
	}
	if err := compare(list, applied); err != nil {
		return nil, err
	}
	var done []string
	for _, m := range list[len(applied):] {
		if err := Apply(ctx, conn, m); err != nil {
			return done, err
		}
		done = append(done, m.Name)
	}
	return done, nil
}

// handing lets views and functions be handed over to budstikke_access, whose rights they then run with: who gives something away must be a member of who
// takes it, and that one allowed to have it in its schema. A superuser needs none of it, the owner that docs/operations.md speaks of does.
const handing = `do $$
	declare home text;
	begin
		for home in select n.nspname from pg_namespace n where n.nspname in ('scope', 'app', 'auth', 'audit', 'notify')
				and pg_has_role(n.nspowner, 'member') and not (select r.rolsuper from pg_roles r where r.rolname = current_user) loop
			execute format('%s create on schema %%I %s budstikke_access', home);
		end loop;
	end $$`

// Apply applies one migration and notes it, in one transaction. Up does so with all that are missing; a test with those before another.
func Apply(ctx context.Context, conn *pgx.Conn, m Migration) error {
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// A statement behind a long lock must not queue up the whole municipality behind it.
		if _, err := tx.Exec(ctx, "set local lock_timeout = '5s'"); err != nil {
			return err
		}
		for _, step := range []string{fmt.Sprintf(handing, "grant", "to"), m.SQL, fmt.Sprintf(handing, "revoke", "from")} {
			if _, err := tx.Exec(ctx, step); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "insert into public.schema_migrations (number, name, checksum) values ($1, $2, $3)", m.Number, m.Name, m.Checksum)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrations: %s: %w", m.Name, err)
	}
	return nil
}

// Current tells whether the database holds exactly the migrations of this binary. Errors say which way it differs.
func Current(ctx context.Context, conn interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}) error {
	list, err := All()
	if err != nil {
		return err
	}
	applied, err := read(ctx, conn)
	if err != nil {
		return err
	}
	if err := compare(list, applied); err != nil {
		return err
	}
	if len(applied) < len(list) {
		return fmt.Errorf("migrations: %s is not applied yet: run budstikke migrate", list[len(applied)].Name)
	}
	return nil
}

func compare(list, applied []Migration) error {
	if len(applied) > len(list) {
		return fmt.Errorf("migrations: %s: %w", applied[len(list)].Name, ErrNewerSchema)
	}
	for i, a := range applied {
		if a.Number != list[i].Number || a.Checksum != list[i].Checksum {
			return fmt.Errorf("migrations: %s: %w", a.Name, ErrChanged)
		}
	}
	return nil
}

func read(ctx context.Context, conn interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}) ([]Migration, error) {
	rows, err := conn.Query(ctx, "select number, name, checksum from public.schema_migrations order by number")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (Migration, error) {
		var m Migration
		err := row.Scan(&m.Number, &m.Name, &m.Checksum)
		return m, err
	})
}
