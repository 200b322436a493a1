package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
)

// The whole story, from the import to the last cut-off, with both processes behind PgBouncer in transaction mode and fewer connections than they want:
// every transaction may meet another session of the server, and none of them has kept anything.
func TestStoryBehindPgBouncer(t *testing.T) {
	t.Parallel()
	needPostgres(t)
	program := findPgBouncer(t)
	demo, err := demodata.Generate(demodata.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	used := false
	l, err := system.StartLocal(soon(t), system.LocalOptions{Purpose: local.Throwaway, Folder: openFolder(t), Address: "127.0.0.1:0",
		Log: slog.New(slog.DiscardHandler),
		Pooler: func(ctx context.Context, direct system.Logins) (system.Logins, error) {
			for _, login := range []string{direct.API, direct.Worker} {
				// A login that does not bound its statements is refused, because nothing else would.
				if _, err := boot.OpenDatabase(ctx, boot.Settings{Database: boot.Database{URL: boot.Secret(login), Connections: 2, Pooler: "transaction",
					StatementTime: 5 * time.Second, LockTime: 2 * time.Second, IdleTime: 10 * time.Second}}); err == nil ||
					!strings.Contains(err.Error(), "statement_timeout = '5000ms'") {
					t.Errorf("a login without limits: %v", err)
				}
				if err := bounded(ctx, login); err != nil {
					return system.Logins{}, err
				}
			}
			used = true
			return pgBouncer(t, program, direct), nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(soon(t)); err != nil {
			t.Error(err)
		}
	})
	var told text
	if err := story.Tell(soon(t), l, demo, story.NewTeller(&told, false)); err != nil {
		t.Errorf("%v after:\n%s", err, tail(told.String()))
	}
	if !used {
		t.Error("the pooler was not used")
	}
}

// bounded gives a login the limits that a process behind a pooler cannot set, as docs/postgres.md says.
func bounded(ctx context.Context, login string) error {
	conn, err := pgx.Connect(ctx, login)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, limit := range []string{"statement_timeout = '5s'", "lock_timeout = '2s'", "idle_in_transaction_session_timeout = '10s'"} {
		if _, err := conn.Exec(ctx, "alter role current_user set "+limit); err != nil {
			return err
		}
	}
	return nil
}

func findPgBouncer(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("pgbouncer is not there: .ci/run installs it")
	}
	t.Skip("pgbouncer is not there: install your system's package")
	return ""
}

// pgBouncer starts PgBouncer before the server that the logins are of, with four connections for each of them, and answers with the logins through it.
func pgBouncer(t *testing.T, program string, direct system.Logins) system.Logins {
	t.Helper()
	folder := openFolder(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	_, port, _ := net.SplitHostPort(address)
	var users strings.Builder
	through := [2]string{direct.API, direct.Worker}
	var server *url.URL
	for i, login := range through {
		if server, err = url.Parse(login); err != nil {
			t.Fatal("a login that cannot be read")
		}
		password, _ := server.User.Password()
		fmt.Fprintf(&users, "%q %q\n", server.User.Username(), password)
		pooled := *server
		pooled.Host, pooled.RawQuery = address, "sslmode=disable"
		through[i] = pooled.String()
	}
	config := fmt.Sprintf("[databases]\n* = host=%s port=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %s\nunix_socket_dir =\n"+
		"auth_type = scram-sha-256\nauth_file = %s/users\npool_mode = transaction\ndefault_pool_size = 4\nmax_client_conn = 100\n",
		server.Hostname(), server.Port(), port, folder)
	arguments := []string{filepath.Join(folder, "pgbouncer.ini")}
	for name, content := range map[string]string{"pgbouncer.ini": config, "users": users.String()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil { //nolint:gosec // passwords of a database of this test alone
			t.Fatal(err)
		}
	}
	if os.Geteuid() == 0 { // PgBouncer does not run as root
		servant := "nobody"
		if _, err := user.Lookup("postgres"); err == nil {
			servant = "postgres"
		}
		arguments = append([]string{"-u", servant}, arguments...)
	}
	p := start(t, exec.Command(program, arguments...)) //nolint:gosec // found on this machine
	eventually(t, "PgBouncer answers", func() bool {
		select {
		case <-p.ended:
			t.Fatalf("PgBouncer ended: %v\n%s", p.failure, p.err)
		default:
		}
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
		return err == nil && conn.Close() == nil
	})
	return system.Logins{API: through[0], Worker: through[1]}
}
