package worker

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

const (
	settleBatch   = 500
	settleEvery   = 5 * time.Millisecond // how long the first result of a batch waits for more
	settleAtOnce  = 8                    // after a batch smaller than this it does not wait: a worker that dies has sent again what it had not written (B3)
	settleTimeout = 5 * time.Second
	// What is not written is tried again so soon, because others take over once the database has answered for a while: see steadyAfter.
	settleWaitMost = 500 * time.Millisecond
	settleAlone    = 16          // results that the database fails at and that are written by themselves, while others go on
	lastTry        = time.Second // for results that are still unwritten when Stop's patience has ended
	// A claim waits so long at most for results that could not be written, and looks so often. An alert that leaves twice is better than one that never does.
	lateMost = 15 * time.Second
	lateLook = 10 * time.Millisecond
)

// finished is a delivery with its result.
type finished struct {
	held
	settlement outbox.Settlement
}

// settler writes results in batches, and acknowledges what was taken from the belt. Critical results have a line and a connection of their own: the end of
// an alert waits for no routine one (B14).
type settler struct {
	w       *Worker
	results map[notify.Urgency]chan finished
	acks    chan []queue.Message
	written chan struct{} // closed when every result has been written
	acked   chan struct{} // closed when every acknowledgement has been sent
	hurry   chan struct{} // closed when there is no more time for repetitions
	lost    atomic.Bool   // some results were given up
	writing sync.WaitGroup
	alone   chan struct{}                   // holds one for each result that is written by itself
	late    map[notify.Urgency]*atomic.Bool // the database was away, and not all results that wait since are written
	once    sync.Once
	giveUp  sync.Once
}

func newSettler(w *Worker) *settler {
	return &settler{
		w: w, results: map[notify.Urgency]chan finished{
			notify.UrgencyCritical: make(chan finished, 4*settleBatch), notify.UrgencyRoutine: make(chan finished, 4*settleBatch),
		}, acks: make(chan []queue.Message, 1024),
		written: make(chan struct{}), acked: make(chan struct{}), hurry: make(chan struct{}),
		alone: make(chan struct{}, settleAlone),
		late:  map[notify.Urgency]*atomic.Bool{notify.UrgencyCritical: {}, notify.UrgencyRoutine: {}},
	}
}

// caughtUp waits until no results of an urgency are late, for lateMost at most. A claim is not on the disk when its deliveries leave: a database that crashes
// forgets it, and has them due again when it is back, while we still hold what became of them. Written first, it says that they have left (B3).
func (s *settler) caughtUp(u notify.Urgency) {
	for end := time.Now().Add(lateMost); s.late[u].Load() && time.Now().Before(end); {
		if !s.w.rest(lateLook) {
			return
		}
	}
}

func (s *settler) put(f finished) {
	if f.delivery.Urgency == notify.UrgencyCritical {
		s.results[notify.UrgencyCritical] <- f
	} else {
		s.results[notify.UrgencyRoutine] <- f
	}
}

// acknowledge takes messages off the belt, later and without waiting: those that are forgotten come up as stale and are not claimed. messages must not be
// changed afterwards.
func (s *settler) acknowledge(messages []queue.Message) {
	if len(messages) == 0 || !s.w.beltHere.Load() {
		return
	}
	select {
	case s.acks <- messages:
	default:
	}
}

func (s *settler) run() {
	go s.ack()
	for urgency, results := range s.results {
		s.writing.Go(func() {
			last := 0
			for first := range results {
				batch := collect(first, results, last >= settleAtOnce)
				s.write(batch, false)
				last = len(batch)
				if len(results) == 0 {
					s.late[urgency].Store(false)
				}
			}
		})
	}
	s.writing.Wait()
	close(s.acks)
	close(s.written)
}

// collect makes a batch of a result and those that are there, and, when it is to wait, those that come within settleEvery.
func collect(first finished, results <-chan finished, wait bool) []finished {
	batch := []finished{first}
	timer := time.NewTimer(settleEvery)
	defer timer.Stop()
	for len(batch) < settleBatch && (wait || len(results) > 0) {
		select {
		case f, open := <-results:
			if !open {
				return batch
			}
			batch = append(batch, f)
		case <-timer.C:
			return batch
		}
	}
	return batch
}

// write settles a batch. While Postgres is away it repeats: the results are facts, and losing them would send everything twice. Where it fails at something in
// the batch, it halves it; a result that it fails at alone is written by itself, so that the others do not wait, and given up when its lease is over. suspected
// says that something in the batch took too long before.
func (s *settler) write(batch []finished, suspected bool) {
	for wait := errorWait; ; wait = min(wait*2, settleWaitMost) {
		err := s.settle(batch)
		if err == nil {
			return
		}
		inside := outbox.FaultOf(err) == outbox.FaultInside
		if outbox.FaultOf(err) == outbox.FaultSlow {
			inside, suspected = suspected && !s.hurried() && s.w.answers(), true
		}
		switch {
		case inside && len(batch) > 1:
			s.write(batch[:len(batch)/2], suspected)
			s.write(batch[len(batch)/2:], suspected)
			return
		case inside && s.hopeless(batch[0], err):
			s.lose(batch[0], err)
			return
		case inside && s.byItself(batch[0]):
			return
		}
		if outbox.Away(err) {
			s.late[batch[0].delivery.Urgency].Store(true)
		}
		s.w.log.Error("notify: results are not written", "results", len(batch), "error", err)
		if !s.again(wait) {
			s.lost.Store(true)
			return
		}
	}
}

// settle tries once to write a batch.
func (s *settler) settle(batch []finished) error {
	settlements := make([]outbox.Settlement, len(batch))
	for i, f := range batch {
		settlements[i] = f.settlement
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.patience())
	defer cancel()
	settled, err := s.w.outbox.Settle(ctx, settlements)
	if err == nil {
		s.note(batch, settled)
	}
	return err
}

// hopeless tells whether the database will never take a result: it refuses it, or fails at it until its lease has run out, after which somebody else has what it
// is of as soon as the database can be written. What only takes too long is never given up.
func (s *settler) hopeless(f finished, err error) bool {
	return errors.Is(err, outbox.ErrBadSettlement) || outbox.FaultOf(err) == outbox.FaultInside && s.w.config.Clock().After(f.until)
}

func (s *settler) lose(f finished, err error) {
	s.lost.Store(true)
	s.w.metrics.resultsLost.Inc()
	s.w.log.Error("notify: a result was refused by the database", "delivery", f.delivery.ID, "error", err)
}

// byItself lets a result that the database fails at be written by itself, unless too many are.
func (s *settler) byItself(f finished) bool {
	select {
	case s.alone <- struct{}{}:
	default:
		return false
	}
	s.writing.Go(func() {
		defer func() { <-s.alone }()
		for wait := errorWait; s.again(wait); wait = min(wait*2, settleWaitMost) {
			err := s.settle([]finished{f})
			if err == nil {
				return
			}
			if s.hopeless(f, err) {
				s.lose(f, err)
				return
			}
			s.w.log.Error("notify: results are not written", "results", 1, "error", err)
		}
		s.lost.Store(true)
	})
	return true
}

// patience is how long one try to write may take.
func (s *settler) patience() time.Duration {
	if s.hurried() {
		return lastTry
	}
	return settleTimeout
}

// hurried tells whether there is no more time for repetitions.
func (s *settler) hurried() bool {
	select {
	case <-s.hurry:
		return true
	default:
		return false
	}
}

// hurryUp lets every batch be tried once more and no oftener.
func (s *settler) hurryUp() { s.giveUp.Do(func() { close(s.hurry) }) }

func (s *settler) again(wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-s.hurry:
		return false
	case <-timer.C:
		return true
	}
}

func (s *settler) note(batch []finished, settled []outbox.Settled) {
	states := make(map[uuid.UUID]outbox.State, len(settled))
	for _, d := range settled {
		states[d.Delivery] = d.State
	}
	for _, f := range batch {
		if s.w.traces != nil {
			f.times.settled = s.w.config.Clock()
			s.w.traces.tell(told{delivery: f.delivery, result: f.settlement.Result, state: states[f.delivery.ID], times: f.times})
		}
		s.w.noteResult(f.delivery, f.settlement.Result, states[f.delivery.ID])
	}
}

func (s *settler) ack() {
	defer close(s.acked)
	for messages := range s.acks {
		for more := true; more && len(messages) < settleBatch; {
			select {
			case next, open := <-s.acks:
				messages, more = append(messages, next...), open
			default:
				more = false
			}
		}
		if err := s.w.config.Queue.Ack(context.Background(), messages...); err != nil {
			s.w.log.Debug("notify: not acknowledged", "error", err)
		}
	}
}

// stop writes what is left and returns; nothing may be put any more. It gives up a little after ctx has ended.
func (s *settler) stop(ctx context.Context) error {
	s.once.Do(func() {
		for _, results := range s.results {
			close(results)
		}
	})
	select {
	case <-s.written:
	case <-ctx.Done():
		grace := time.NewTimer(lastTry)
		defer grace.Stop()
		select {
		case <-s.written:
		case <-grace.C:
			s.hurryUp()
			<-s.written
		}
	}
	<-s.acked
	if s.lost.Load() {
		return ErrForced
	}
	return nil
}
