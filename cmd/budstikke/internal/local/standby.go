package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNoBackup means that the PostgreSQL found on this machine comes without pg_basebackup: those that are fetched do.
var ErrNoBackup = errors.New("this PostgreSQL has no pg_basebackup: install your system's package")

// StandBy copies the running server and starts the copy as its stand-by, which follows it until Promote. Once it follows, no commit is answered by the
// server before the stand-by has it, too. Both are stopped by themselves. It is for Throwaway servers. Errors: ErrNotOurs, ErrNoBackup.
func (p *Postgres) StandBy(ctx context.Context) (_ *Postgres, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.private || p.purpose != Throwaway {
		return nil, ErrNotOurs
	}
	backup, err := p.beside("pg_basebackup")
	if err != nil {
		return nil, err
	}
	s := &Postgres{private: true, purpose: Throwaway, bin: p.bin, as: p.as, secret: p.secret, durable: p.durable}
	if s.folder, err = os.MkdirTemp(filepath.Dir(p.folder), "standby-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(s.folder))
		}
	}()
	if err := s.as.own(s.folder); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, backup, "--host=127.0.0.1", "--port="+strconv.Itoa(p.port), "--username="+databaseName, "--pgdata="+filepath.Join(s.folder, "cluster"),
		"--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync")
	cmd.Dir, cmd.Env = s.folder, append(plainEnvironment(), "PGPASSWORD="+p.secret)
	s.as.become(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg_basebackup failed (%w): %s", err, lastLine(out))
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	if err := p.waitsFor(ctx); err != nil {
		return nil, errors.Join(err, s.process.end(ctx, syscall.SIGQUIT))
	}
	return s, nil
}

// beside is another program of the same PostgreSQL. Where its folder has links to some of them only, it lies where they lead. Error: ErrNoBackup.
func (p *Postgres) beside(name string) (string, error) {
	server, err := filepath.EvalSymlinks(filepath.Join(p.bin.dir, "postgres"))
	if err != nil {
		return "", err
	}
	for _, dir := range []string{p.bin.dir, filepath.Dir(server)} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return filepath.Join(dir, name), nil
		}
	}
	return "", ErrNoBackup
}

// waitsFor makes the server answer commits once its stand-by has them, and returns when the stand-by is there.
func (p *Postgres) waitsFor(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for _, sql := range []string{
		"alter role all set synchronous_commit = on", // stronger than what the server was started with
		"alter system set synchronous_standby_names = '*'", "select pg_reload_conf()",
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		var there bool
		if err := conn.QueryRow(ctx, "select exists (select from pg_stat_replication where sync_state = 'sync')").Scan(&there); err != nil || there {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Promote makes a stand-by a server of its own that can be written to, and returns when it is.
func (p *Postgres) Promote(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	var done bool
	if err := conn.QueryRow(ctx, "select pg_promote()").Scan(&done); err != nil {
		return err
	}
	if !done {
		return errors.New("the stand-by was not promoted in time")
	}
	return nil
}

// Crash ends the server by kill -9. Its data stay until Stop.
func (p *Postgres) Crash() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.private {
		return ErrNotOurs
	}
	p.process.signal(syscall.SIGKILL)
	<-p.process.done
	return nil
}

// URLWith is the address of a database that is on two servers: whoever connects gets the one that can be written to.
func (p *Postgres) URLWith(s *Postgres) string {
	return fmt.Sprintf("postgres://%s:%s@/%s?host=127.0.0.1,127.0.0.1&port=%d,%d&sslmode=disable&target_session_attrs=read-write",
		databaseName, p.secret, databaseName, p.port, s.port)
}
