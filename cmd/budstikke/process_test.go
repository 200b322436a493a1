package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"budstikke.example/cmd/budstikke/internal/local"
)

// patience is how long a test waits for something that must happen. It is long because the machine may be busy.
const patience = 90 * time.Second

// process is the program as a process of its own. It is killed when the test ends, if it still runs.
type process struct {
	cmd      *exec.Cmd
	out, err *text
	ended    chan struct{} // closed when it has ended
	failure  error         // what Wait said; read it after ended
}

// start starts the program; what it wrote is shown when the test fails.
func start(t *testing.T, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, out: &text{}, err: &text{}, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = p.out, p.err, 5*time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.failure = cmd.Wait()
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("budstikke %s wrote:\n%s\n%s", strings.Join(cmd.Args[1:], " "), p.out, tail(p.err.String()))
		}
	})
	return p
}

// kill is kill -9: the process writes nothing, says goodbye to nobody and finishes nothing. It returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// stop sends SIGTERM and returns the exit code; the test fails when the process takes longer than within.
func (p *process) stop(t *testing.T, within time.Duration) int {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(within):
		t.Errorf("still running %s after SIGTERM", within)
		p.kill()
	}
	return exitOf(p.failure)
}

// tail is the end of a long log.
func tail(s string) string { return s[max(0, len(s)-6000):] }

// text is what a process or a log writes, to be read while it is written.
type text struct {
	mu sync.Mutex
	b  strings.Builder
}

// Write implements io.Writer.
func (x *text) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.Write(p)
}

// String returns what was written so far.
func (x *text) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.b.String()
}

// eventually waits until the condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
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

// soon is a context that ends when patience does.
func soon(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// needPostgres skips the test on a laptop where no PostgreSQL can be started.
func needPostgres(t *testing.T) {
	t.Helper()
	_, err := exec.LookPath("postgres")
	packages, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	brew, _ := filepath.Glob("/*/*/opt/postgresql*/bin/postgres")
	if os.Getenv("CI") != "true" && err != nil && len(packages)+len(brew) == 0 {
		t.Skip("there is no PostgreSQL on this machine")
	}
}

// openFolder is a fresh folder that the unprivileged user who runs PostgreSQL can walk into, unlike that of t.TempDir under root.
func openFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "budstikke-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // holds nothing but synthetic data
		t.Fatal(err)
	}
	return dir
}

// privateRedis starts a real Redis that belongs to this test alone, so that it can be emptied and stopped.
func privateRedis(t *testing.T) *local.Redis {
	t.Helper()
	nothingSet := func(string) (string, bool) { return "", false }
	r, err := local.StartRedis(soon(t), local.Options{Purpose: local.Throwaway, Folder: openFolder(t), Lookup: nothingSet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Stop(soon(t)); err != nil {
			t.Errorf("Redis: %v", err)
		}
	})
	if r.TryOut() && os.Getenv("CI") == "true" {
		t.Fatal("there is no redis-server: what a wiped Redis costs is to be tested on a real one")
	}
	return r
}

// processesIn lists the processes that run in a folder or name it on their command line: servers that were left behind, and their
// watchdogs. It finds nothing on systems without /proc.
func processesIn(folder string) []string {
	var found []string
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		line, err := os.ReadFile(filepath.Join(entry, "cmdline"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		cwd, _ := os.Readlink(filepath.Join(entry, "cwd")) // another user's is not ours to see
		if strings.Contains(string(line), folder) || strings.HasPrefix(cwd, folder) {
			found = append(found, filepath.Base(entry)+" "+strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}
