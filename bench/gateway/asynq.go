package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
)

// enqueuers is how many goroutines hand work to asynq, which takes one task per call (its batches are not released yet).
const enqueuers = 16

// Asynq is hibiken/asynq. Tuned, it looks for work every 10 ms instead of every second, and for what is to be tried again every 250 ms instead
// of every 5 s.
type Asynq struct {
	name   string
	apple  *Apple
	client *asynq.Client
	server *asynq.Server
	look   *asynq.Inspector
	turn   atomic.Pointer[tally]
}

// NewAsynq starts a server with so many tasks at a time.
func NewAsynq(apple *Apple, redis string, workers int, tuned bool) (*Asynq, error) {
	a, err := MakeAsynq(apple, redis, workers, tuned)
	if err != nil {
		return nil, err
	}
	return a, a.Start()
}

// MakeAsynq is NewAsynq without the start.
func MakeAsynq(apple *Apple, redis string, workers int, tuned bool) (*Asynq, error) {
	options, err := asynq.ParseRedisURI(redis)
	if err != nil {
		return nil, fmt.Errorf("asynq: %w", err)
	}
	a := &Asynq{name: "asynq, defaults", apple: apple, client: asynq.NewClient(options), look: asynq.NewInspector(options)}
	config := asynq.Config{
		Concurrency: workers, LogLevel: asynq.FatalLevel, Queues: map[string]int{"critical": 2, "routine": 1}, StrictPriority: true,
	}
	if tuned {
		a.name = "asynq, tuned"
		config.TaskCheckInterval, config.DelayedTaskCheckInterval = 10*time.Millisecond, 250*time.Millisecond
		config.RetryDelayFunc = func(n int, _ error, _ *asynq.Task) time.Duration { return again(n + 1) }
	}
	a.server = asynq.NewServer(options, config)
	return a, nil
}

// Start begins to take work.
func (a *Asynq) Start() error { return a.server.Start(asynq.HandlerFunc(a.handle)) }

func (a *Asynq) handle(ctx context.Context, task *asynq.Task) error {
	var r Receiver
	if err := json.Unmarshal(task.Payload(), &r); err != nil {
		return errors.Join(err, asynq.SkipRetry)
	}
	err := a.apple.Push(ctx, r)
	switch {
	case errors.Is(err, errGone):
		a.turn.Load().end(r.Push)
		return errors.Join(err, asynq.SkipRetry)
	case err != nil:
		return err
	}
	a.turn.Load().end(r.Push)
	return nil
}

// Name implements Contender.
func (a *Asynq) Name() string { return a.name }

// Send implements Contender.
func (a *Asynq) Send(ctx context.Context, to []Receiver) (Run, error) {
	turn := newTally(to)
	a.turn.Store(turn)
	began := time.Now()
	if err := a.Enqueue(ctx, to, "critical"); err != nil {
		return Run{}, err
	}
	accepted := time.Since(began)
	if err := turn.wait(ctx); err != nil {
		return Run{Gone: int(a.apple.gone.Load())}, err
	}
	for ctx.Err() == nil { // the last tasks are taken off the queue after their handler returned
		info, err := a.look.GetQueueInfo("critical")
		if err != nil {
			return Run{}, fmt.Errorf("asynq: %w", err)
		}
		if info.Pending+info.Active+info.Retry == 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	return Run{Accepted: accepted, Total: time.Since(began), Gone: int(a.apple.gone.Load())}, ctx.Err()
}

// Enqueue puts tasks on a queue.
func (a *Asynq) Enqueue(ctx context.Context, to []Receiver, queue string) error {
	work := make(chan Receiver, enqueuers)
	var adding sync.WaitGroup
	var failed atomic.Pointer[error]
	for range enqueuers {
		adding.Go(func() {
			for r := range work {
				payload, err := json.Marshal(r)
				if err == nil {
					_, err = a.client.EnqueueContext(ctx, asynq.NewTask("push", payload), asynq.Queue(queue), asynq.MaxRetry(5), asynq.Timeout(30*time.Second))
				}
				if err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	for _, r := range to {
		work <- r
	}
	close(work)
	adding.Wait()
	if err := failed.Load(); err != nil {
		return fmt.Errorf("asynq: enqueue: %w", *err)
	}
	return nil
}

// Close implements Contender.
func (a *Asynq) Close(context.Context) error {
	a.server.Shutdown()
	return errors.Join(a.client.Close(), a.look.Close())
}
