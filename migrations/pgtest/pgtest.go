// Package pgtest gives each test a database of its own on a real Postgres, cloned from a template that is migrated once.
//
// The server is the one DATABASE_URL names, with a login that may create databases and roles (make test starts a private one). Without it
// a test is skipped on a laptop and fails where CI is set. Only tests may import this package. Start reading at New.
package pgtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"budstikke.example/migrations"
	"budstikke.example/migrations/scope"
)

// loginPassword is the password of the two logins that tests connect as. They exist only on servers that tests run on.
const loginPassword = "test-only"

// templateLock is the advisory lock under which the template is made, because test binaries run side by side.
const templateLock = 0x7067_7465 // "pgte"

// serverZone and programZone are where a test's server and the test itself stand: nowhere near an institution, and a day apart. What took a day from
// either would take the wrong one.
const (
	serverZone  = "Pacific/Auckland"
	programZone = "America/Los_Angeles"
)

func init() {
	zone, err := time.LoadLocation(programZone)
	if err != nil {
		panic(err)
	}
	time.Local = zone                //nolint:gosmopolitan // tests stand where no institution does
	_ = os.Setenv("TZ", programZone) // for the programs that a test starts
}

// Database is one test's own database. It is dropped when the test ends, and kept when the test failed and KEEP_TEST_DATABASES is set.
type Database struct {
	Name string
	// API is opened as the API's role: row-level security applies.
	API *scope.DB
	// Worker is opened as the notify worker's role.
	Worker *scope.DB
	// Admin is opened as the server's administrator, for arranging and for looking behind row-level security.
	Admin *pgxpool.Pool
	// Clock is what API and Worker read; it stands still until a test moves it.
	Clock *Clock
	// APIURL and WorkerURL are what a separate process connects with.
	APIURL, WorkerURL string
}

// Clock is a clock that a test holds in its hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Set puts the clock to t.
func (c *Clock) Set(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = t
}

// New returns an empty, migrated database. The clock starts at the present time, which Postgres uses too.
func New(tb testing.TB) *Database {
	tb.Helper()
	return On(tb, serverURL(tb))
}

// On is New on a server of the test's own, by the URL of its administrator. The URL may name several servers of which one can be written to.
func On(tb testing.TB, server string) *Database {
	tb.Helper()
	name, err := clone(context.Background(), server)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return opened(tb, server, name)
}

// serverURL is the server that tests make their databases on.
func serverURL(tb testing.TB) string {
	tb.Helper()
	server := os.Getenv("DATABASE_URL")
	if server == "" {
		if os.Getenv("CI") != "" {
			tb.Fatal("DATABASE_URL is not set: run the tests by make test, which starts a private Postgres")
		}
		tb.Skip("DATABASE_URL is not set: run the tests by make test, which starts a private Postgres")
	}
	return server
}

// opened is a database that exists, until the test ends.
func opened(tb testing.TB, server, name string) *Database {
	tb.Helper()
	ctx := context.Background()
	d := &Database{Name: name, Clock: &Clock{now: time.Now().UTC().Truncate(time.Microsecond)}}
	d.APIURL, d.WorkerURL = as(server, name, "budstikke_test_api"), as(server, name, "budstikke_test_worker")
	d.Admin = open(tb, as(server, name, ""), 4)
	api, worker := open(tb, d.APIURL, 24), open(tb, d.WorkerURL, 24)
	d.API, d.Worker = scope.New(api, d.Clock.Now), scope.New(worker, d.Clock.Now)
	tb.Cleanup(func() {
		api.Close()
		worker.Close()
		d.Admin.Close()
		if tb.Failed() && os.Getenv("KEEP_TEST_DATABASES") != "" {
			tb.Logf("pgtest: kept database %s", name)
			return
		}
		if err := drop(ctx, server, name); err != nil {
			tb.Errorf("pgtest: %v", err)
		}
	})
	return d
}

func open(tb testing.TB, dsn string, conns int32) *pgxpool.Pool {
	tb.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	config.MaxConns, config.MinConns = conns, 0
	scope.InUTC(config)
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		tb.Fatalf("pgtest: %v", err)
	}
	return pool
}

// as returns the server's URL for another database and, unless user is empty, another login.
func as(server, database, user string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + database
	if user != "" {
		u.User = url.UserPassword(user, loginPassword)
	}
	return u.String()
}

// clone makes a database from the template, making the template first if this schema has none yet.
func clone(ctx context.Context, server string) (string, error) {
	checksum, err := migrations.Checksum()
	if err != nil {
		return "", err
	}
	template := "budstikke_template_" + checksum[:16]
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", templateLock); err != nil {
		return "", err
	}
	var exists bool
	if err := conn.QueryRow(ctx, "select exists (select from pg_database where datname = $1 and datistemplate)", template).Scan(&exists); err != nil {
		return "", err
	}
	if !exists {
		if err := makeTemplate(ctx, conn, server, template); err != nil {
			return "", err
		}
	}
	if _, err := conn.Exec(ctx, "select pg_advisory_unlock($1)", templateLock); err != nil {
		return "", err
	}
	return makeDatabase(ctx, conn, "template "+template+" strategy file_copy")
}

// makeDatabase makes a database of some kind for one test, and answers its name.
func makeDatabase(ctx context.Context, conn *pgx.Conn, kind string) (string, error) {
	var random [8]byte
	_, _ = rand.Read(random[:])
	name := "budstikke_test_" + hex.EncodeToString(random[:])
	if _, err := conn.Exec(ctx, fmt.Sprintf("create database %s %s", name, kind)); err != nil {
		return name, err
	}
	_, err := conn.Exec(ctx, fmt.Sprintf("alter database %s set timezone = '%s'", name, serverZone))
	return name, err
}

func makeTemplate(ctx context.Context, conn *pgx.Conn, server, template string) error {
	if _, err := conn.Exec(ctx, "drop database if exists "+template); err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, "create database "+template); err != nil {
		return err
	}
	inside, err := pgx.Connect(ctx, as(server, template, ""))
	if err != nil {
		return err
	}
	if _, err := migrations.Up(ctx, inside); err != nil {
		_ = inside.Close(ctx)
		return err
	}
	if err := inside.Close(ctx); err != nil {
		return err
	}
	if err := makeLogins(ctx, conn); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "alter database "+template+" is_template true")
	return err
}

// makeLogins makes the two logins that tests connect as, unless they are there.
func makeLogins(ctx context.Context, conn *pgx.Conn) error {
	for login, role := range map[string]string{"budstikke_test_api": "budstikke_api", "budstikke_test_worker": "budstikke_worker"} {
		if err := makeRole(ctx, conn, login, "login password '"+loginPassword+"' in role "+role); err != nil {
			return err
		}
	}
	return nil
}

func makeRole(ctx context.Context, conn *pgx.Conn, name, attributes string) error {
	_, err := conn.Exec(ctx, fmt.Sprintf(`do $$ begin
		create role %s %s;
		exception when duplicate_object or unique_violation then null; end $$`, name, attributes))
	return err
}

func drop(ctx context.Context, server, name string) error {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "drop database if exists "+name+" with (force)")
	return err
}
