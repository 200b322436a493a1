package local

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
)

// longestSocket is how long the path of a Unix socket may be: 107 bytes on Linux, 103 on macOS.
const longestSocket = 103

// initdb makes the cluster, under another name first, so that an interrupted one is never taken for a whole one.
func (p *Postgres) initdb(ctx context.Context) error {
	fresh, final := filepath.Join(p.folder, "cluster.new"), filepath.Join(p.folder, "cluster")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	output, err := os.OpenFile(p.logFile(), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	arguments := []string{"--pgdata", fresh, "--username", databaseName, "--encoding", "UTF8", "--locale", locale(),
		"--auth", "scram-sha-256", "--pwfile", filepath.Join(p.folder, "password")}
	if p.purpose == Throwaway {
		arguments = append(arguments, "--no-sync")
	}
	cmd := exec.Command(filepath.Join(p.bin.dir, "initdb"), arguments...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = p.folder, plainEnvironment(), output, output
	started, err := launch(cmd, p.care())
	if err != nil {
		return fmt.Errorf("starting initdb: %w", err)
	}
	select {
	case <-started.done:
	case <-ctx.Done():
		_ = started.end(ctx, syscall.SIGTERM) // the caller gave up: that is the error
		return ctx.Err()
	}
	if started.err != nil {
		text, _ := os.ReadFile(p.logFile())
		return fmt.Errorf("initdb failed (%w): %s", started.err, lastLine(text))
	}
	return os.Rename(fresh, final)
}

// locale is one that sorts by code point but knows the letters æ, ø, å, ä and ö when it folds case.
func locale() string {
	if runtime.GOOS == "darwin" {
		return "en_US.UTF-8" // macOS has no C.UTF-8 in all its versions
	}
	return "C.UTF-8"
}

// arguments are the server's settings. They are given on the command line rather than written into the cluster,
// so that a newer Budstikke with other settings also changes them for a cluster that exists already.
func (p *Postgres) arguments(port int) []string {
	settings := []string{
		"listen_addresses=127.0.0.1",
		"port=" + strconv.Itoa(port),
		"unix_socket_directories=" + p.socketFolder(port),
		"unix_socket_permissions=0700",
		"max_connections=200", // tests run in parallel, each with a pool of its own
		"shared_buffers=256MB",
		"max_wal_size=2GB",
		"jit=off", // compiling costs more than our short queries take
		"timezone=UTC",
		"log_timezone=UTC",
		// No personal data in the log: neither the statements that fail nor the row that broke a constraint.
		"log_min_error_statement=panic",
		"log_error_verbosity=terse",
		"log_parameter_max_length=0",
		"log_parameter_max_length_on_error=0",
	}
	if !p.durable {
		settings = append(settings, "fsync=off", "synchronous_commit=off", "full_page_writes=off")
	}
	arguments := []string{"-D", filepath.Join(p.folder, "cluster")}
	for _, setting := range settings {
		arguments = append(arguments, "-c", setting)
	}
	return arguments
}

// socketFolder is where the Unix socket goes: the server's own folder, or nowhere when its path would be too long
// for the kernel. The socket is a convenience; programs use the loopback port.
func (p *Postgres) socketFolder(port int) string {
	if len(filepath.Join(p.folder, ".s.PGSQL."+strconv.Itoa(port))) > longestSocket {
		return ""
	}
	return p.folder
}
