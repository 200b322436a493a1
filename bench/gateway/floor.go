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

// FloorLanes is the loop over two channels: each send that ends takes the next critical receiver, and a routine one only when there is none.
type FloorLanes struct {
	floor             *Floor
	critical, routine chan Receiver
	turn              *tally // of critical ones
	sending           sync.WaitGroup
	stop              context.CancelFunc
}

// NewFloorLanes returns the loop with room for so many receivers of each kind.
func NewFloorLanes(apple *Apple, workers, critical, routine int) *FloorLanes {
	return &FloorLanes{floor: NewFloor(apple, workers), critical: make(chan Receiver, critical), routine: make(chan Receiver, routine)}
}

// Start begins to send to the routine receivers.
func (f *FloorLanes) Start(ctx context.Context, routine []Receiver) {
	for _, r := range routine {
		f.routine <- r
	}
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	for range f.floor.workers {
		f.sending.Go(func() {
			for ctx.Err() == nil {
				f.next(ctx)
			}
		})
	}
}

func (f *FloorLanes) next(ctx context.Context) {
	select {
	case r := <-f.critical:
		f.floor.push(ctx, r)
		f.turn.end(r.Push)
		return
	default:
	}
	select {
	case r := <-f.critical:
		f.floor.push(ctx, r)
		f.turn.end(r.Push)
	case r := <-f.routine:
		f.floor.push(ctx, r)
	case <-ctx.Done():
	}
}

// Critical sends to the critical receivers, once, and returns when all have been answered.
func (f *FloorLanes) Critical(ctx context.Context, to []Receiver) error {
	f.turn = newTally(to)
	for _, r := range to {
		f.critical <- r
	}
	return f.turn.wait(ctx)
}

// Name says what it is, for the tables.
func (f *FloorLanes) Name() string { return "bare apns2, two channels" }

// Close gives up what has not been sent.
func (f *FloorLanes) Close(context.Context) error {
	f.stop()
	f.sending.Wait()
	return nil
}
