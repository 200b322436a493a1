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

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/months"
)

// monthsCommand looks after the tables that are cut into months.
type monthsCommand struct {
	KeepTrail   int `default:"60" placeholder:"N" help:"For how many whole months the audit trail is kept, 24 at least; what is older is sealed and dropped, a month at a time."`
	KeepNotices int `default:"12" placeholder:"N" help:"For how many whole months it is kept what became of notices; what is older is dropped, a month at a time."`
}

// Run makes the months ahead and drops those whose time is over, signed in as the owner of the tables.
func (c monthsCommand) Run(ctx context.Context, t terminal) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	settings, err := boot.LoadAsOwner(os.LookupEnv)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, settings.Database.URL.Reveal())
	if err != nil {
		return errors.New("the database of DATABASE_MIGRATE_URL or DATABASE_URL cannot be reached")
	}
	defer conn.Close(context.WithoutCancel(ctx))
	made, err := months.Make(ctx, conn, time.Now())
	for _, p := range made {
		fmt.Fprintln(t.out, "made", p.Name)
	}
	if err != nil {
		return boot.NotOwner(err)
	}
	return errors.Join(c.drop(ctx, t, conn), c.dropTrail(ctx, t, conn))
}

func (c monthsCommand) dropTrail(ctx context.Context, t terminal, conn *pgx.Conn) error {
	done, err := months.DropTrail(ctx, conn, time.Now(), c.KeepTrail)
	for _, p := range done.Parts {
		fmt.Fprintln(t.out, "sealed and dropped", p.Name)
	}
	var wrong []error
	for _, k := range done.Kept {
		wrong = append(wrong, fmt.Errorf("%s of the trail was kept: %s", k.Month.Format("2006-01"), k.Why))
	}
	return errors.Join(append(wrong, err)...)
}

func (c monthsCommand) drop(ctx context.Context, t terminal, conn *pgx.Conn) error {
	done, err := months.Drop(ctx, conn, time.Now(), c.KeepNotices)
	for _, p := range done.Parts {
		fmt.Fprintln(t.out, "dropped", p.Name)
	}
	if done.Events > 0 {
		fmt.Fprintln(t.out, "forgot", done.Events, "events that nothing tells of any more")
	}
	if err != nil {
		return err
	}
	var wrong []error
	for _, k := range done.Kept {
		wrong = append(wrong, fmt.Errorf("%s was kept: %s", k.Month.Format("2006-01"), k.Why))
	}
	rest, err := months.Rest(ctx, conn)
	for table, n := range rest {
		wrong = append(wrong, fmt.Errorf("%d rows of %s are of no month that there is: see docs/postgres.md", n, table))
	}
	return errors.Join(append(wrong, err)...)
}
