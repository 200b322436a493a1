package chaos

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// build makes the program once for a run, with the build tag that lets the clock of a process be set apart.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "budstikke")
	cmd := exec.Command("go", "build", "-buildvcs=false", "-tags", "chaos", "-o", path, "budstikke.example/cmd/budstikke")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// program is a process of Budstikke that is started again whenever it has ended, as a service manager does.
type program struct {
	name    string // "api 1"
	command []string
	env     []string
	health  string // the address of /health/live and, for a worker, /metrics
	metrics string
	clock   func() time.Duration // how far the clock of the next process is off
	log     *tail

	mu      sync.Mutex
	cmd     *exec.Cmd
	stopped bool
	starts  int
	kills   atomic.Int64
	up      atomic.Bool // it has answered since it was started, and nobody has killed it
	ended   chan struct{}
}

// run keeps the program running until stop.
func (p *program) run() {
	defer close(p.ended)
	for {
		p.mu.Lock()
		if p.stopped {
			p.mu.Unlock()
			return
		}
		cmd := exec.Command(p.command[0], p.command[1:]...)
		cmd.Env = append(append([]string{}, p.env...), "CHAOS_CLOCK="+p.clock().String())
		cmd.Stdout, cmd.Stderr = p.log, p.log
		err := cmd.Start()
		if err == nil {
			p.cmd = cmd
			p.starts++
		}
		p.mu.Unlock()
		if err != nil {
			_, _ = p.log.Write([]byte(err.Error()))
			return
		}
		watching, cancel := context.WithCancel(context.Background())
		go p.notice(watching)
		_ = cmd.Wait() // it was killed, or could not start: both are what this is about
		cancel()
		p.up.Store(false)
		<-time.After(50 * time.Millisecond) // one that ends at once must not take the whole machine
	}
}

// notice waits for the first sign of life.
func (p *program) notice(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if alive(ctx, p.health, time.Second) {
			p.up.Store(ctx.Err() == nil)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// probing has connections of its own for each question, as a service manager's probe has.
var probing = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// alive tells whether a process answers that it lives.
func alive(ctx context.Context, address string, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/health/live", nil)
	if err != nil {
		return false
	}
	res, err := probing.Do(req)
	if err != nil {
		return false
	}
	defer res.Body.Close()
	return res.StatusCode == http.StatusOK
}

// asked begins a question to the process. What it answers tells whether somebody killed the process since: then nobody could answer.
func (p *program) asked() (killed func() bool) {
	before := p.kills.Load()
	return func() bool { return p.kills.Load() != before }
}

// kill is kill -9. It answers from which ports the process had connections.
func (p *program) kill() map[string]bool {
	p.kills.Add(1)
	p.up.Store(false)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	return last(p.cmd.Process)
}

// stop ends it for good.
func (p *program) stop() {
	p.mu.Lock()
	p.stopped = true
	p.mu.Unlock()
	p.kill()
	<-p.ended
}

func (p *program) started() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.starts
}

// keep starts a program and stops it when the test ends.
func keep(t *testing.T, p *program) *program {
	t.Helper()
	p.log, p.ended = newTail(t, p.name), make(chan struct{})
	if p.clock == nil {
		p.clock = func() time.Duration { return 0 }
	}
	go p.run()
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("%s was started %s times and wrote at last:\n%s", p.name, strconv.Itoa(p.starts), p.log)
		}
	})
	return p
}

// tail is the end of what a program wrote.
type tail struct {
	mu    sync.Mutex
	b     bytes.Buffer
	whole io.Writer // nil: the end alone is kept
}

// newTail is a tail that is written to a file as well, in the folder that CHAOS_LOGS names.
func newTail(t *testing.T, name string) *tail {
	t.Helper()
	folder := os.Getenv("CHAOS_LOGS")
	if folder == "" {
		return &tail{}
	}
	file, err := os.Create(filepath.Join(folder, strings.ReplaceAll(name, " ", "-")+".log"))
	must(t, err)
	t.Cleanup(func() { _ = file.Close() })
	return &tail{whole: file}
}

// Write implements io.Writer.
func (x *tail) Write(b []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.whole != nil {
		_, _ = x.whole.Write(b) // the run is worth more than its log
	}
	if x.b.Len() > 1<<20 {
		x.b.Next(x.b.Len() / 2)
	}
	return x.b.Write(b)
}

// String is the last of it.
func (x *tail) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	b := x.b.Bytes()
	return string(b[max(0, len(b)-5000):])
}
