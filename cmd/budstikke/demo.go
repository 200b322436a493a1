package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
)

// demoCommand runs the main job against a fresh private instance and tells it.
type demoCommand struct {
	JSON    bool   `help:"Tell the same facts as JSON, a line each." name:"json"`
	Data    string `help:"The project's data folder, where fetched PostgreSQL binaries are kept." default:".data" type:"path"`
	Verbose bool   `help:"Show also what the processes log." short:"v"`
	Seed    uint64 `help:"Another seed makes another municipality." default:"1"`
}

// readBy is written to until its reader has gone; that is told.
type readBy struct {
	io.Writer
	gone func()
}

// Write implements io.Writer.
func (r readBy) Write(text []byte) (int, error) {
	n, err := r.Writer.Write(text)
	if err != nil {
		r.gone()
	}
	return n, err
}

// Run tells the story; an error means that something was not as it should be.
func (c demoCommand) Run(ctx context.Context, t terminal) (err error) {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	// A reader that has read enough (| head) would otherwise end the program before it has cleared away what it made. The signal comes for a socket, too, whose other
	// side has closed it, so that it is the write that tells.
	piped := make(chan os.Signal, 1)
	signal.Notify(piped, syscall.SIGPIPE)
	defer signal.Stop(piped)
	t.out = readBy{t.out, stop}
	demo, err := demodata.Generate(demodata.Options{Seed: c.Seed})
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if c.Verbose {
		log = slog.New(slog.NewTextHandler(t.err, nil))
	}
	l, err := system.StartLocal(ctx, system.LocalOptions{Purpose: local.Throwaway, Folder: c.Data, Address: "127.0.0.1:0", Log: log})
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, l.Close(ctx))
	}()
	return story.Tell(ctx, l, demo, story.NewTeller(t.out, c.JSON))
}
