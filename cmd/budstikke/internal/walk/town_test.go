package walk_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/live"
	"budstikke.example/app/nationalid"
	"budstikke.example/app/web"
	"budstikke.example/auth/passkey"
	"budstikke.example/auth/store"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify/sandbox"
)

// town is two municipalities behind one API of their own: the first with a kindergarten and a school, the other far away.
type town struct {
	*pgtest.Database
	tb      testing.TB
	ctx     context.Context
	base    system.Base
	api     *system.API
	keys    *seal.Keyring
	sandbox *sandbox.Sandbox
	url     string
	client  *http.Client
	log     *lines
	numbers map[string]nationalid.Number

	here, there uuid.UUID
	shared      map[uuid.UUID]sharedTablet // the tablets that were enrolled
}

// lines keeps what was logged.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// providers is one sandbox for all tests of this package but those in which a worker sends: see newWalk.
var providers = sync.OnceValues(func() (s *sandbox.Sandbox, err error) {
	s, err = sandbox.Start(context.Background(), sandbox.Config{})
	opened = s
	return s, err
})

// opened is the sandbox once a test has asked for it.
var opened *sandbox.Sandbox

func TestMain(m *testing.M) {
	code := m.Run()
	if opened != nil {
		_ = opened.Close()
	}
	os.Exit(code)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// newTown opens the gates: both municipalities are imported, nobody has access to anything yet.
func newTown(t *testing.T, adjust ...func(*system.Base)) *town {
	t.Helper()
	box, err := providers()
	must(t, err)
	return townWith(t, box, adjust...)
}

// townWith is newTown with providers of its own.
func townWith(t *testing.T, box *sandbox.Sandbox, adjust ...func(*system.Base)) *town {
	t.Helper()
	w := &town{tb: t, ctx: scope.ByProgram(t.Context()), Database: pgtest.New(t), log: &lines{}, sandbox: box, numbers: map[string]nationalid.Number{}}
	var err error
	key := func(b byte) string { return "1:" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)) }
	w.keys, err = seal.Parse(key(7), key(8))
	must(t, err)
	outside, err := system.Providers{}.WithSandbox(w.sandbox.Manifest())
	must(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	w.url = "http://" + listener.Addr().String()
	w.base = system.Base{
		Passkeys: &passkey.Config{ID: passkeyDomain, Origins: []string{"https://" + passkeyDomain}},
		DB:       w.API, Providers: outside, PublicURL: w.url, SigningKey: bytes.Repeat([]byte{9}, 32), Clock: w.Clock.Now,
		Log:     slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Streams: live.Config{Lifetime: 20 * time.Millisecond, MostPerSession: 100}, // whoever reads an answer to its end does not wait for long
	}
	for _, change := range adjust {
		change(&w.base)
	}
	// A busy machine must not turn a refusal into "unavailable": only the behaviour is tested here, not the speed.
	w.api, err = system.NewAPI(w.base, w.keys, web.Config{
		RequestTimeout: 20 * time.Second, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
	})
	must(t, err)
	served := make(chan error, 1)
	go func() { served <- w.api.Server.Serve(listener) }()
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	w.client = &http.Client{Transport: transport, Timeout: 30 * time.Second}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.api.Server.Shutdown(ctx); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	w.here, w.there = w.municipality("walk"), w.municipality("far-away")
	w.importLists(w.here, admissions, employments)
	w.importLists(w.there, admissionsAbroad, employmentsAbroad)
	return w
}

func (w *town) municipality(slug string) uuid.UUID {
	w.tb.Helper()
	id := newID()
	w.exec(`insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, $2, $3, 'SE', 'sv', 'Europe/Stockholm', $4)`, id, slug, "Kommun "+slug, w.Clock.Now())
	return id
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// exec arranges as the administrator, whom no row-level security binds.
func (w *town) exec(sql string, args ...any) {
	w.tb.Helper()
	_, err := w.Admin.Exec(w.ctx, sql, args...)
	must(w.tb, err)
}

// one looks one value up as the administrator.
func one[T any](w *town, sql string, args ...any) (value T) {
	w.tb.Helper()
	if err := w.Admin.QueryRow(w.ctx, sql, args...).Scan(&value); err != nil {
		w.tb.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (w *town) person(given string) uuid.UUID {
	w.tb.Helper()
	return one[uuid.UUID](w, "select id from app.persons where given_name = $1 union select person_id from app.protected_names where given_name = $1", given)
}

func (w *town) institution(name string) uuid.UUID {
	w.tb.Helper()
	return one[uuid.UUID](w, "select id from app.institutions where name = $1", name)
}

func (w *town) guardianship(guardian, child string) uuid.UUID {
	w.tb.Helper()
	return one[uuid.UUID](w, "select id from app.guardianships where guardian_id = $1 and child_id = $2", w.person(guardian), w.person(child))
}

// session signs somebody in without the proof, which tests of its own are about, and returns the token.
func (w *town) session(given string, kind scope.Caller, lifetime time.Duration) string {
	w.tb.Helper()
	return w.sessionOf(w.person(given), kind, lifetime)
}

func (w *town) sessionOf(person uuid.UUID, kind scope.Caller, lifetime time.Duration) string {
	w.tb.Helper()
	municipality := one[uuid.UUID](w, "select municipality_id from app.persons where id = $1", person)
	token := ""
	must(w.tb, w.API.WithScope(w.ctx, scope.Of(municipality, scope.SignIn), func(tx *scope.Tx) error {
		start := store.NewSession{Kind: kind, Person: person, Strong: true, Lifetime: lifetime}
		if kind != scope.Applicant {
			account, err := store.OpenAccount(w.ctx, tx, person, kind)
			if err != nil {
				return err
			}
			start.Account = account.ID
		}
		made, _, err := store.StartSession(w.ctx, tx, start)
		token = made.Reveal()
		return err
	}))
	return token
}

// decide opens or closes a guardianship as its head would (V6, V15).
func (w *town) decide(head, guardian, child, status string) {
	w.tb.Helper()
	path := "/v1/office/guardianships/" + w.guardianship(guardian, child).String()
	c := call{method: http.MethodPost, path: path + "/activation", token: head, ifMatch: w.do(call{path: path, token: head}).header.Get("ETag")}
	if step := map[string]string{"inactive": "/deactivation", "suspended": "/suspension"}[status]; step != "" {
		c.path, c.body = path+step, map[string]any{"reason": deactivationReason}
	}
	w.do(c).want(w.tb, http.StatusOK, "")
}

// deactivationReason is for staff only; no answer ever shows it.
const deactivationReason = "Vårdnadsbeslut Zzordinarium"

// fingerprint is the content of every table, for telling that nothing was stored. Tries that failed are left out: counting them is their point; and so is
// what the worker asks after by the clock, whoever is refused meanwhile.
func (w *town) fingerprint() map[string]string {
	w.tb.Helper()
	rows, err := w.Admin.Query(w.ctx, `select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('app', 'auth', 'notify') and c.relkind in ('r', 'p') and not c.relispartition order by 1`)
	must(w.tb, err)
	var parts []string
	for rows.Next() {
		var table string
		must(w.tb, rows.Scan(&table))
		if table != "auth.attempts" && table != "auth.guesses" && table != "notify.awaited_receipts" {
			parts = append(parts, fmt.Sprintf("select '%[1]s', count(*) || ' ' || md5(coalesce(string_agg(t::text, ' ' order by t::text), '')) from %[1]s t", table))
		}
	}
	must(w.tb, rows.Err())
	rows, err = w.Admin.Query(w.ctx, strings.Join(parts, " union all "))
	must(w.tb, err)
	print := map[string]string{}
	for rows.Next() {
		var table, content string
		must(w.tb, rows.Scan(&table, &content))
		print[table] = content
	}
	must(w.tb, rows.Err())
	return print
}

// unchanged fails when a table differs from what it was.
func (w *town) unchanged(tb testing.TB, before map[string]string, during string) {
	tb.Helper()
	after := w.fingerprint()
	for table, content := range before {
		if after[table] != content {
			tb.Errorf("%s changed %s: %s → %s", during, table, content, after[table])
		}
	}
}
