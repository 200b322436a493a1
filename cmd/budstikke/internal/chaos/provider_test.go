package chaos

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"budstikke.example/notify/sandbox"
)

// notice is what a provider took for one receiver about one thing.
type notice struct {
	kind, subject string // as the link in it says
	to            string
}

// arrival is what became of a notice at the provider.
type arrival struct {
	channel sandbox.Channel
	first   time.Time
	copies  map[string][]taking // by what makes a copy a duplicate; SMS: the delivery that its receipts are for; oldest first
}

// taking is one time that a provider took a notice.
type taking struct {
	provider   sandbox.Provider
	at         time.Time
	peer       string // the address of the sender's connection
	unanswered bool
}

// provider is the sandbox in a process of its own, and what it has taken so far.
type provider struct {
	control string

	mu    sync.Mutex
	since uint64
	taken map[notice]*arrival
	odd   int // what names nothing
}

func startProvider(t *testing.T, binary string) *provider {
	t.Helper()
	cmd := exec.Command(binary, "sandbox", "--port", "0")
	cmd.Stderr = &tail{}
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the sandbox did not start: %v", err)
	}
	return &provider{control: strings.TrimSpace(line[strings.Index(line, "http://"):]), taken: map[notice]*arrival{}}
}

var (
	link    = regexp.MustCompile(`/open/([a-z_]+)/([0-9a-f-]{36})`)
	receipt = regexp.MustCompile(`StatusCallback=[^&]*?([0-9a-f]{8}-[0-9a-f-]{27})(?:&|$)`)
)

// look takes over what has arrived since it was asked last, and tells how many notices there are.
func (p *provider) look() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	res, err := http.Get(p.control + "/journal?raw=1&since=" + strconv.FormatUint(p.since, 10))
	if err != nil {
		return len(p.taken), err
	}
	defer res.Body.Close()
	var new []sandbox.Delivered
	if err := json.NewDecoder(res.Body).Decode(&new); err != nil {
		return len(p.taken), err
	}
	for _, d := range new {
		p.since = max(p.since, d.Seq)
		about := link.FindStringSubmatch(d.Body)
		if about == nil {
			about = link.FindStringSubmatch(string(d.Raw))
		}
		if about == nil {
			p.odd++
			continue
		}
		n := notice{kind: about[1], subject: about[2], to: d.To}
		a := p.taken[n]
		if a == nil {
			a = &arrival{channel: d.Channel, first: d.At, copies: map[string][]taking{}}
			p.taken[n] = a
		}
		key := d.Key
		if named := receipt.FindSubmatch(d.Raw); named != nil {
			key = string(named[1])
		}
		a.copies[key] = append(a.copies[key], taking{d.Provider, d.At, d.Peer, d.Unanswered})
	}
	return len(p.taken), nil
}

// fault switches something on at a provider.
func (p *provider) fault(at sandbox.Provider, f sandbox.Fault) error {
	body, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return p.call(http.MethodPost, "/faults/"+string(at), body)
}

// mend switches everything off.
func (p *provider) mend(at sandbox.Provider) error {
	return p.call(http.MethodDelete, "/faults/"+string(at), nil)
}

func (p *provider) call(method, path string, body []byte) error {
	req, err := http.NewRequest(method, p.control+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return errorOf(res)
	}
	return nil
}
