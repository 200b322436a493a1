package system

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/app/web"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/migrations"
	"budstikke.example/migrations/months"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
	"budstikke.example/notify"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/sandbox"
	"budstikke.example/notify/worker"
)

// LocalOptions says how to start the whole system on one machine.
type LocalOptions struct {
	Purpose local.Purpose
	Folder  string // the project's data folder
	Address string // where the API listens; "127.0.0.1:0" takes a free port
	Sandbox sandbox.Config
	Log     *slog.Logger
	Tune    func(*worker.Config) // may change the worker's configuration; nil leaves it
	// Lookup reads the environment for servers that are there already; nil means os.LookupEnv. One that finds nothing starts private servers.
	Lookup func(string) (string, bool)
	// Pooler leads both processes through a pooler in transaction mode: it answers with what they connect to in the place of their logins. nil
	// connects them to the server itself.
	Pooler func(context.Context, Logins) (Logins, error)
}

// Local is the whole system on one machine: private servers, provider sandbox, API and notify worker, on loopback.
type Local struct {
	URL      string // of the API
	Sandbox  *sandbox.Sandbox
	API      *API
	Worker   *Worker
	DB       *scope.DB     // as the API's role
	Keys     *seal.Keyring // of national identity numbers
	Admin    *pgx.Conn     // as the administrator, for arranging and for showing what the database refuses
	Servers  *local.Servers
	Fresh    bool       // the database was empty
	Served   chan error // what ended the API, if it ended by itself
	Database string
	// Environment is the settings by which commands such as admin and explain reach this installation, as NAME=value.
	Environment []string

	folder    string      // the project's data folder
	anchorKey boot.Secret // what the end of the trail is signed with
	log       *slog.Logger
	stops     []func(context.Context) error
}

// StartLocal starts everything and returns when the API answers. On an error nothing is left running.
func StartLocal(ctx context.Context, o LocalOptions) (_ *Local, err error) {
	l := &Local{Served: make(chan error, 1), folder: o.Folder, log: o.Log}
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			err = errors.Join(err, l.Close(ctx))
		}
	}()
	if l.Servers, err = local.Start(ctx, local.Options{Purpose: o.Purpose, Folder: o.Folder, Log: o.Log, Lookup: o.Lookup}); err != nil {
		return nil, err
	}
	l.onClose(l.Servers.Stop)
	logins, err := l.prepareDatabase(ctx, o)
	if err != nil {
		return nil, err
	}
	secrets, err := secretsFor(o)
	if err != nil {
		return nil, err
	}
	l.anchorKey = boot.Secret(secrets.Anchor)
	l.Environment = []string{"DATABASE_URL=" + logins.API, "REDIS_URL=" + l.Servers.Redis.URL(), "NATIONAL_ID_KEYS=" + secrets.NationalID,
		"BLIND_INDEX_KEYS=" + secrets.BlindIndex, "SIGNING_KEY=" + secrets.Signing}
	if l.Keys, err = seal.Parse(secrets.NationalID, secrets.BlindIndex); err != nil {
		return nil, err
	}
	if l.Sandbox, err = sandbox.Start(context.WithoutCancel(ctx), o.Sandbox); err != nil {
		return nil, err
	}
	l.onClose(func(context.Context) error { return l.Sandbox.Close() })
	listener, err := net.Listen("tcp", o.Address)
	if err != nil {
		return nil, fmt.Errorf("the API cannot listen on %s: %w", o.Address, err)
	}
	l.URL = "http://" + listener.Addr().String()
	base, err := l.base(o, secrets)
	if err != nil {
		_ = listener.Close()
		return nil, err
	}
	if err := l.startAPI(ctx, base, logins.API, listener, o); err != nil {
		return nil, err
	}
	return l, l.startWorker(ctx, base, logins.Worker, o)
}

func (l *Local) onClose(stop func(context.Context) error) { l.stops = append(l.stops, stop) }

// Close stops everything in the reverse order of its start.
func (l *Local) Close(ctx context.Context) error {
	var errs []error
	for i := len(l.stops) - 1; i >= 0; i-- {
		errs = append(errs, l.stops[i](ctx))
	}
	l.stops = nil
	return errors.Join(errs...)
}

// prepareDatabase migrates, and gives the two processes logins of their own. On a server that was given by the environment a throwaway run
// makes itself a database of its own and drops it at the end.
func (l *Local) prepareDatabase(ctx context.Context, o LocalOptions) (Logins, error) {
	admin := l.Servers.Postgres.URL()
	if o.Purpose == local.Throwaway && !l.Servers.Postgres.Private() {
		var err error
		if admin, err = l.ownDatabase(ctx, admin); err != nil {
			return Logins{}, err
		}
	}
	var err error
	if l.Admin, err = pgx.Connect(ctx, admin); err != nil {
		return Logins{}, fmt.Errorf("the database cannot be reached: %w", err)
	}
	l.onClose(l.Admin.Close)
	applied, err := migrations.Up(ctx, l.Admin)
	if err != nil {
		return Logins{}, err
	}
	if _, err := months.Make(ctx, l.Admin, time.Now()); err != nil {
		return Logins{}, err
	}
	l.Fresh = len(applied) > 0
	logins, err := MakeLogins(ctx, l.Admin, admin)
	if err != nil || o.Pooler == nil {
		return logins, err
	}
	return o.Pooler(ctx, logins)
}

func (l *Local) ownDatabase(ctx context.Context, server string) (string, error) {
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer conn.Close(ctx)
	name := "budstikke_try_" + hex.EncodeToString(random(6))
	if _, err := conn.Exec(ctx, "create database "+name); err != nil {
		return "", fmt.Errorf("a database of its own cannot be made on the server of DATABASE_URL: %w", err)
	}
	l.onClose(func(ctx context.Context) error {
		conn, err := pgx.Connect(ctx, server)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "drop database if exists "+name+" with (force)")
		for _, role := range []string{"budstikke_api", "budstikke_worker"} {
			_, dropped := conn.Exec(ctx, "drop role if exists "+pgx.Identifier{name + "_" + role}.Sanitize())
			err = errors.Join(err, dropped)
		}
		return err
	})
	address, err := url.Parse(server)
	if err != nil {
		return "", errors.New("DATABASE_URL cannot be read")
	}
	address.Path = "/" + name
	return address.String(), nil
}

func (l *Local) base(o LocalOptions, secrets secrets) (Base, error) {
	providers, err := Providers{}.WithSandbox(l.Sandbox.Manifest())
	if err != nil {
		return Base{}, err
	}
	signing, err := SigningKey(secrets.Signing)
	if err != nil {
		return Base{}, err
	}
	prefix := "budstikke"
	if o.Purpose == local.Throwaway {
		prefix += "-" + hex.EncodeToString(random(6))
	}
	belt, err := queue.Open(queue.Config{URL: l.Servers.Redis.URL(), Prefix: prefix})
	if err != nil {
		return Base{}, err
	}
	l.onClose(func(ctx context.Context) error {
		if o.Purpose == local.Throwaway { // a Redis that was given outlives us, and this prefix will not be used again
			if err := belt.Wipe(ctx, queue.Lanes(notify.Providers()...)); err != nil {
				o.Log.WarnContext(ctx, "some keys may be left in Redis", "prefix", prefix, "error", err)
			}
		}
		return belt.Close()
	})
	return Base{Queue: belt, Providers: providers, PublicURL: l.URL, SigningKey: signing, Log: o.Log, Clock: time.Now,
		Passkeys: passkeysOf(boot.Passkeys{}, l.URL)}, nil
}

func (l *Local) startAPI(ctx context.Context, base Base, login string, listener net.Listener, o LocalOptions) error {
	var err error
	if base.DB, err = open(ctx, login, o); err != nil {
		_ = listener.Close()
		return err
	}
	l.DB = base.DB
	l.onClose(func(context.Context) error { base.DB.Close(); return nil })
	if l.API, err = NewAPI(base, l.Keys, web.Config{}); err != nil {
		_ = listener.Close()
		return err
	}
	go func() { l.Served <- l.API.Server.Serve(listener) }()
	l.onClose(l.API.Server.Shutdown)
	return nil
}

func (l *Local) startWorker(ctx context.Context, base Base, login string, o LocalOptions) error {
	var err error
	if base.DB, err = open(ctx, login, o); err != nil {
		return err
	}
	l.onClose(func(context.Context) error { base.DB.Close(); return nil })
	if l.Worker, err = NewWorker(base, o.Tune); err != nil {
		return err
	}
	l.onClose(l.Worker.Close)
	l.Worker.Start(context.WithoutCancel(ctx))
	l.onClose(l.Worker.Stop)
	return nil
}

func open(ctx context.Context, url string, o LocalOptions) (*scope.DB, error) {
	pooler := "none"
	if o.Pooler != nil {
		pooler = "transaction"
	}
	return boot.OpenDatabase(ctx, boot.Settings{Database: boot.Database{
		Pooler: pooler,
		URL:    boot.Secret(url), Connections: 16, StatementTime: 5 * time.Second, LockTime: 2 * time.Second, IdleTime: 10 * time.Second,
	}})
}

// secrets are the keys of a local installation.
type secrets struct {
	NationalID, BlindIndex, Signing, Anchor string
}

// secretsFor returns fresh keys for a throwaway run; for development they are kept beside the data, because data sealed yesterday has to
// be opened today. A key that an older file lacks is made and kept like the others.
func secretsFor(o LocalOptions) (secrets, error) {
	keys := secrets{
		NationalID: "1:" + base64.StdEncoding.EncodeToString(random(32)),
		BlindIndex: "1:" + base64.StdEncoding.EncodeToString(random(32)),
		Signing:    base64.StdEncoding.EncodeToString(random(32)),
		Anchor:     base64.StdEncoding.EncodeToString(random(32)),
	}
	if o.Purpose == local.Throwaway {
		return keys, nil
	}
	path := filepath.Join(o.Folder, "keys.json")
	kept, err := os.ReadFile(path)
	switch {
	case err == nil:
		if err := json.Unmarshal(kept, &keys); err != nil {
			return secrets{}, fmt.Errorf("%s cannot be read: %w; remove the data folder to start anew", path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return secrets{}, err
	}
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil || bytes.Equal(text, kept) {
		return keys, err
	}
	if err := os.MkdirAll(o.Folder, 0o755); err != nil {
		return secrets{}, err
	}
	return keys, os.WriteFile(path, text, 0o600)
}
