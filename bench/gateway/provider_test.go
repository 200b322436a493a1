package gateway

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

// provider is the sandbox in a process of its own, as providers are.
type provider struct {
	sandbox.Manifest
	pid int
}

// startProvider starts bin/budstikke sandbox; `make bench` builds it. Its journal is as long as it is by itself.
func startProvider(b *testing.B) *provider {
	b.Helper()
	return startProviderThatKeeps(b, 200_000)
}

// startProviderThatKeeps starts one whose journal holds so many pushes: what it has forgotten is counted neither as a duplicate nor as a receiver.
func startProviderThatKeeps(b *testing.B, pushes int) *provider {
	b.Helper()
	program, err := filepath.Abs("../../bin/budstikke")
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(program, "sandbox", "--port", "0", "--keep", strconv.Itoa(pushes))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatalf("%v (make build makes it)", err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatalf("the sandbox did not start: %v", err)
	}
	ctx, cancel := context.WithTimeout(b.Context(), 30*time.Second)
	defer cancel()
	m, err := sandbox.FetchManifest(ctx, strings.TrimSpace(line[strings.Index(line, "http://"):]), func(error) {})
	if err != nil {
		b.Fatal(err)
	}
	return &provider{Manifest: m, pid: cmd.Process.Pid}
}

// conditions are what the provider is like during a turn.
type conditions struct {
	latency time.Duration
	errors  bool // 1 % 410, 1 % 429, 1 % 503, 0.5 % taken and then not answered
}

// name says it in a word.
func (c conditions) name() string {
	if c.errors {
		return fmt.Sprintf("%d ms, errors", c.latency.Milliseconds())
	}
	return fmt.Sprintf("%d ms", c.latency.Milliseconds())
}

// become sets the conditions and forgets what has arrived.
func (p *provider) become(b *testing.B, c conditions) {
	b.Helper()
	p.call(b, http.MethodDelete, "/faults", nil)
	p.call(b, http.MethodDelete, "/journal", nil)
	p.call(b, http.MethodPut, "/latency/apns", map[string]string{"latency": c.latency.String()})
	if c.errors {
		for _, f := range []sandbox.Fault{
			{Mode: "410", Rate: 0.01}, {Mode: "429", Rate: 0.01, RetryAfter: 1}, {Mode: "503", Rate: 0.01}, {Mode: sandbox.ModeDropAfterAccept, Rate: 0.005},
		} {
			p.call(b, http.MethodPost, "/faults/apns", f)
		}
	}
}

// delay makes a provider answer so much later.
func (p *provider) delay(b *testing.B, of sandbox.Provider, by time.Duration) {
	b.Helper()
	p.call(b, http.MethodPut, "/latency/"+string(of), map[string]string{"latency": by.String()})
}

// tally asks what has arrived since the last become.
func (p *provider) tally(b *testing.B, by sandbox.Provider) sandbox.Tally {
	b.Helper()
	response, err := http.Get(p.Addresses.Control + "/stats")
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var all map[sandbox.Provider]sandbox.Tally
	if err := json.NewDecoder(response.Body).Decode(&all); err != nil {
		b.Fatal(err)
	}
	return all[by]
}

// journal is what has arrived since the last become, the newest so many; all of it with 0.
func (p *provider) journal(b *testing.B, of sandbox.Provider, newest int) []sandbox.Delivered {
	b.Helper()
	address := p.Addresses.Control + "/journal?provider=" + string(of)
	if newest > 0 {
		address += "&limit=" + strconv.Itoa(newest)
	}
	response, err := http.Get(address)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	var list []sandbox.Delivered
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		b.Fatalf("the journal: %v", err)
	}
	return list
}

func (p *provider) call(b *testing.B, method, path string, body any) {
	b.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		b.Fatal(err)
	}
	request, err := http.NewRequestWithContext(b.Context(), method, p.Addresses.Control+path, bytes.NewReader(text))
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode >= http.StatusBadRequest {
		b.Fatalf("%s %s: %s", method, path, response.Status)
	}
}
