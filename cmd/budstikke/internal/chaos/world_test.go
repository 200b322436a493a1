package chaos

import (
	"context"
	"encoding/base64"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations"
)

// world is everything that runs in a run.
type world struct {
	t        *testing.T
	ctx      context.Context
	postgres *database
	redis    *local.Redis
	toRedis  *proxy
	admin    string // the administrator's address, past the proxy
	sandbox  *provider
	apis     []*program
	workers  []*program
	town     *town
	disk     *disk    // nil where none can be filled
	leftOut  []string // faults that this machine cannot make
	history  history
	apart    [4]atomic.Int64 // how far the clocks of the next processes are off, in nanoseconds
}

// newWorld starts everything and returns when all of it answers.
func newWorld(t *testing.T, schools, families int, whole bool) *world {
	t.Helper()
	w := &world{t: t, ctx: context.WithoutCancel(t.Context())}
	binary := build(t)
	if whole {
		var reason string
		if w.disk, reason = newDisk(t); reason != "" {
			w.leftOut = append(w.leftOut, reason)
		}
	}
	folder := openFolder(t)
	options := local.Options{Purpose: local.Throwaway, Durable: true, Folder: folder, Lookup: func(string) (string, bool) { return "", false }}
	servers, err := local.Start(soon(t), options)
	must(t, err)
	t.Cleanup(func() {
		if w.postgres != nil {
			w.postgres.stop()
		}
		_ = servers.Redis.Thaw() // a frozen one would obey no signal
		if err := servers.Stop(soon(t)); err != nil {
			t.Errorf("the servers: %v", err)
		}
	})
	if servers.Redis.TryOut() {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no redis-server: what its faults cost is to be seen on a real one")
		}
		t.Skip("there is no redis-server on this machine")
	}
	w.postgres, w.redis, w.admin = newDatabase(t, servers.Postgres), servers.Redis, servers.Postgres.URL()
	conn, err := pgx.Connect(soon(t), w.admin)
	must(t, err)
	defer conn.Close(w.ctx)
	_, err = migrations.Up(soon(t), conn)
	must(t, err)
	logins, err := system.MakeLogins(soon(t), conn, w.admin)
	must(t, err)
	w.town = newTown(t, w.ctx, conn, schools, families)
	w.toRedis = newProxy(t, hostOf(t, w.redis.URL()))
	w.sandbox = startProvider(t, binary)
	w.startPrograms(binary, throughEither(t, logins.API, w.postgres.places), throughEither(t, logins.Worker, w.postgres.places))
	return w
}

func (w *world) startPrograms(binary, apiURL, workerURL string) {
	key := func(letter string) string {
		return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
	}
	doors := make([]string, 4)
	for i := range doors {
		doors[i] = freeAddress(w.t)
	}
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "LOG_LEVEL=warn", "LOG_FORMAT=json", "REDIS_URL=" + through(w.t, w.redis.URL(), w.toRedis),
		"PUBLIC_URL=http://" + doors[0], "SANDBOX_URL=" + w.sandbox.control, "SIGNING_KEY=" + key("s"), "NATIONAL_ID_KEYS=1:" + key("n"), "BLIND_INDEX_KEYS=1:" + key("b"),
	}
	for i := range 2 {
		metrics := freeAddress(w.t)
		w.apis = append(w.apis, keep(w.t, &program{
			name: "api " + strconv.Itoa(i+1), command: []string{binary, "api"}, health: doors[i], metrics: metrics, clock: w.clock(i),
			env: append([]string{"DATABASE_URL=" + apiURL, "WEB_ADDRESS=" + doors[i], "WEB_METRICS_ADDRESS=" + metrics}, env...),
		}))
		w.workers = append(w.workers, keep(w.t, &program{
			name: "worker " + strconv.Itoa(i+1), command: []string{binary, "notify"}, health: doors[2+i], metrics: doors[2+i], clock: w.clock(2 + i),
			env: append([]string{"DATABASE_URL=" + workerURL, "NOTIFY_HEALTH_ADDRESS=" + doors[2+i]}, env...),
		}))
	}
	w.eventually("everything answers", func() bool {
		for _, p := range w.programs() {
			if !p.up.Load() {
				return false
			}
		}
		return true
	})
}

func (w *world) clock(n int) func() time.Duration {
	return func() time.Duration { return time.Duration(w.apart[n].Load()) }
}

// programs are the processes of Budstikke: the apis, then the workers.
func (w *world) programs() []*program { return append(append([]*program{}, w.apis...), w.workers...) }

// through is the address of a server by way of its proxy.
func through(t *testing.T, address string, p *proxy) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	u.Host = p.address()
	return u.String()
}

// throughEither is the address of a database that is on one of two servers, by way of their proxies.
func throughEither(t *testing.T, address string, places [2]*proxy) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	q := u.Query()
	var hosts, ports []string
	for _, p := range places {
		host, port, err := net.SplitHostPort(p.address())
		must(t, err)
		hosts, ports = append(hosts, host), append(ports, port)
	}
	q.Set("host", strings.Join(hosts, ","))
	q.Set("port", strings.Join(ports, ","))
	q.Set("target_session_attrs", "read-write")
	u.Host, u.RawQuery = "", q.Encode()
	return u.String()
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u.Host
}

// freeAddress is a place on the loopback where nobody listens. Somebody else may take it before we do; then the program is started again until it gets it.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// openFolder is a fresh folder that the unprivileged user who runs PostgreSQL can walk into, unlike that of t.TempDir under root.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "budstikke-chaos-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755)) //nolint:gosec // holds nothing but synthetic data
	return dir
}

// patience is how long something may take that must happen. It is long because the machine may be busy.
const patience = 90 * time.Second

// eventually waits until the condition holds.
func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			w.t.Fatal("not in time: " + what)
		case <-tick.C:
		}
	}
}

func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// needPostgres skips the test on a laptop where no PostgreSQL can be started.
func needPostgres(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("postgres")
	packages, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	brew, _ := filepath.Glob("/*/*/opt/postgresql*/bin/postgres")
	if os.Getenv("CI") == "" && err != nil && len(packages)+len(brew) == 0 {
		t.Skip("there is no PostgreSQL on this machine")
	}
}
