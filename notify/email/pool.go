package email

import (
	"context"
	"sync"
	"time"
)

// pool keeps signed-in connections. A slot is the right to have one connection open and busy.
type pool struct {
	config Config
	slots  chan struct{}

	mu     sync.Mutex
	idle   []*session // the most recently used last
	closed bool
	busy   sync.WaitGroup
}

func newPool(c Config) *pool { return &pool{config: c, slots: make(chan struct{}, c.Connections)} }

// enter waits for a slot, at most until ctx ends; leave must follow when it returns true. It returns false after close, too.
func (p *pool) enter(ctx context.Context) bool {
	p.mu.Lock()
	if p.closed || ctx.Err() != nil {
		p.mu.Unlock()
		return false
	}
	p.busy.Add(1)
	p.mu.Unlock()
	select {
	case p.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		p.busy.Done()
		return false
	}
}

func (p *pool) leave() {
	<-p.slots
	p.busy.Done()
}

// take returns a kept session, or a new one if there is none or fresh is wanted. kept tells which it was.
func (p *pool) take(ctx context.Context, fresh bool) (s *session, kept bool, err error) {
	if !fresh {
		p.mu.Lock()
		if n := len(p.idle); n > 0 {
			s = p.idle[n-1]
			p.idle = p.idle[:n-1]
			s.idle.Stop()
		}
		p.mu.Unlock()
	}
	if s != nil {
		return s, true, nil
	}
	s, err = connect(ctx, p.config)
	return s, false, err
}

// put takes a session back, or says goodbye when it is used up.
func (p *pool) put(s *session) {
	p.mu.Lock()
	keep := !p.closed && s.mails < p.config.MailsPerConnection && len(p.idle) < p.config.Connections
	if keep {
		s.idle = time.AfterFunc(p.config.IdleTimeout, func() { p.expire(s) })
		p.idle = append(p.idle, s)
	}
	p.mu.Unlock()
	if !keep { // in the background: the mail is sent, its result must not wait for a goodbye
		p.busy.Go(s.quit)
	}
}

// expire closes a session that nobody has taken.
func (p *pool) expire(s *session) {
	p.mu.Lock()
	found := false
	for i, other := range p.idle {
		if other == s {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			found = true
			break
		}
	}
	p.mu.Unlock()
	if found {
		s.quit()
	}
}

// close lets nobody in, waits for the busy sessions until ctx ends, and closes the idle ones.
func (p *pool) close(ctx context.Context) {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	done := make(chan struct{})
	go func() { p.busy.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, s := range idle {
		s.idle.Stop()
		s.quit()
	}
}
