package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

// River is riverqueue/river. Tuned, it fetches again after a millisecond instead of a hundred.
type River struct {
	name   string
	apple  *Apple
	pool   *pgxpool.Pool
	client *river.Client[pgx.Tx]
	turn   atomic.Pointer[tally]
	ended  func()
}

// jobTimeout is how long a job of the tuned river may take, and after which its rescuer, which looks every 30 s, takes it for lost.
const jobTimeout = 10 * time.Second

// pushArgs is a job.
type pushArgs struct {
	Receiver
}

// Kind implements river.JobArgs.
func (pushArgs) Kind() string { return "push" }

// pushWorker works jobs.
type pushWorker struct {
	river.WorkerDefaults[pushArgs]
	apple *Apple
}

// Work implements river.Worker.
func (w *pushWorker) Work(ctx context.Context, job *river.Job[pushArgs]) error {
	err := w.apple.Push(ctx, job.Args.Receiver)
	if errors.Is(err, errGone) {
		return river.JobCancel(err)
	}
	return err
}

// NextRetry implements river.Worker.
func (w *pushWorker) NextRetry(job *river.Job[pushArgs]) time.Time {
	return time.Now().Add(again(job.Attempt))
}

// NewRiver makes river's tables in the database and starts a client with so many jobs at a time.
func NewRiver(ctx context.Context, apple *Apple, database string, workers int, tuned bool) (*River, error) {
	r, err := MakeRiver(ctx, apple, database, workers, tuned)
	if err != nil {
		return nil, err
	}
	return r, r.Start()
}

// MakeRiver is NewRiver without the start.
func MakeRiver(ctx context.Context, apple *Apple, database string, workers int, tuned bool) (*River, error) {
	config, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, fmt.Errorf("river: %w", err)
	}
	config.MaxConns = 24 // as many as Budstikke's worker has
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("river: %w", err)
	}
	silent := slog.New(slog.DiscardHandler)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: silent})
	if err != nil {
		return nil, fmt.Errorf("river: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("river: migrate: %w", err)
	}
	r := &River{name: "river, defaults", apple: apple, pool: pool}
	workersOf := river.NewWorkers()
	river.AddWorker(workersOf, &pushWorker{apple: apple})
	settings := &river.Config{Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}}, Workers: workersOf, Logger: silent, MaxAttempts: 6}
	if tuned {
		r.name = "river, tuned"
		settings.FetchCooldown, settings.FetchPollInterval = time.Millisecond, 100*time.Millisecond
		settings.JobTimeout, settings.RescueStuckJobsAfter = jobTimeout, jobTimeout // the least that it takes
	}
	if r.client, err = river.NewClient(riverpgxv5.New(pool), settings); err != nil {
		return nil, fmt.Errorf("river: %w", err)
	}
	events, unsubscribe := r.client.SubscribeConfig(&river.SubscribeConfig{
		ChanSize: 100_000, Kinds: []river.EventKind{river.EventKindJobCompleted, river.EventKindJobCancelled, river.EventKindJobFailed},
	})
	r.ended = unsubscribe
	go r.hear(events)
	return r, nil
}

// Start begins to take work.
func (r *River) Start() error { return r.client.Start(context.Background()) }

// hear ends pushes when river says that their jobs' ends are written.
func (r *River) hear(events <-chan *river.Event) {
	for e := range events {
		if e.Kind == river.EventKindJobFailed && e.Job.State != rivertype.JobStateDiscarded {
			continue // it will be tried again
		}
		if push := pushOf(e.Job.EncodedArgs); push != "" {
			r.turn.Load().end(push)
		}
	}
}

// Name implements Contender.
func (r *River) Name() string { return r.name }

// Send implements Contender.
func (r *River) Send(ctx context.Context, to []Receiver) (Run, error) {
	turn := newTally(to)
	r.turn.Store(turn)
	began := time.Now()
	if err := r.Enqueue(ctx, to, 1); err != nil {
		return Run{}, err
	}
	accepted := time.Since(began)
	if err := turn.wait(ctx); err != nil {
		return Run{Gone: int(r.apple.gone.Load())}, err
	}
	return Run{Accepted: accepted, Total: time.Since(began), Gone: int(r.apple.gone.Load())}, nil
}

// Enqueue inserts jobs by COPY, in one transaction.
func (r *River) Enqueue(ctx context.Context, to []Receiver, priority int) error {
	jobs := make([]river.InsertManyParams, len(to))
	for i, receiver := range to {
		jobs[i] = river.InsertManyParams{Args: pushArgs{receiver}, InsertOpts: &river.InsertOpts{Priority: priority}}
	}
	if _, err := r.client.InsertManyFast(ctx, jobs); err != nil {
		return fmt.Errorf("river: insert: %w", err)
	}
	return nil
}

// Close implements Contender.
func (r *River) Close(ctx context.Context) error {
	err := r.client.Stop(ctx)
	if err != nil { // jobs that would not end
		hard, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		err = errors.Join(err, r.client.StopAndCancel(hard))
	}
	r.ended()
	r.pool.Close()
	return err
}

// pushOf reads which push a job was for.
func pushOf(args []byte) string {
	var a pushArgs
	if err := json.Unmarshal(args, &a); err != nil {
		return ""
	}
	return a.Push
}
