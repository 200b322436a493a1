package local

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestFrozenServersAnswerAfterThawing holds Freeze and Thaw to what the crash suite asks of them: a connection that was open before survives, and in
// between nothing answers.
func TestFrozenServersAnswerAfterThawing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the children of a server are found by /proc")
	}
	needPostgres(t)
	t.Parallel()
	s, err := Start(soon(t), Options{Purpose: Throwaway, Folder: openFolder(t), Lookup: nothingSet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(soon(t)); err != nil {
			t.Error(err)
		}
	})
	conn, err := pgx.Connect(soon(t), s.Postgres.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := s.Postgres.Freeze(); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() { _, err := conn.Exec(soon(t), "select 1"); answered <- err }()
	select {
	case err := <-answered:
		t.Fatalf("a frozen PostgreSQL answered: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if err := s.Postgres.Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Fatalf("after thawing: %v", err)
	}
	if s.Redis.TryOut() {
		return
	}
	if err := errors.Join(s.Redis.Freeze(), s.Redis.Thaw()); err != nil {
		t.Fatal(err)
	}
	if err := command(soon(t), s.Redis.URL(), "PING"); err != nil {
		t.Fatalf("after thawing: %v", err)
	}
}
