// Package local runs a private PostgreSQL and a private Redis for development, the demonstration and the tests,
// so that a machine with Go and a package manager needs nothing else set up.
//
// It opens child processes, loopback sockets and files below the project's data folder or the system's temporary
// folder, and nothing else. What it starts ends with it: by Stop, and by a watchdog process when the program is
// killed before it could call Stop.
//
// Start reading at [Start], then postgres.go and redis.go; process.go holds the promise that nothing is left running.
package local

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// Purpose says what the private servers are for; it decides where their data lie and how hard they are kept.
type Purpose int

const (
	// Dev keeps the data in the project's data folder from one run to the next, and writes them durably.
	Dev Purpose = iota
	// Throwaway is for the demonstration and the tests: a fresh temporary folder, no fsync, removed afterwards.
	Throwaway
)

// ErrNotOurs is returned by Kill, Restart and FlushAll when the server was given by DATABASE_URL or REDIS_URL:
// what somebody else runs is not ours to kill or to empty.
var ErrNotOurs = errors.New("this server was given by the environment and is not ours to stop or to empty")

// Options says how to start the private servers. The zero value is a durable start in ./.data without a log.
type Options struct {
	Purpose Purpose
	// Durable makes throwaway servers write as durably as those whose data are kept, for benchmarks: what a commit costs is part of the figure.
	Durable bool
	// Folder is the project's data folder; "" means .data in the working directory. Fetched PostgreSQL binaries
	// are kept in it whatever the purpose.
	Folder string
	// Log gets a few lines on where the servers run; nil discards them. Never a password.
	Log *slog.Logger
	// Lookup reads the environment; nil means os.LookupEnv. DATABASE_URL and REDIS_URL, when set, are used instead
	// of a private server.
	Lookup func(string) (string, bool)
}

func (o Options) withDefaults() (Options, error) {
	if o.Folder == "" {
		o.Folder = ".data"
	}
	folder, err := filepath.Abs(o.Folder)
	if err != nil {
		return o, err
	}
	o.Folder = folder
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lookup == nil {
		o.Lookup = os.LookupEnv
	}
	return o, nil
}

// Servers is a running PostgreSQL and a running Redis.
type Servers struct {
	Postgres *Postgres
	Redis    *Redis
}

// Start starts both servers side by side, or uses the ones that DATABASE_URL and REDIS_URL name. ctx bounds the
// start only. On an error nothing is left running.
func Start(ctx context.Context, o Options) (*Servers, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		s              Servers
		pgErr, redisEr error
		both           sync.WaitGroup
	)
	both.Go(func() {
		if s.Postgres, pgErr = StartPostgres(ctx, o); pgErr != nil {
			cancel()
		}
	})
	both.Go(func() {
		if s.Redis, redisEr = StartRedis(ctx, o); redisEr != nil {
			cancel()
		}
	})
	both.Wait()
	if pgErr == nil && redisEr == nil {
		return &s, nil
	}
	// The one that came up goes down again; the one that failed has cleaned up after itself.
	_ = s.Stop(context.WithoutCancel(ctx))
	return nil, firstCause(pgErr, redisEr)
}

// firstCause leaves out the error of the start that was only cancelled because the other one failed.
func firstCause(a, b error) error {
	switch {
	case a == nil || (errors.Is(a, context.Canceled) && b != nil):
		return b
	case b == nil || errors.Is(b, context.Canceled):
		return a
	default:
		return errors.Join(a, b)
	}
}

// Stop ends both servers and returns when their processes are gone. A server that does not end by itself before
// ctx does is killed, which is reported as an error.
func (s *Servers) Stop(ctx context.Context) error {
	var pgErr, redisErr error
	var both sync.WaitGroup
	if s.Postgres != nil {
		both.Go(func() { pgErr = s.Postgres.Stop(ctx) })
	}
	if s.Redis != nil {
		both.Go(func() { redisErr = s.Redis.Stop(ctx) })
	}
	both.Wait()
	return errors.Join(pgErr, redisErr)
}
