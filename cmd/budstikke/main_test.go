package main

import (
	"bufio"
	"bytes"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestMain lets the test binary be the program itself, for the tests that need a process of their own.
func TestMain(m *testing.M) {
	if os.Getenv("BUDSTIKKE_TEST_BE_THE_PROGRAM") != "" {
		main()
	}
	os.Exit(m.Run())
}

// program is budstikke with these arguments as a process of its own, with no servers given by the environment.
func program(arguments ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], arguments...)
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "DATABASE_URL") && !strings.HasPrefix(variable, "REDIS_URL") {
			cmd.Env = append(cmd.Env, variable)
		}
	}
	cmd.Env = append(cmd.Env, "BUDSTIKKE_TEST_BE_THE_PROGRAM=yes")
	return cmd
}

// services is `budstikke services` around a shell script; the test is skipped on a laptop without PostgreSQL.
func services(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	if os.Getenv("CI") != "true" {
		_, onPath := exec.LookPath("postgres")
		packages, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
		brew, _ := filepath.Glob("/*/*/opt/postgresql*/bin/postgres")
		if onPath != nil && len(packages)+len(brew) == 0 {
			t.Skip("there is no PostgreSQL on this machine")
		}
	}
	return program("services", "--data", filepath.Join(t.TempDir(), ".data"), "--", "/bin/sh", "-c", script)
}

func exitOf(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return 0
}

// silent reports whether nobody listens at the URL's host and port.
func silent(t *testing.T, address string) bool {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Port() == "" {
		t.Fatalf("not an address with a port: %q", address)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err == nil {
		_ = conn.Close()
	}
	return err != nil
}

func TestServicesGivesTheAddressesAndTheExitCode(t *testing.T) {
	t.Parallel()
	cmd := services(t, `echo "$DATABASE_URL"; echo "$REDIS_URL"; exit 7`)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if exitOf(err) != 7 {
		t.Errorf("exit code %d (%v), want the command's 7: %s", exitOf(err), err, stderr.String())
	}
	lines := strings.Fields(string(out))
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "postgres://") || !strings.HasPrefix(lines[1], "redis://") {
		t.Fatalf("the command saw %q", out)
	}
	if !silent(t, lines[0]) || !silent(t, lines[1]) {
		t.Error("a server is left running")
	}
}

func TestServicesForwardsSignals(t *testing.T) {
	t.Parallel()
	cmd := services(t, `trap 'exit 9' TERM; echo "$DATABASE_URL"; echo "$REDIS_URL"; while :; do sleep 0.05; done`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(out)
	var addresses []string
	for len(addresses) < 2 && lines.Scan() {
		addresses = append(addresses, lines.Text())
	}
	if len(addresses) != 2 || silent(t, addresses[0]) || silent(t, addresses[1]) {
		t.Fatalf("the servers are not up: %v", addresses)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); exitOf(err) != 9 {
		t.Errorf("exit code %d (%v), want the 9 of the command that caught the signal", exitOf(err), err)
	}
	if !silent(t, addresses[0]) || !silent(t, addresses[1]) {
		t.Error("a server is left running")
	}
}

func TestServicesTellsWhichSignalEndedTheCommand(t *testing.T) {
	t.Parallel()
	if err := services(t, `kill -KILL $$`).Run(); exitOf(err) != 128+9 {
		t.Errorf("exit code %d, want 137", exitOf(err))
	}
	err := services(t, "").Run()
	if exitOf(err) != 0 {
		t.Errorf("an empty script: %v", err)
	}
}

func TestCommandLine(t *testing.T) {
	t.Setenv("DATABASE_URL", "postgres://app:quux@db.example/x")
	for name, c := range map[string]struct {
		arguments []string
		code      int
		out, err  string
	}{
		"version":         {[]string{"version"}, 0, "budstikke development go1", ""},
		"config":          {[]string{"config"}, 0, "DATABASE_URL", ""},
		"config for api":  {[]string{"config", "--for=api"}, 1, "***", "NATIONAL_ID_KEYS is not set"},
		"unknown command": {[]string{"dance"}, 2, "", "see budstikke --help"},
		"nothing to run":  {[]string{"services"}, 2, "", "expected"},
	} {
		var out, errs bytes.Buffer
		code := run(c.arguments, terminal{out: &out, err: &errs})
		if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.err) {
			t.Errorf("%s: code %d\n%s\n%s", name, code, out.String(), errs.String())
		}
		if strings.Contains(out.String()+errs.String(), "quux") {
			t.Errorf("%s shows a secret", name)
		}
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	defer server.Close()
	ask := func() int {
		return run([]string{"health", server.URL}, terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}})
	}
	if code := ask(); code != 0 {
		t.Errorf("healthy: code %d", code)
	}
	status = http.StatusServiceUnavailable
	if code := ask(); code != 1 {
		t.Errorf("not ready: code %d", code)
	}
	server.Close()
	if code := ask(); code != 1 {
		t.Errorf("gone: code %d", code)
	}
}

// TestCommandsAreShort keeps the commands what the package doc says: small files that hand over to the packages that do the work.
func TestCommandsAreShort(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Count(string(text), "\n"); lines > 80 && !strings.HasSuffix(file, "_test.go") {
			t.Errorf("%s has %d lines: move the work into a package below internal", file, lines)
		}
	}
}
