package boot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// DefaultStop is how long a part may take to stop when it does not say.
const DefaultStop = 10 * time.Second

// Part is one thing that a process runs: a server, a worker, a connection pool. Every function may be nil.
type Part struct {
	// Name is what logs and errors call it.
	Name string
	// Start returns when the part is ready for the parts after it. Its context ends when the process is told to stop.
	Start func(ctx context.Context) error
	// Serve does the part's work and returns when it is done or failed; either ends the whole process. Its context
	// ends when Stop has returned, or at once when there is no Stop and the part's turn to stop has come.
	Serve func(ctx context.Context) error
	// Stop tells the part to finish what it is doing and to take nothing new. Its context has the part's deadline.
	Stop func(ctx context.Context) error
	// StopIn is the deadline for stopping; DefaultStop when zero.
	StopIn time.Duration
}

// running is a part that was started.
type running struct {
	Part
	cancel context.CancelFunc
	served chan struct{} // closed when Serve has returned
}

// Run starts the parts in order and returns when all of them have stopped again. On SIGINT or SIGTERM, when ctx
// ends, or when a part's Serve returns, the parts are stopped in reverse order, each within its deadline; a second
// signal ends every deadline at once. The error holds what went wrong first, and what went wrong while stopping;
// it is nil after a signal and an orderly end.
func Run(ctx context.Context, log *slog.Logger, parts ...Part) error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	return run(ctx, log, signals, parts)
}

func run(ctx context.Context, log *slog.Logger, signals <-chan os.Signal, parts []Part) error {
	life, die := context.WithCancelCause(ctx) // ends when it is time to stop
	defer die(nil)
	hurry, now := context.WithCancel(context.WithoutCancel(ctx)) // ends when there is no time to stop
	defer now()
	finished := make(chan struct{})
	defer close(finished)
	go listen(log, signals, func() { die(errSignal) }, now, finished)

	var started []running
	for _, part := range parts {
		if life.Err() != nil {
			break
		}
		if part.Start != nil {
			if err := part.Start(life); err != nil {
				die(fmt.Errorf("starting %s: %w", part.Name, err))
				break
			}
		}
		log.Debug("started", "part", part.Name)
		started = append(started, serve(context.WithoutCancel(ctx), log, part, die))
	}
	<-life.Done()
	cause := context.Cause(life)
	if errors.Is(cause, errSignal) || errors.Is(cause, errDone) || errors.Is(cause, context.Canceled) {
		cause = nil
	}
	all := []error{cause}
	for _, part := range slices.Backward(started) {
		all = append(all, part.stop(hurry, log))
	}
	return errors.Join(all...)
}

var (
	errSignal = errors.New("told to stop by a signal")
	errDone   = errors.New("a part has done its work")
)

// listen turns the first signal into the end of life and the second into the end of patience.
func listen(log *slog.Logger, signals <-chan os.Signal, first, second func(), finished <-chan struct{}) {
	for _, react := range []func(){first, second} {
		select {
		case sig := <-signals:
			log.Info("stopping", "signal", sig.String())
			react()
		case <-finished:
			return
		}
	}
}

// serve runs the part's Serve, whose return ends the process.
func serve(ctx context.Context, log *slog.Logger, part Part, die context.CancelCauseFunc) running {
	ctx, cancel := context.WithCancel(ctx)
	r := running{Part: part, cancel: cancel, served: make(chan struct{})}
	if part.Serve == nil {
		close(r.served)
		return r
	}
	go func() {
		defer close(r.served)
		err := part.Serve(ctx)
		switch {
		case err == nil || (ctx.Err() != nil && errors.Is(err, ctx.Err())):
			die(errDone)
		default:
			log.Error("a part ended with an error", "part", part.Name, "error", err)
			die(fmt.Errorf("%s: %w", part.Name, err))
		}
	}()
	return r
}

// stop ends one part within its deadline and says if it did not.
func (r running) stop(hurry context.Context, log *slog.Logger) error {
	defer r.cancel()
	within := r.StopIn
	if within == 0 {
		within = DefaultStop
	}
	ctx, cancel := context.WithTimeout(hurry, within)
	defer cancel()
	stopped := make(chan error, 1)
	go func() {
		var err error
		if r.Stop != nil {
			err = r.Stop(ctx)
		}
		r.cancel()
		<-r.served
		stopped <- err
	}()
	select {
	case err := <-stopped:
		if err != nil {
			return fmt.Errorf("stopping %s: %w", r.Name, err)
		}
		log.Debug("stopped", "part", r.Name)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stopping %s: it did not stop in time", r.Name)
	}
}
