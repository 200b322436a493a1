package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations"
	"budstikke.example/migrations/months"
)

type migrateCommand struct {
	Check bool `help:"Only look: exits 1 if a migration is missing, or if the database is newer than this binary."`
}

// Run applies the migrations that are missing, signed in as the owner of the tables, and says which they were.
func (c migrateCommand) Run(ctx context.Context, t terminal) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	settings, err := boot.LoadAsOwner(os.LookupEnv)
	if err != nil {
		return err
	}
	config, err := pgx.ParseConfig(settings.Database.URL.Reveal())
	if err != nil {
		return errors.New("DATABASE_MIGRATE_URL or DATABASE_URL is not an address like postgres://user@host:5432/database")
	}
	config.RuntimeParams["application_name"] = "budstikke migrate"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("the database cannot be reached: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if c.Check {
		return check(ctx, t, conn)
	}
	applied, err := migrations.Up(ctx, conn)
	for _, name := range applied {
		fmt.Fprintln(t.out, "applied", name)
	}
	if err != nil {
		return boot.NotOwner(err)
	}
	if len(applied) == 0 {
		fmt.Fprintln(t.out, "the database is up to date")
	}
	_, err = months.Make(ctx, conn, time.Now())
	return boot.NotOwner(err)
}

func check(ctx context.Context, t terminal, conn *pgx.Conn) error {
	err := migrations.Current(ctx, conn)
	var refused *pgconn.PgError
	switch {
	case err == nil:
		fmt.Fprintln(t.out, "the database is up to date")
		return nil
	case errors.As(err, &refused) && refused.Code == "42P01": // the table of applied migrations does not exist
		return errors.New("no migration is applied yet: run budstikke migrate")
	default:
		return err
	}
}
