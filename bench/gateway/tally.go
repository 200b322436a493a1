package gateway

import (
	"context"
	"sync"
)

// tally counts ends of a turn's pushes. Each push counts once, however often it is heard of.
type tally struct {
	mu   sync.Mutex
	left map[string]bool
	done chan struct{}
}

func newTally(to []Receiver) *tally {
	t := &tally{left: make(map[string]bool, len(to)), done: make(chan struct{})}
	for _, r := range to {
		t.left[r.Push] = true
	}
	return t
}

// end notes that nothing more will happen to a push.
func (t *tally) end(push string) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.left[push] {
		delete(t.left, push)
		if len(t.left) == 0 {
			close(t.done)
		}
	}
}

// wait returns when every push has ended.
func (t *tally) wait(ctx context.Context) error {
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
