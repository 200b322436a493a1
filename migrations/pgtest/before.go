package pgtest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations"
)

// Earlier is a database as an earlier version of the program left it, for tests of what a migration does with the rows that there are.
type Earlier struct {
	*Database
	Owner   *pgx.Conn // signed in as the owner of the tables
	upgrade func(tb testing.TB)
}

// Upgrade applies what is missing, as `budstikke migrate` does: as an owner who is bound by row-level security like everybody.
func (e *Earlier) Upgrade(tb testing.TB) {
	tb.Helper()
	e.upgrade(tb)
}

// owner is the login that migrates. What it may do is what docs/operations.md asks for.
const owner = "budstikke_test_owner"

// Before returns a database with every migration before the one that is named so: "what" of NNNN_what.sql, so that a new number changes nothing.
func Before(tb testing.TB, what string) *Earlier {
	tb.Helper()
	ctx, server := context.Background(), serverURL(tb)
	name, err := ownedDatabase(ctx, server)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	d := opened(tb, server, name)
	conn, err := pgx.Connect(ctx, as(server, name, owner))
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	tb.Cleanup(func() { _ = conn.Close(ctx) })
	if err := applyBefore(ctx, conn, what); err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return &Earlier{Database: d, Owner: conn, upgrade: func(tb testing.TB) {
		tb.Helper()
		if _, err := migrations.Up(ctx, conn); err != nil {
			tb.Fatalf("pgtest: %v", err)
		}
	}}
}

// ownedDatabase makes an empty database and who owns it. Roles belong to the whole server, so one makes them at a time.
func ownedDatabase(ctx context.Context, server string) (string, error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
		return "", err
	}
	groups := []string{"budstikke_api", "budstikke_worker", "budstikke_access"}
	for _, group := range groups {
		if err := makeRole(ctx, conn, group, "nologin nosuperuser nobypassrls nocreatedb nocreaterole"); err != nil {
			return "", err
		}
	}
	if err := makeLogins(ctx, conn); err != nil {
		return "", err
	}
	if err := makeRole(ctx, conn, owner, "login createrole nosuperuser nobypassrls password '"+loginPassword+"'"); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "grant budstikke_access to "+owner+" with admin option"); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_unlock($1)", templateLock); err != nil {
		return "", err
	}
	return makeDatabase(ctx, conn, "owner "+owner)
}

func applyBefore(ctx context.Context, conn *pgx.Conn, what string) error {
	list, err := migrations.All()
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `create table public.schema_migrations (
		number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`); err != nil {
		return err
	}
	for _, m := range list {
		if strings.HasSuffix(m.Name, "_"+what+".sql") {
			return nil
		}
		if err := migrations.Apply(ctx, conn, m); err != nil {
			return err
		}
	}
	return fmt.Errorf("there is no migration %q", what)
}
