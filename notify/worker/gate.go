package worker

import "sync"

// gate is passed before every claim. The zero value is open.
type gate struct {
	mu     sync.Mutex
	inside sync.WaitGroup
	closed chan struct{} // not nil while shut; closed by open
}

// pass waits for the gate to be open and answers true, after which leave must be called, or false when stop is closed.
func (g *gate) pass(stop <-chan struct{}) bool {
	for {
		g.mu.Lock()
		closed := g.closed
		if closed == nil {
			g.inside.Add(1)
			g.mu.Unlock()
			return true
		}
		g.mu.Unlock()
		select {
		case <-closed:
		case <-stop:
			return false
		}
	}
}

func (g *gate) leave() { g.inside.Done() }

// shut closes the gate and waits until nobody is inside.
func (g *gate) shut() {
	g.mu.Lock()
	if g.closed == nil {
		g.closed = make(chan struct{})
	}
	g.mu.Unlock()
	g.inside.Wait()
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed != nil {
		close(g.closed)
		g.closed = nil
	}
}
