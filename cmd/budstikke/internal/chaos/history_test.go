package chaos

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// episode is a fault as it was made: from when to when, and for a kill which ports the process had connections from, so that what it had sent can be told
// from what the others sent.
type episode struct {
	step
	from, to time.Time
	ports    map[string]bool
}

// history is what was broken when.
type history struct {
	mu       sync.Mutex
	episodes []episode
}

func (h *history) add(e episode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.episodes = append(h.episodes, e)
}

// during lists what was broken at any time between two moments. A fault counts for a moment longer: what it has upset takes that long.
func (h *history) during(from, to time.Time, wanted func(step) bool) []episode {
	const aftermath = 500 * time.Millisecond
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []episode
	for _, e := range h.episodes {
		if wanted(e.step) && e.from.Before(to) && e.to.Add(aftermath).After(from) {
			list = append(list, e)
		}
	}
	return list
}

// killed finds the first kill of a worker after a moment that had a connection from an address.
func (h *history) killed(peer string, after time.Time) (episode, bool) {
	port := peer[strings.LastIndexByte(peer, ':')+1:]
	h.mu.Lock()
	defer h.mu.Unlock()
	var first episode
	for _, e := range h.episodes {
		if e.fault == killWorker && e.ports[port] && e.to.After(after) && (first.from.IsZero() || e.from.Before(first.from)) {
			first = e
		}
	}
	return first, !first.from.IsZero()
}

// kinds names episodes, each kind once.
func kinds(list []episode) string {
	var names []string
	seen := map[string]bool{}
	for _, e := range list {
		name := e.kind()
		if e.fault == badProvider {
			name = string(e.provider) + " " + e.mode.Mode
		}
		if !seen[name] {
			seen[name], names = true, append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// of tells whether a step makes PostgreSQL unable to take a result.
func ofPostgres(s step) bool {
	switch s.fault {
	case crashPostgres, freezePostgres, holePostgres, fillDisk, failOver:
		return true
	}
	return false
}

// last stops a process, reads from which local ports it has connections, and kills it: it sends nothing between the two. Without /proc there are no
// ports, and a kill explains nothing.
func last(p *os.Process) map[string]bool {
	_ = p.Signal(syscall.SIGSTOP) // it may have ended by itself, as below
	ports := portsOf(p.Pid)
	_ = p.Kill()
	return ports
}

func portsOf(pid int) map[string]bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	sockets := map[string]bool{}
	files, _ := filepath.Glob(filepath.Join(proc, "fd", "*"))
	for _, file := range files {
		target, err := os.Readlink(file)
		if inode, is := strings.CutPrefix(target, "socket:["); err == nil && is {
			sockets[strings.TrimSuffix(inode, "]")] = true
		}
	}
	ports := map[string]bool{}
	for _, table := range []string{"tcp", "tcp6"} {
		text, _ := os.ReadFile(filepath.Join(proc, "net", table))
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line) // sl, local, remote, state, queues, timer, retransmissions, uid, timeout, inode
			if len(fields) < 10 || !sockets[fields[9]] {
				continue
			}
			_, hex, _ := strings.Cut(fields[1], ":")
			if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
				ports[strconv.FormatUint(port, 10)] = true
			}
		}
	}
	return ports
}
