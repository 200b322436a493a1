package local

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// start starts a private PostgreSQL that ends with the test.
func start(t *testing.T, o Options) *Postgres {
	t.Helper()
	o.Lookup = nothingSet
	p, err := StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Stop(soon(t)); err != nil {
			t.Error(err)
		}
	})
	return p
}

// ask runs one statement on a connection of its own and returns its one value as text.
func ask(t *testing.T, url, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var answer string
	if err := conn.QueryRow(t.Context(), sql).Scan(&answer); err != nil {
		t.Fatal(err)
	}
	return answer
}

// perform runs one statement.
func perform(t *testing.T, url, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestThrowawayPostgres(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	p := start(t, Options{Purpose: Throwaway, Folder: openFolder(t)})

	for setting, want := range map[string]string{
		"listen_addresses": "127.0.0.1", "max_connections": "200", "shared_buffers": "256MB", "jit": "off",
		"fsync": "off", "password_encryption": "scram-sha-256", "TimeZone": "UTC",
	} {
		if got := ask(t, p.URL(), "SHOW "+setting); got != want {
			t.Errorf("%s is %q, want %q", setting, got, want)
		}
	}
	if got := ask(t, p.URL(), "SELECT current_database() || lower('ÆØÅÄÖ')"); got != "budstikkeæøåäö" {
		t.Errorf("database and folded letters: %q", got)
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(p.URL(), p.secret, "wrong", 1)); err == nil {
		t.Error("a wrong password was accepted")
	}
	if err := p.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := pgx.Connect(t.Context(), p.URL()); err == nil {
		t.Error("the server still answers after Stop")
	}
	if _, err := os.Stat(p.folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
}

func TestDevPostgresKeepsItsDataAndItsFolderForItself(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	o := Options{Purpose: Dev, Folder: openFolder(t)}
	first := start(t, o)
	perform(t, first.URL(), "CREATE TABLE kept AS SELECT 'still here'::text AS word")
	if got := ask(t, first.URL(), "SHOW fsync"); got != "on" {
		t.Errorf("fsync is %s: data that are kept must be durable", got)
	}
	info, err := os.Stat(filepath.Join(first.folder, "password"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("password file: mode %v, error %v", info.Mode(), err)
	}

	o.Lookup = nothingSet
	if second, err := StartPostgres(t.Context(), o); err == nil {
		t.Error("two programs use one data folder", second.Stop(soon(t)))
	} else if !strings.Contains(err.Error(), "in use by process") || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("the refusal does not say what to do: %v", err)
	}

	if err := first.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	again := start(t, o)
	if got := ask(t, again.URL(), "SELECT word FROM kept"); got != "still here" {
		t.Errorf("after a restart the table holds %q", got)
	}
}

func TestPostgresSurvivesKill(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	p := start(t, Options{Purpose: Dev, Folder: openFolder(t)})
	perform(t, p.URL(), "CREATE TABLE kept AS SELECT 'committed'::text AS word")
	url, ended := p.URL(), p.Done()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("Done is not closed after Kill")
	}
	if _, err := pgx.Connect(t.Context(), url); err == nil {
		t.Error("the server answers after Kill")
	}
	if err := p.Restart(soon(t)); err != nil {
		t.Fatal(err)
	}
	if p.URL() != url {
		t.Error("the URL changed with the restart")
	}
	if got := ask(t, url, "SELECT word FROM kept"); got != "committed" {
		t.Errorf("what was committed before the crash: %q", got)
	}
}

func TestPostgresOfAnotherVersionIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := home{dir: openFolder(t)}
	folder := filepath.Join(h.dir, "postgres")
	if err := os.MkdirAll(filepath.Join(folder, "cluster"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "cluster", "PG_VERSION"), []byte("14\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &Postgres{private: true, purpose: Dev}
	err := p.prepare(t.Context(), h, search{home: h, path: func(string) (string, error) { return "", os.ErrNotExist }})
	t.Cleanup(func() { _ = p.clear() })
	for _, want := range []string{"made by PostgreSQL 14", "install that version", "remove the folder", folder} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q: %v", want, err)
		}
	}
}

func TestAFailedStartLeavesNothing(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	folder := openFolder(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, Options{Purpose: Throwaway, Folder: folder, Lookup: nothingSet}); err == nil {
		t.Fatal("a start with a cancelled context succeeded")
	}

	// A cluster that cannot start: its own settings file is broken.
	p := start(t, Options{Purpose: Dev, Folder: folder})
	if err := p.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	settings := filepath.Join(p.folder, "cluster", "postgresql.conf")
	if err := os.WriteFile(settings, []byte("no_such_setting = 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := StartPostgres(t.Context(), Options{Purpose: Dev, Folder: folder, Lookup: nothingSet})
	if err == nil || !strings.Contains(err.Error(), "postgres.log") {
		t.Fatalf("the error does not name the log: %v", err)
	}
	if _, err := os.Stat(filepath.Join(p.folder, "cluster", "postmaster.pid")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a server was left behind: %v", err)
	}
	free, err := lock(t.Context(), p.folder)
	if err != nil {
		t.Fatalf("the folder is still locked: %v", err)
	}
	_ = free.Close()
}

func TestRootDropsItsPrivileges(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root has privileges to drop")
	}
	needPostgres(t)
	p := start(t, Options{Purpose: Throwaway, Folder: openFolder(t)})
	for _, path := range []string{p.folder, filepath.Join(p.folder, "cluster", "postmaster.pid")} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != p.as.uid || owner.Uid == 0 {
			t.Errorf("%s belongs to user %d, want %d", path, owner.Uid, p.as.uid)
		}
	}
}

func TestGivenServersAreUsedAndLeftAlone(t *testing.T) {
	t.Parallel()
	given := map[string]string{"DATABASE_URL": "postgres://db.example/x", "REDIS_URL": "redis://cache.example/0"}
	s, err := Start(t.Context(), Options{Folder: openFolder(t), Lookup: func(name string) (string, bool) {
		value, ok := given[name]
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	if s.Postgres.URL() != given["DATABASE_URL"] || s.Redis.URL() != given["REDIS_URL"] || s.Postgres.Private() {
		t.Errorf("used %s and %s", s.Postgres.URL(), s.Redis.URL())
	}
	for name, err := range map[string]error{
		"kill postgres": s.Postgres.Kill(), "restart postgres": s.Postgres.Restart(t.Context()),
		"kill redis": s.Redis.Kill(), "restart redis": s.Redis.Restart(t.Context()), "flush": s.Redis.FlushAll(t.Context()),
	} {
		if !errors.Is(err, ErrNotOurs) {
			t.Errorf("%s: %v, want ErrNotOurs", name, err)
		}
	}
	if err := s.Stop(soon(t)); err != nil {
		t.Error(err)
	}
}
