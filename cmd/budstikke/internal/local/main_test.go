package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestMain lets the test binary play the program that is killed: see TestNothingIsLeftAfterKill.
func TestMain(m *testing.M) {
	if os.Getenv("LOCAL_TEST_VICTIM") != "" {
		victim()
	}
	os.Exit(m.Run())
}

// victim starts both servers, prints where they are, and waits to be killed.
func victim() {
	purpose := Throwaway
	if os.Getenv("LOCAL_TEST_VICTIM") == "dev" {
		purpose = Dev
	}
	s, err := Start(context.Background(), Options{Purpose: purpose, Folder: os.Getenv("LOCAL_TEST_FOLDER"), Lookup: nothingSet})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(s.Postgres.port, s.Redis.port, s.Postgres.folder, s.Redis.folder)
	if os.Getenv("LOCAL_TEST_PANIC") != "" {
		panic("on purpose")
	}
	select {}
}

// nothingSet is an environment without DATABASE_URL and REDIS_URL, whatever the tests themselves run under.
func nothingSet(string) (string, bool) { return "", false }

// needPostgres skips the test on a laptop without PostgreSQL, and fails it in continuous integration.
func needPostgres(t *testing.T) {
	t.Helper()
	h := home{dir: t.TempDir()}
	var err error
	if h.as, err = servant(); err == nil {
		s := newSearch(h)
		s.fetches = nil // a test does not download
		_, err = s.find(t.Context(), 0)
	}
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// openFolder is a data folder that an unprivileged user can walk into, unlike that of t.TempDir under root.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "local-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, ".data")
}

// eventually waits until the condition holds, at most 20 seconds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-deadline.C:
			t.Fatal("not in time: " + what)
		case <-tick.C:
		}
	}
}

// soon is the deadline that tests give to Stop and Restart.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// withCancelled is a context that has ended already: a deadline that is past.
func withCancelled(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx, cancel
}
