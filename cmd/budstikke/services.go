package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"budstikke.example/cmd/budstikke/internal/local"
)

// servicesCommand is how `make test` runs the tests on a real PostgreSQL and a real Redis.
type servicesCommand struct {
	Data    string   `help:"The project's data folder, where fetched PostgreSQL binaries are kept." default:".data" type:"path"`
	Durable bool     `help:"Write as a database does that is kept (fsync), for what measures the cost of it."`
	Command []string `arg:"" passthrough:"" placeholder:"CMD ARGS" help:"The command to run, after --."`
}

// Run starts the servers, runs the command with its signals forwarded, stops the servers, and returns the
// command's exit code (128 and the signal's number when a signal ended it).
func (c *servicesCommand) Run(ctx context.Context, t terminal) (err error) {
	if c.Command[0] == "--" {
		c.Command = c.Command[1:]
	}
	if len(c.Command) == 0 {
		return errors.New("say which command to run: budstikke services -- CMD ARGS")
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer signal.Stop(signals)
	starting, started := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	defer started()

	log := slog.New(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	servers, err := local.Start(starting, local.Options{Purpose: local.Throwaway, Durable: c.Durable, Folder: c.Data, Log: log})
	if err != nil {
		return fmt.Errorf("starting the private servers: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, servers.Stop(ctx))
	}()
	code, err := servers.Run(exec.Command(c.Command[0], c.Command[1:]...), t.out, t.err, signals)
	if err == nil && code != 0 {
		return exitCode(code)
	}
	return err
}
