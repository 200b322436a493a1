package local

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// errGone is what freezing a server ends with that does not run.
var errGone = errors.New("the server does not run")

// Freeze stops every process of the server where it stands (SIGSTOP): connections stay open and nothing answers, as on a machine whose disk hangs. Thaw
// lets it go on. It returns ErrNotOurs for a given server.
func (p *Postgres) Freeze() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return freeze(p.private, p.process, syscall.SIGSTOP)
}

// Thaw lets a frozen server go on. It returns ErrNotOurs for a given server.
func (p *Postgres) Thaw() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return freeze(p.private, p.process, syscall.SIGCONT)
}

// Freeze stops the server where it stands (SIGSTOP). It returns ErrNotOurs for a given server, and for the in-process stand-in.
func (r *Redis) Freeze() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return freeze(r.private && r.memory == nil, r.process, syscall.SIGSTOP)
}

// Thaw lets a frozen server go on.
func (r *Redis) Thaw() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return freeze(r.private && r.memory == nil, r.process, syscall.SIGCONT)
}

// freeze sends a signal to a server and its children: each of PostgreSQL's has a session of its own, so that a signal to the group would miss them.
func freeze(ours bool, p *process, sig syscall.Signal) error {
	if !ours {
		return ErrNotOurs
	}
	if p == nil {
		return errGone
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return errGone
	}
	pid := p.cmd.Process.Pid
	if err := syscall.Kill(pid, sig); err != nil { // the parent first: it starts no more children
		return err
	}
	for _, child := range childrenOf(pid) {
		_ = syscall.Kill(child, sig) // it may have ended meanwhile
	}
	return nil
}

// childrenOf lists the processes that a process has started, by /proc; none where there is no /proc.
func childrenOf(parent int) []int {
	var children []int
	entries, _ := filepath.Glob("/proc/[0-9]*")
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(entry, "stat"))
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		if fields := strings.Fields(after); len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			if pid, err := strconv.Atoi(filepath.Base(entry)); err == nil {
				children = append(children, pid)
			}
		}
	}
	return children
}
