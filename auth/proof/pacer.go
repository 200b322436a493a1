package proof

import (
	"context"
	"errors"
	"sync"
	"time"

	"budstikke.example/auth/password"
)

const (
	// DefaultStrangers lets every member of a large municipality's staff in within five minutes on devices of which none is known yet (B14), and no
	// stolen list faster than that (P10).
	DefaultStrangers = 40
	// longestPace is how long a try may wait for its turn; the hasher has a wait of its own.
	longestPace = 3 * time.Second
)

// pacer lets tries through one by one, at most so many a second. Whoever has signed in where they are before does not pass it, so that an attack
// makes nobody wait who is known. The zero pacer is ready.
type pacer struct {
	mu   sync.Mutex
	next time.Time
}

// wait returns when it is the caller's turn. Error: password.ErrBusy when that would take too long.
func (p *pacer) wait(ctx context.Context, rate int) error {
	p.mu.Lock()
	now := time.Now()
	turn := p.next
	if turn.Before(now) {
		turn = now
	}
	wait := turn.Sub(now)
	if wait > longestPace {
		p.mu.Unlock()
		return password.ErrBusy
	}
	p.next = turn.Add(time.Second / time.Duration(rate))
	p.mu.Unlock()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errors.Join(password.ErrBusy, ctx.Err())
	}
}
