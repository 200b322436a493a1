package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// databaseName is the database, and the name of its owner, that a private server offers.
	databaseName = "budstikke"
	// startPatience is how long a server may take until it answers; recovery after a crash takes the most of it.
	startPatience = 60 * time.Second
)

// Postgres is a running PostgreSQL: a private one, or the one that DATABASE_URL names.
type Postgres struct {
	url     string
	log     *slog.Logger
	private bool // false when DATABASE_URL gave it

	purpose Purpose
	durable bool // writes survive a crash of the machine
	bin     binaries
	as      *account
	folder  string   // holds cluster/, password, lock, postgres.log and the Unix socket
	held    *os.File // the folder's lock
	port    int
	secret  string

	mu      sync.Mutex // guards what Stop, Kill and Restart change
	process *process
	stopped bool
}

// StartPostgres starts a private PostgreSQL and returns when it answers, or returns the one of DATABASE_URL
// without touching it. ctx bounds the start only. Errors say what to install or what to stop; after an error
// nothing is left running and no temporary folder is left behind.
func StartPostgres(ctx context.Context, o Options) (*Postgres, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if given, ok := o.Lookup("DATABASE_URL"); ok && given != "" {
		return &Postgres{url: given}, nil
	}
	h, err := settle(o)
	if err != nil {
		return nil, err
	}
	p := &Postgres{private: true, purpose: o.Purpose, durable: o.Durable || o.Purpose != Throwaway, as: h.as, log: o.Log}
	if err := p.prepare(ctx, h, newSearch(h)); err != nil {
		return nil, errors.Join(err, p.clear())
	}
	if err := p.run(ctx); err != nil {
		return nil, errors.Join(err, p.clear())
	}
	o.Log.Info("private PostgreSQL is up", "version", p.bin.major, "from", p.bin.from, "folder", p.folder,
		"port", p.port, "kept", o.Purpose == Dev)
	return p, nil
}

// prepare gets the folder, the binaries and the cluster ready.
func (p *Postgres) prepare(ctx context.Context, h home, s search) (err error) {
	if p.purpose == Throwaway {
		if p.folder, err = h.scratch("pg"); err != nil {
			return fmt.Errorf("making a temporary folder: %w", err)
		}
	} else {
		p.folder = filepath.Join(h.dir, "postgres")
		if err := h.make(); err != nil {
			return err
		}
		if err := h.as.privateFolder(p.folder); err != nil {
			return err
		}
		p.held, err = lock(ctx, p.folder)
		if errors.Is(err, errInUse) {
			return fmt.Errorf("%w, or set DATABASE_URL to share its database", err)
		}
		if err != nil {
			return err
		}
	}
	existing, err := clusterVersion(p.folder)
	if err != nil {
		return err
	}
	if p.bin, err = s.find(ctx, existing); err != nil {
		if existing != 0 && ctx.Err() == nil {
			return fmt.Errorf("the database in %s was made by PostgreSQL %d; install that version, or remove the "+
				"folder to begin with an empty database: %w", p.folder, existing, err)
		}
		return err
	}
	if p.secret, err = h.password(filepath.Join(p.folder, "password")); err != nil {
		return err
	}
	if existing == 0 {
		return p.initdb(ctx)
	}
	return nil
}

// clusterVersion is the major version that made the cluster; 0 when there is none yet.
func clusterVersion(folder string) (int, error) {
	text, err := os.ReadFile(filepath.Join(folder, "cluster", "PG_VERSION"))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(strings.TrimSpace(string(text)))
}

// run starts the server on a free port and waits until it answers. Between our asking for a free port and the
// server's taking it somebody else may: then another one is tried.
func (p *Postgres) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var err error
	for range 3 {
		port := p.port // kept by Restart, so that the URL stays true
		if port == 0 {
			if port, err = freePort(); err != nil {
				return err
			}
		}
		if err = p.runOn(ctx, port); err == nil || p.port != 0 || !errors.Is(err, errPortTaken) {
			break
		}
	}
	return err
}

// errPortTaken is the reason of an early end that another port can help.
var errPortTaken = errors.New("the port was taken by another program")

func (p *Postgres) runOn(ctx context.Context, port int) error {
	output, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	cmd := exec.Command(filepath.Join(p.bin.dir, "postgres"), p.arguments(port)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.folder, plainEnvironment(), output, output
	started, err := launch(cmd, p.care())
	if err != nil {
		return fmt.Errorf("starting PostgreSQL: %w", err)
	}
	if err := p.answers(ctx, started, port); err != nil {
		_ = started.end(ctx, syscall.SIGQUIT) // that it could not start is the error worth telling
		return err
	}
	p.process, p.port = started, port
	p.url = p.urlOf(port, databaseName)
	return nil
}

// answers waits until the server takes connections, and makes the database if it is not there.
func (p *Postgres) answers(ctx context.Context, started *process, port int) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := createDatabase(ctx, p.urlOf(port, "postgres"))
		if err == nil {
			return nil
		}
		select {
		case <-started.done:
			text, _ := os.ReadFile(p.logFile())
			if strings.Contains(string(text), "could not bind") || strings.Contains(string(text), "Address already in use") {
				return errPortTaken
			}
			return fmt.Errorf("PostgreSQL ended at once; its log %s ends with: %s", p.logFile(), lastLine(text))
		case <-ctx.Done():
			return fmt.Errorf("PostgreSQL did not answer (%w): see %s", err, p.logFile())
		case <-tick.C:
		}
	}
}

// URL is what DATABASE_URL is set to for programs that use this server. It holds the password: do not log it.
func (p *Postgres) URL() string { return p.url }

// Private reports whether we run the server, which is false when DATABASE_URL gave it.
func (p *Postgres) Private() bool { return p.private }

// Folder is where the server keeps its data; "" for a given server. It is not always in the project's data folder: see Forget.
func (p *Postgres) Folder() string { return p.folder }

// Done is closed when the server's present process has ended for whatever reason; it is nil for a given server.
func (p *Postgres) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.process == nil {
		return nil
	}
	return p.process.done
}

// Stop ends the server: open transactions are rolled back, and in Dev everything is written before it returns. A
// server that is not done when ctx is gets a harder signal, in the end SIGKILL, which is reported. The temporary
// folder of a Throwaway server is removed. Stop may be called again; a given server is left alone.
func (p *Postgres) Stop(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.private || p.stopped {
		return nil
	}
	p.stopped = true
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}
	if p.purpose == Throwaway {
		signals = signals[1:] // its data are removed: no reason to write a checkpoint
	}
	return errors.Join(p.process.end(ctx, signals...), p.clear())
}

// Kill ends the server at once, without a checkpoint, like a crash; the data stay for Restart. It returns
// ErrNotOurs for a given server.
func (p *Postgres) Kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.private {
		return ErrNotOurs
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return p.process.end(ctx, syscall.SIGQUIT)
}

// Restart starts the server again on the same port and data, after ending it (a fast stop) if it still runs. It
// returns ErrNotOurs for a given server.
func (p *Postgres) Restart(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.private {
		return ErrNotOurs
	}
	if p.stopped {
		return errors.New("PostgreSQL was stopped for good: start a new one")
	}
	if err := p.process.end(ctx, syscall.SIGINT, syscall.SIGQUIT); err != nil {
		return err
	}
	return p.run(ctx)
}

// clear gives up the folder: a temporary one is removed, a kept one is unlocked.
func (p *Postgres) clear() error {
	var err error
	if p.purpose == Throwaway && p.folder != "" {
		err = os.RemoveAll(p.folder)
	}
	if p.held != nil {
		err = errors.Join(err, p.held.Close())
		p.held = nil
	}
	return err
}

// care says how the server's processes are looked after.
func (p *Postgres) care() care {
	c := care{as: p.as, orphan: syscall.SIGINT, hold: p.held}
	if p.purpose == Throwaway {
		c.orphan, c.remove = syscall.SIGQUIT, p.folder
	}
	return c
}

func (p *Postgres) logFile() string { return filepath.Join(p.folder, "postgres.log") }

func (p *Postgres) urlOf(port int, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(databaseName, p.secret),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// createDatabase connects to the maintenance database and creates ours there unless it exists.
func createDatabase(ctx context.Context, maintenance string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, maintenance)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var exists bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", databaseName).Scan(&exists); err != nil || exists {
		return err
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{databaseName}.Sanitize())
	return err
}
