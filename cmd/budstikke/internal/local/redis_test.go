package local

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

func absent(string) (string, error) { return "", exec.ErrNotFound }

// client is a client of the server that ends with the test.
func client(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestPrivateRedis runs one contract against the real server and the in-process stand-in.
func TestPrivateRedis(t *testing.T) {
	t.Parallel()
	for name, look := range map[string]func(string) (string, error){"server": exec.LookPath, "stand-in": absent} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			r, err := startRedis(t.Context(), Options{Purpose: Throwaway, Folder: openFolder(t), Lookup: nothingSet,
				Log: slog.New(slog.NewTextHandler(&log, nil))}, look)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = r.Stop(soon(t)) })
			if name == "server" && r.TryOut() {
				if os.Getenv("CI") == "true" {
					t.Fatal("there is no redis-server: the queue is to be tested on a real one")
				}
				t.Skip("there is no redis-server on this machine")
			}
			if said := strings.Contains(log.String(), "trying out only"); said != r.TryOut() {
				t.Errorf("log says %q", log.String())
			}
			if strings.Contains(log.String(), r.secret) {
				t.Error("the log holds the password")
			}
			checkRedis(t, r)
		})
	}
}

func checkRedis(t *testing.T, r *Redis) {
	ctx, url := t.Context(), r.URL()
	parsed, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(parsed.Addr)
	set := func() {
		t.Helper()
		if err := client(t, url).Set(ctx, "k", "v", 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	empty := func(after string) {
		t.Helper()
		if n, err := client(t, url).DBSize(ctx).Result(); err != nil || n != 0 {
			t.Errorf("after %s: %d keys, %v", after, n, err)
		}
	}
	set()
	if err := client(t, strings.Replace(url, r.secret, "wrong", 1)).Ping(ctx).Err(); err == nil {
		t.Error("a wrong password was accepted")
	}
	if err := r.FlushAll(ctx); err != nil {
		t.Fatal(err)
	}
	empty("FlushAll")
	set()
	if err := r.Restart(soon(t)); err != nil {
		t.Fatal(err)
	}
	empty("Restart")
	set()
	if err := r.Kill(); err != nil {
		t.Fatal(err)
	}
	if !closed(port) {
		t.Error("the server listens after Kill")
	}
	if err := r.Restart(soon(t)); err != nil {
		t.Fatal(err)
	}
	empty("Kill and Restart")
	if err := r.Stop(soon(t)); err != nil {
		t.Fatal(err)
	}
	if !closed(port) {
		t.Error("the server listens after Stop")
	}
	if r.folder != "" && !gone(r.folder) {
		t.Error("the temporary folder is still there")
	}
	if err := r.Restart(soon(t)); err == nil {
		t.Error("a stopped server was restarted")
	}
}

func TestRedisKeepsNothingAndLosesNothingSilently(t *testing.T) {
	t.Parallel()
	r, err := StartRedis(t.Context(), Options{Purpose: Throwaway, Folder: openFolder(t), Lookup: nothingSet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop(soon(t)) })
	if r.TryOut() {
		t.Skip("the stand-in has no settings")
	}
	for name, want := range map[string]string{"maxmemory-policy": "noeviction", "save": "", "appendonly": "no", "bind": "127.0.0.1"} {
		got, err := client(t, r.URL()).ConfigGet(t.Context(), name).Result()
		if err != nil || got[name] != want {
			t.Errorf("%s is %q, want %q (%v)", name, got[name], want, err)
		}
	}
}

func TestABrokenRedisIsAnError(t *testing.T) {
	t.Parallel()
	broken := func(string) (string, error) { return exec.LookPath("false") }
	_, err := startRedis(t.Context(), Options{Folder: openFolder(t), Lookup: nothingSet}, broken)
	if err == nil || !strings.Contains(err.Error(), "ended at once") || errors.Is(err, errPortTaken) {
		t.Errorf("error: %v", err)
	}
}
