package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"budstikke.example/app"
	"budstikke.example/migrations/pgtest"
)

// What a real Postgres and its driver say when it is only about the moment, and when it is about the statement.
func TestUnavailableDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := context.Background()
	config, err := pgxpool.ParseConfig(db.APIURL)
	if err != nil {
		t.Fatal(err)
	}
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	run := func(pool *pgxpool.Pool, timeout time.Duration, statements ...string) error {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		for _, sql := range statements {
			if _, err = conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	}
	closed, err := pgxpool.New(ctx, db.APIURL)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	nobody, err := pgxpool.New(ctx, "postgres://127.0.0.1:1/nothing?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nobody.Close)
	for name, err := range map[string]error{
		"deadline":          run(pool, 30*time.Millisecond, "select pg_sleep(5)"),
		"statement timeout": run(pool, 5*time.Second, "set statement_timeout = '10ms'", "select pg_sleep(5)"),
		"connection broke":  run(pool, 5*time.Second, "select pg_terminate_backend(pg_backend_pid())"),
		"no server":         run(nobody, 5*time.Second, "select 1"),
		"pool closed":       run(closed, 5*time.Second, "select 1"),
		"pool exhausted": func() error {
			held, err := pool.Acquire(ctx)
			if err != nil {
				return nil
			}
			defer held.Release()
			return run(pool, 30*time.Millisecond, "select 1")
		}(),
	} {
		if err == nil || !unavailable(fmt.Errorf("postgres: %w", err), nil) {
			t.Errorf("%s: %v is not taken for unavailable", name, err)
		}
	}
	for name, sql := range map[string]string{
		"syntax": "selec 1", "division": "select 1/0", "value": "select 'CANARY'::uuid", "privilege": "drop table app.persons",
	} {
		err := run(pool, 5*time.Second, sql)
		if err == nil || unavailable(err, nil) {
			t.Errorf("%s: %v is taken for unavailable", name, err)
		}
		if text := plain(fmt.Errorf("postgres: read the child: %w", err)); strings.Contains(text, "CANARY") || !strings.HasPrefix(text, "postgres: read the child: SQLSTATE ") {
			t.Errorf("%s: the log would say %q", name, text)
		}
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]bool{
		context.DeadlineExceeded:                 true,
		context.Canceled:                         true,
		io.ErrUnexpectedEOF:                      true,
		&net.OpError{Op: "read", Err: io.EOF}:    true,
		errors.New("boom"):                       false,
		&panicked{value: context.Canceled}:       false,
		stateError("40001"):                      true,
		stateError("40P01"):                      true,
		stateError("55P03"):                      true,
		stateError("53300"):                      true,
		stateError("57P01"):                      true,
		stateError("08006"):                      true,
		stateError("23505"):                      false,
		stateError("42501"):                      false,
		fmt.Errorf("x: %w", stateError("57014")): true,
	} {
		if got := unavailable(err, nil); got != want {
			t.Errorf("unavailable(%v) = %t, want %t", err, got, want)
		}
	}
	if !unavailable(errors.New("boom"), context.DeadlineExceeded) {
		t.Error("an error after the deadline is not taken for unavailable")
	}
}

type stateError string

func (e stateError) Error() string    { return "state " + string(e) }
func (e stateError) SQLState() string { return string(e) }

// B6: a commit that nobody answered may have been made, so the answer promises nothing but that a repetition is safe.
func TestUnavailableDoesNotSayThatNothingWasDone(t *testing.T) {
	t.Parallel()
	if said := app.ErrUnavailable.Detail; strings.Contains(strings.ToLower(said), "nothing was done") || !strings.Contains(said, "done once") {
		t.Errorf("it says %q", said)
	}
}
