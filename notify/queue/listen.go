package queue

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// Ear hears the bells of some providers and knows whose belts may have something. A worker has one.
type Ear struct {
	q       *Queue
	bells   *redis.PubSub
	readers map[notify.Provider]*Reader
	done    chan struct{}
}

// Listen begins to hear the bells of providers. Redis may be away: what was not heard is what Known is for. Close it.
func (q *Queue) Listen(providers ...notify.Provider) *Ear {
	e := &Ear{q: q, readers: map[notify.Provider]*Reader{}, done: make(chan struct{})}
	channels, byChannel := make([]string, len(providers)), map[string]*Reader{}
	for i, p := range providers {
		channels[i] = bellKey(q.prefix, p)
		r := &Reader{q: q, provider: p, bell: make(chan struct{}, 1), belts: map[notify.Urgency]*belts{}}
		r.warned.Store(&warning{})
		for _, u := range []notify.Urgency{notify.UrgencyCritical, notify.UrgencyRoutine} {
			r.belts[u] = &belts{size: map[uuid.UUID]int{}, marked: map[uuid.UUID]bool{}}
		}
		e.readers[p], byChannel[channels[i]] = r, r
	}
	e.bells = q.client.Subscribe(context.Background()) // nothing yet, so nobody is waited for
	go func() {
		defer close(e.done)
		ctx, cancel := context.WithTimeout(context.Background(), callTimeout)
		_ = e.bells.Subscribe(ctx, channels...) // where that fails it is done again with each new connection
		cancel()
		for m := range e.bells.Channel() {
			u, whose := heard(m.Payload)
			r := byChannel[m.Channel]
			if u == notify.UrgencyCritical && len(whose) == 0 {
				r.forewarn(time.Now())
			}
			r.mark(u, whose...)
		}
	}()
	return e
}

// Close stops listening.
func (e *Ear) Close() error {
	err := e.bells.Close()
	<-e.done
	return err
}

// Reader answers who reads the belts of a provider that is listened to.
func (e *Ear) Reader(p notify.Provider) *Reader { return e.readers[p] }

// Known says whose belts may have something, by what stands in Postgres: a bell is not kept for those who did not hear it.
func (e *Ear) Known(belts []outbox.Belt) {
	for _, b := range belts {
		if r := e.readers[b.Lane.Provider]; r != nil {
			r.mark(b.Lane.Urgency, b.Municipality)
		}
	}
}

// Leave takes this process off the lists of consumers that it holds nothing of. A consumer with refs of its own stays, because removing it
// would lose them to everybody; Stale hands them on. Call it after the last Ack.
func (e *Ear) Leave(ctx context.Context) error {
	var keys []string
	for _, r := range e.readers {
		for u := range r.belts {
			for _, m := range r.seen(u) {
				keys = append(keys, laneKey(e.q.prefix, m, outbox.Lane{Provider: r.provider, Urgency: u}))
			}
		}
	}
	for some := range slices.Chunk(keys, ringBatch) {
		if err := e.q.leave(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// Reader takes refs from the belts of one provider, of all municipalities by turns. One goroutine may read; anybody may tell it what there is.
type Reader struct {
	q        *Queue
	provider notify.Provider
	bell     chan struct{}           // holds a token when something was marked since Await looked
	warned   atomic.Pointer[warning] // the last one that counts

	mu    sync.Mutex
	belts map[notify.Urgency]*belts
}

// belts are those of one urgency.
type belts struct {
	waiting []uuid.UUID        // whose belts may have something, in the order of their turns
	marked  map[uuid.UUID]bool // those of waiting
	size    map[uuid.UUID]int  // how many deliveries a ref has had lately, of all that were ever heard of
}

func (r *Reader) mark(u notify.Urgency, municipalities ...uuid.UUID) {
	r.mu.Lock()
	b := r.belts[u]
	if b == nil {
		r.mu.Unlock()
		return
	}
	for _, m := range municipalities {
		if !b.marked[m] {
			b.marked[m], b.waiting = true, append(b.waiting, m)
		}
		if b.size[m] == 0 {
			b.size[m] = firstSize
		}
	}
	r.mu.Unlock()
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// firstSize is how many deliveries a ref is taken to have before one was seen: the most, so that little is taken too early.
const firstSize = 32

// next takes up to n municipalities whose turn it is, and leaves out those of whom busy says that they have to wait.
func (r *Reader) next(u notify.Urgency, n int, busy func(uuid.UUID) bool) (turns []uuid.UUID, size map[uuid.UUID]int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	b, size := r.belts[u], map[uuid.UUID]int{}
	rest := b.waiting[:0]
	for _, m := range b.waiting {
		if len(turns) == n || busy != nil && busy(m) {
			rest = append(rest, m)
			continue
		}
		delete(b.marked, m)
		turns, size[m] = append(turns, m), b.size[m]
	}
	b.waiting = rest
	return turns, size
}

func (r *Reader) sized(u notify.Urgency, m uuid.UUID, size int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.belts[u].size[m] = size
}

// seen lists every municipality that was heard of.
func (r *Reader) seen(u notify.Urgency) []uuid.UUID {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := make([]uuid.UUID, 0, len(r.belts[u].size))
	for m := range r.belts[u].size {
		list = append(list, m)
	}
	return list
}

const (
	// Forewarned is how long a warning counts, unless what it warns of comes: about as long as an alert to twenty thousand guardians takes to be written.
	Forewarned = time.Second
	// heldShare is the share of the time in which warnings may count: whoever raises one alert after the other holds back what is routine, and does not stop it.
	heldShare = 5
)

// warning is that something critical is being written: it counts from then on, and up to a moment.
type warning struct{ from, to time.Time }

// forewarn hears a warning. It counts when the last one has been over for four times as long as it held back what is routine.
func (r *Reader) forewarn(now time.Time) {
	if last := r.warned.Load(); now.Sub(last.from) >= heldShare*last.to.Sub(last.from) {
		r.warned.Store(&warning{now, now.Add(Forewarned)})
	}
}

// Forewarned tells whether something critical is being written, as far as was heard: for so long at most, and nothing has come since.
func (r *Reader) Forewarned(now time.Time, most time.Duration) bool {
	w := r.warned.Load()
	return !now.Before(w.from) && now.Before(w.to) && now.Sub(w.from) < most
}

// Came ends a warning: something critical is here.
func (r *Reader) Came(now time.Time) {
	if w := r.warned.Load(); now.Before(w.to) {
		r.warned.CompareAndSwap(w, &warning{w.from, now})
	}
}

// Await returns when a bell was rung that no Read has followed yet, after at most d, or when stop is closed.
func (r *Reader) Await(stop <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-r.bell:
	case <-timer.C:
	case <-stop:
	}
}
