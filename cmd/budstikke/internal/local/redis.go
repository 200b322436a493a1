package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Redis is a running Redis or Valkey: a private one that keeps nothing on disk, an in-process stand-in where none
// is installed, or the one that REDIS_URL names. Wiping it at any instant costs speed, never a notice (B3).
type Redis struct {
	url     string
	private bool // false when REDIS_URL gave it

	program string // redis-server or valkey-server
	as      *account
	folder  string // temporary
	port    int
	secret  string

	mu      sync.Mutex // guards what Stop, Kill and Restart change
	process *process
	memory  *miniredis.Miniredis // instead of a process
	stopped bool
}

// StartRedis starts a private Redis and returns when it answers, or returns the one of REDIS_URL without touching
// it. Where neither redis-server nor valkey-server is installed it runs one inside this process and warns that
// this one is for trying out only. ctx bounds the start only; after an error nothing is left running.
func StartRedis(ctx context.Context, o Options) (*Redis, error) {
	return startRedis(ctx, o, exec.LookPath)
}

func startRedis(ctx context.Context, o Options, look func(string) (string, error)) (*Redis, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if given, ok := o.Lookup("REDIS_URL"); ok && given != "" {
		return &Redis{url: given}, nil
	}
	r := &Redis{private: true, secret: randomSecret()}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if r.program, err = look(name); err == nil {
			break
		}
	}
	if err != nil {
		if err := r.runInside(o.Log); err != nil {
			return nil, err
		}
		return r, nil
	}
	h, err := settle(o)
	if err != nil {
		return nil, err
	}
	r.as = h.as
	if r.folder, err = h.scratch("redis"); err != nil {
		return nil, fmt.Errorf("making a temporary folder: %w", err)
	}
	if err := r.run(ctx); err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.folder))
	}
	o.Log.Info("private Redis is up", "program", r.program, "port", r.port)
	return r, nil
}

// run starts the server on a free port, or on its former one, and waits until it answers.
func (r *Redis) run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	var err error
	for range 3 {
		port := r.port
		if port == 0 {
			if port, err = freePort(); err != nil {
				return err
			}
		}
		if err = r.runOn(ctx, port); err == nil || r.port != 0 || !errors.Is(err, errPortTaken) {
			break
		}
	}
	return err
}

func (r *Redis) runOn(ctx context.Context, port int) error {
	logPath := filepath.Join(r.folder, "redis.log")
	output, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer output.Close()
	// The settings go through standard input: on the command line everybody on the machine could read the password.
	cmd := exec.Command(r.program, "-")
	cmd.Stdin = strings.NewReader(r.settings(port))
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = r.folder, plainEnvironment(), output, output
	started, err := launch(cmd, care{as: r.as, orphan: syscall.SIGTERM, remove: r.folder})
	if err != nil {
		return fmt.Errorf("starting %s: %w", r.program, err)
	}
	address := r.urlOf(port)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		err := listening(ctx, port)
		if err == nil {
			err = command(ctx, address, "PING")
		}
		if err == nil {
			r.process, r.port, r.url = started, port, address
			return nil
		}
		select {
		case <-started.done:
			text, _ := os.ReadFile(logPath)
			if strings.Contains(string(text), "Address already in use") {
				return errPortTaken
			}
			return fmt.Errorf("%s ended at once: %s", r.program, lastLine(text))
		case <-ctx.Done():
			_ = started.end(ctx, syscall.SIGTERM) // that it did not answer is the error worth telling
			return fmt.Errorf("%s did not answer: %w", r.program, err)
		case <-tick.C:
		}
	}
}

// settings is a Redis that keeps nothing: Postgres holds every promise. With noeviction a full memory is an error
// that shows, not a stream that silently loses entries.
func (r *Redis) settings(port int) string {
	return strings.Join([]string{
		"port " + strconv.Itoa(port), "bind 127.0.0.1", "requirepass " + r.secret, "dir " + strconv.Quote(r.folder),
		`save ""`, "appendonly no", "maxmemory-policy noeviction", "daemonize no", "loglevel warning", "",
	}, "\n")
}

// runInside runs the stand-in for a machine without Redis.
func (r *Redis) runInside(log *slog.Logger) error {
	r.memory = miniredis.NewMiniRedis()
	r.memory.RequireAuth(r.secret)
	if err := r.memory.Start(); err != nil {
		return fmt.Errorf("starting the in-process Redis: %w", err)
	}
	port, err := strconv.Atoi(r.memory.Port())
	if err != nil {
		return err
	}
	r.url = r.urlOf(port)
	log.Warn("neither redis-server nor valkey-server is installed: using an in-process stand-in, " +
		"which is for trying out only (install one of them, or set REDIS_URL)")
	return nil
}

// URL is what REDIS_URL is set to for programs that use this server. It holds the password: do not log it.
func (r *Redis) URL() string { return r.url }

// Folder is the temporary folder that the server could write to, with its log; "" for one that was given and for the stand-in.
func (r *Redis) Folder() string { return r.folder }

// TryOut reports whether this is the in-process stand-in: no claim about speed or crashes may rest on it.
func (r *Redis) TryOut() bool { return r.memory != nil }

// Done is closed when the server's present process has ended for whatever reason; it is nil when there is none.
func (r *Redis) Done() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil {
		return nil
	}
	return r.process.done
}

// Stop ends the server and removes its temporary folder. If it is not done when ctx is, it is killed, which is
// reported. Stop may be called again; a given server is left alone.
func (r *Redis) Stop(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.private || r.stopped {
		return nil
	}
	r.stopped = true
	if r.memory != nil {
		r.memory.Close()
		return nil
	}
	return errors.Join(r.process.end(ctx, syscall.SIGTERM), os.RemoveAll(r.folder))
}

// Kill ends the server at once like kill -9; everything in it is lost. It returns ErrNotOurs for a given server.
func (r *Redis) Kill() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.private:
		return ErrNotOurs
	case r.memory != nil:
		r.memory.Close()
	default:
		r.process.signal(syscall.SIGKILL)
		<-r.process.done
	}
	return nil
}

// Restart starts the server again, empty, on the same port and with the same password, after ending it if it
// still runs. It returns ErrNotOurs for a given server.
func (r *Redis) Restart(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.private:
		return ErrNotOurs
	case r.stopped:
		return errors.New("the private Redis was stopped for good: start a new one")
	case r.memory != nil:
		r.memory.Close()
		r.memory.FlushAll()
		return r.memory.Restart()
	}
	if err := r.process.end(ctx, syscall.SIGTERM); err != nil {
		return err
	}
	return r.run(ctx)
}

// FlushAll empties the server, as tests of B3 do in the middle of a sending. It returns ErrNotOurs for a given
// server.
func (r *Redis) FlushAll(ctx context.Context) error {
	if !r.private {
		return ErrNotOurs
	}
	return command(ctx, r.url, "FLUSHALL")
}

func (r *Redis) urlOf(port int) string {
	u := url.URL{Scheme: "redis", User: url.UserPassword("default", r.secret),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Path: "/0"}
	return u.String()
}

// listening reports whether somebody takes connections on the port. It is asked first because the client library
// writes every refused connection to standard error.
func listening(ctx context.Context, port int) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return err
	}
	return conn.Close()
}

// command sends one command over a connection of its own.
func command(ctx context.Context, address, name string) error {
	options, err := redis.ParseURL(address)
	if err != nil {
		return err
	}
	options.ContextTimeoutEnabled, options.MaxRetries, options.PoolSize = true, -1, 1
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	client := redis.NewClient(options)
	defer client.Close()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	return client.Do(ctx, name).Err()
}
