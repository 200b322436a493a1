// Package redistest runs real Redis servers for one test: a Cluster of three masters with a replica each, or a master and a replica under three Sentinels. They
// listen on this machine only, keep nothing, and end with the test, also when it is killed. It may open Redis. Start reading at Cluster and Sentinel.
package redistest

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// password is what the servers ask for, so that tests show that it gets everywhere.
const password = "not-a-secret"

const patience = 30 * time.Second

// node is a running server.
type node struct {
	port   int
	client *redis.Client
	kill   func() // at once; may be called again
}

func (n *node) address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.port)) }

// program finds the server, or ends the test: as failed where CI runs it, as skipped elsewhere.
func program(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("neither redis-server nor valkey-server is installed")
	}
	t.Skip("neither redis-server nor valkey-server is installed")
	return ""
}

// start runs a server with settings as they stand in redis.conf, and returns when it answers.
func start(t testing.TB, asked string, port int, settings ...string) *node {
	t.Helper()
	folder := t.TempDir()
	config := filepath.Join(folder, "redis.conf")
	text := strings.Join(append([]string{
		"port " + strconv.Itoa(port), "bind 127.0.0.1", "protected-mode no", "dir " + folder, `logfile "` + filepath.Join(folder, "log") + `"`,
		"requirepass " + asked,
	}, settings...), "\n") + "\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-c", `"$@" & server=$!; cat >/dev/null; kill -9 $server; wait $server`, "sh", program(t), config}
	if strings.Contains(text, "sentinel monitor") {
		args = append(args, "--sentinel")
	}
	// The shell ends the server when this process closes its input, or is gone.
	shell := exec.Command("sh", args...)
	leash, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	n := &node{port: port}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = shell.Wait()
	}()
	n.kill = func() {
		_ = leash.Close()
		<-ended
	}
	n.client = redis.NewClient(&redis.Options{Addr: n.address(), Password: asked, MaxRetries: -1, DisableIdentity: true, Protocol: 2})
	t.Cleanup(func() {
		n.kill()
		_ = n.client.Close()
	})
	eventually(t, fmt.Sprintf("the server on port %d answers (%s)", port, filepath.Join(folder, "log")), func() bool {
		return n.client.Ping(context.Background()).Err() == nil
	})
	return n
}

// do sends a command that must be carried out.
func (n *node) do(t testing.TB, words ...any) {
	t.Helper()
	if err := n.client.Do(context.Background(), words...).Err(); err != nil {
		t.Fatalf("%v: %v", words[0], err)
	}
}

// ports finds n ports that are free, and each so many further on as well.
func ports(t testing.TB, n, further int) []int {
	t.Helper()
	var found []int
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for range 1000 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, l)
		port := l.Addr().(*net.TCPAddr).Port
		if further > 0 {
			if port -= further; port < 1024 {
				continue
			}
			low, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
			if err != nil {
				continue
			}
			held = append(held, low)
		}
		if found = append(found, port); len(found) == n {
			return found
		}
	}
	t.Fatal("no free ports")
	return nil
}

func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline, tick := time.NewTimer(patience), time.NewTicker(20*time.Millisecond)
	defer deadline.Stop()
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited %s in vain: %s", patience, what)
		}
	}
}
