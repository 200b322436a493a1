package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

// Worker is a running notify worker. Several may run at the same time, in one process or in many.
type Worker struct {
	config   Config
	outbox   *outbox.Outbox
	log      *slog.Logger
	carriers []*carrier
	lanes    []outbox.Lane
	ear      *queue.Ear // nil: there is no belt
	broken   int64      // entries that were no refs and are logged; the relay's own
	settler  *settler
	stats    *counters
	metrics  *metrics
	traces   *traces

	beltHere atomic.Bool
	stopping chan struct{}
	stopOnce sync.Once

	stopTraces sync.Once
	gate       gate

	sendCtx    context.Context // ends when the patience of Stop ends
	cancelSend context.CancelFunc
	loops      sync.WaitGroup // carriers and relay
	sends      sync.WaitGroup
}

// ErrForced is returned by Stop when its context ended before everything had been finished: what was on its way may arrive twice.
var ErrForced = errors.New("worker: stopped before everything was finished; what was on its way will be tried again")

// New checks the configuration and returns a worker that does nothing yet. Every mistake is reported at once.
func New(c Config) (*Worker, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	w := &Worker{config: c, outbox: outbox.New(c.DB, c.Terms), log: c.Logger, stats: newCounters(), metrics: newMetrics(), stopping: make(chan struct{})}
	var served []notify.Provider
	for _, p := range notify.Providers() {
		send := c.sender(p)
		if send == nil {
			continue
		}
		total := c.Slots[p]
		if total <= 0 {
			total = DefaultSlots(p)
		}
		served = append(served, p)
		pool := newSlots(total)
		w.carriers = append(w.carriers, &carrier{w: w, provider: p, slots: pool, valve: newValve(pool.total, c.Rates[p], w.noteBreaker(p, pool)), send: send})
	}
	if len(served) == 0 {
		return nil, errors.New("worker: no sender is configured: nothing could ever leave")
	}
	if err := c.checkSynthetic(served); err != nil {
		return nil, err
	}
	w.lanes = queue.Lanes(served...)
	w.settler, w.traces = newSettler(w), newTraces(c.Tracer, w.outbox)
	return w, nil
}

// Start begins to work. Redis and Postgres may be away: the worker waits for them. The end of ctx lets it take nothing new; Stop must be
// called all the same.
func (w *Worker) Start(ctx context.Context) {
	context.AfterFunc(ctx, w.takeNothingNew)
	w.sendCtx, w.cancelSend = context.WithCancel(context.WithoutCancel(ctx))
	w.beltHere.Store(w.config.Queue != nil)
	if w.config.Queue != nil {
		if err := w.config.Queue.Check(ctx); errors.Is(err, queue.ErrEviction) {
			w.log.WarnContext(ctx, "notify: the belt may lose notices for some seconds", "error", err)
		}
	}
	go w.settler.run()
	if w.traces != nil {
		go w.traces.run()
	}
	if w.config.Queue != nil {
		providers := make([]notify.Provider, len(w.carriers))
		for i, c := range w.carriers {
			providers[i] = c.provider
		}
		w.ear = w.config.Queue.Listen(providers...)
	}
	for _, c := range w.carriers {
		if w.ear != nil {
			c.reader = w.ear.Reader(c.provider)
		}
		w.loops.Go(c.run)
	}
	w.loops.Go(w.leases)
	w.loops.Go(w.relay)
	if len(w.config.Synthetic) > 0 {
		w.loops.Go(w.synthesize)
	}
	if asker, can := w.config.SMS.(Asker); can {
		w.loops.Go(func() { w.receipts(asker) })
	}
}

// Stop takes nothing new, lets what is on its way finish, writes every result and returns. When ctx ends first, calls to providers are
// broken off and their deliveries become due again: ErrForced. Stop may be called more than once.
func (w *Worker) Stop(ctx context.Context) error {
	w.takeNothingNew()
	forced := false
	drained := make(chan struct{})
	go func() {
		w.loops.Wait()
		w.sends.Wait()
		close(drained)
	}()
	select {
	case <-drained:
	case <-ctx.Done():
		forced = true
		w.cancelSend()
		grace := time.NewTimer(lastTry)
		select {
		case <-drained: // senders obey their context
		case <-grace.C: // but may wait to hand over results that nobody can write
			w.settler.hurryUp()
			<-drained
		}
		grace.Stop()
	}
	if err := w.settler.stop(ctx); err != nil {
		forced = true
	}
	w.stopTraces.Do(w.traces.stop)
	w.cancelSend()
	if w.ear != nil {
		_ = w.ear.Close()
		leaving, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := w.ear.Leave(leaving); err != nil {
			w.log.DebugContext(ctx, "notify: the belt was not told", "error", err)
		}
	}
	if forced {
		return fmt.Errorf("%w (%w)", ErrForced, context.Cause(ctx))
	}
	return nil
}

func (w *Worker) takeNothingNew() {
	w.stopOnce.Do(func() { close(w.stopping) })
}

func (w *Worker) stopped() bool {
	select {
	case <-w.stopping:
		return true
	default:
		return false
	}
}

// rest waits for d, or less when the worker stops; it answers whether to go on.
func (w *Worker) rest(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !w.stopped()
	case <-w.stopping:
		return false
	}
}

// belt keeps whether the belt can be used, and tells when that changes.
func (w *Worker) belt(here bool, cause error) {
	if w.beltHere.Swap(here) == here {
		return
	}
	if here {
		w.log.Info("notify: the belt is back")
	} else {
		w.stats.beltLost.Add(1)
		w.log.Warn("notify: the belt is away, asking Postgres instead", "error", cause)
	}
	if w.config.Signals.Belt != nil {
		w.config.Signals.Belt(here)
	}
}

// Pause keeps the worker from claiming and returns when no claim is being made; what is claimed already is still sent. Demonstrations and
// tests use it to do something between a commit and its sending (V15). Resume ends it, and so does Stop.
func (w *Worker) Pause() { w.gate.shut() }

// Resume ends a Pause.
func (w *Worker) Resume() { w.gate.open() }
