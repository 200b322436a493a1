package main

import (
	"context"
	"os/signal"
	"syscall"

	"budstikke.example/cmd/budstikke/internal/imports"
)

// importing is what the imports of all kinds of file have in common.
type importing struct {
	Municipality string `required:"" placeholder:"SLUG" help:"The municipality that the file is about."`
	DryRun       bool   `help:"Show what would change, and change nothing."`
	JSON         bool   `help:"Print one JSON document instead of text."`
	AllowHeld    bool   `help:"Apply the import although it would end unusually much. Look at the dry run first."`
}

// run imports the file and prints what came of it. Exit code 1 means that nothing was applied.
func (c importing) run(ctx context.Context, t terminal, source, path string, read imports.Reader) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	report := imports.Job{
		Municipality: c.Municipality, Source: source, Path: path, DryRun: c.DryRun, AllowHeld: c.AllowHeld, Read: read, Log: t.err,
	}.Run(ctx)
	if !c.JSON {
		return report.Tell(t.out, t.err)
	}
	if err := report.WriteJSON(t.out); err != nil {
		return err
	}
	if report.Error != "" {
		return exitCode(1)
	}
	return nil
}
