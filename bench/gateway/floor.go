package gateway

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Floor is a loop over apns2: no queue, nothing kept. Nobody who sends through apns2 can be faster, and nothing that it has sent is known
// after a crash.
type Floor struct {
	apple   *Apple
	workers int
}

// NewFloor returns the loop with so many sends at a time.
func NewFloor(apple *Apple, workers int) *Floor { return &Floor{apple: apple, workers: workers} }

// Name implements Contender.
func (f *Floor) Name() string { return "bare apns2" }

// Send implements Contender. A push that is to be tried again waits in its worker's place.
func (f *Floor) Send(ctx context.Context, to []Receiver) (Run, error) {
	began := time.Now()
	work := make(chan Receiver, f.workers)
	var sending sync.WaitGroup
	for range f.workers {
		sending.Go(func() {
			for r := range work {
				f.push(ctx, r)
			}
		})
	}
	for _, r := range to {
		work <- r
	}
	close(work)
	sending.Wait()
	return Run{Total: time.Since(began), Gone: int(f.apple.gone.Load())}, ctx.Err()
}

func (f *Floor) push(ctx context.Context, r Receiver) {
	for attempt := 1; attempt <= 5; attempt++ {
		err := f.apple.Push(ctx, r)
		if err == nil || errors.Is(err, errGone) {
			return
		}
		select {
		case <-time.After(again(attempt)):
		case <-ctx.Done():
			return
		}
	}
}

// Close implements Contender.
func (f *Floor) Close(context.Context) error { return nil }
