package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestStoppedSaysWhatElseWentWrong holds that a cancelled command says so in a person's words, and that nothing else is lost beside it.
func TestStoppedSaysWhatElseWentWrong(t *testing.T) {
	t.Parallel()
	cancelled := fmt.Errorf("migrations: 0026_tablets.sql: %w", context.Canceled)
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"nothing else":          {cancelled, "budstikke: stopped before it was done\n"},
		"a server that went on": {errors.Join(cancelled, errors.New("PostgreSQL did not end")), "budstikke: stopped before it was done\nbudstikke: PostgreSQL did not end\n"},
	} {
		var said bytes.Buffer
		if code := stopped(terminal{err: &said}, c.err); code != 130 || said.String() != c.want {
			t.Errorf("%s: code %d, said %q", name, code, said.String())
		}
	}
}

// TestDevStoppedWhileItStarts is Ctrl-C while the database is made.
func TestDevStoppedWhileItStarts(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	folder := openFolder(t)
	p := start(t, program("dev", "--data", filepath.Join(folder, "project", ".data"), "--address", "127.0.0.1:0", "--sandbox", "0"))
	eventually(t, "its first server is up", func() bool { return strings.Contains(p.err.String(), "private ") })
	if code := p.stop(t, 20*time.Second); code != 130 || !strings.Contains(p.err.String(), "stopped before it was done") || strings.Contains(p.err.String(), "canceled") {
		t.Errorf("exit code %d: %s", code, p.err.String())
	}
	eventually(t, "its servers are gone", func() bool { return len(processesIn(folder)) == 0 })
}

// TestDemoWhoseReaderHasReadEnoughLeavesNothing is `budstikke demo | head`: what it made in the temporary folder is cleared away all the same.
func TestDemoWhoseReaderHasReadEnoughLeavesNothing(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	folder := openFolder(t)
	cmd := program("demo", "--data", filepath.Join(folder, ".data"))
	temporary := filepath.Join(folder, "tmp")
	if err := os.Mkdir(temporary, 0o755); err != nil { //nolint:gosec // the user that runs PostgreSQL walks into it
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); exitOf(err) != interrupted {
		t.Errorf("it ended by %v, %v; want it to end by itself", err, syscall.SIGPIPE)
	}
	if left, err := filepath.Glob(filepath.Join(temporary, "budstikke-*")); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}
