package gateway

import (
	"crypto/rand"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// process is a program that runs beside the benchmark. It is killed when the benchmark ends, if it still runs.
type process struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when it has ended
}

// start starts a program with an environment of its own and nothing else of ours.
func start(b *testing.B, environment []string, program string, args ...string) *process {
	b.Helper()
	p := &process{cmd: exec.Command(program, args...), ended: make(chan struct{})}
	p.cmd.Env = append(environment, "PATH="+os.Getenv("PATH"), "HOME="+os.Getenv("HOME")) // its log goes nowhere, as written as ever
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait()
		close(p.ended)
	}()
	b.Cleanup(p.kill)
	return p
}

// kill is kill -9. It returns when the process is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.ended
}

// rss is how many megabytes of memory a process holds at this moment.
func (p *process) rss() float64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmRSS:")
	fields := strings.Fields(after)
	if len(fields) == 0 {
		return 0
	}
	kb, _ := strconv.ParseFloat(fields[0], 64)
	return kb / 1024
}

// program is bin/budstikke.
func program(b *testing.B) string {
	b.Helper()
	path, err := filepath.Abs("../../bin/budstikke")
	if err != nil {
		b.Fatal(err)
	}
	return path
}

// signingKey is the same for all processes of a run.
var signingKey = func() string {
	var key [32]byte
	_, _ = rand.Read(key[:]) // never fails
	return base64.StdEncoding.EncodeToString(key[:])
}()

// notifyProcess starts `budstikke notify` for a town, as it is installed.
func notifyProcess(b *testing.B, t *town, p *provider, slots int) *process {
	b.Helper()
	return start(b, []string{
		"DATABASE_URL=" + t.WorkerURL, "REDIS_URL=" + os.Getenv("REDIS_URL"), "REDIS_PREFIX=" + t.prefix(), "PUBLIC_URL=https://budstikke.example",
		"SANDBOX_URL=" + p.Addresses.Control, "SIGNING_KEY=" + signingKey, "NOTIFY_HEALTH_ADDRESS=127.0.0.1:0", "NOTIFY_SLOTS=" + strconv.Itoa(slots),
		"LOG_LEVEL=error", "DATABASE_CONNECTIONS=24",
	}, program(b), "notify")
}
