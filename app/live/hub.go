package live

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
)

// Config is what the streams of a process can be told. The zero value is a sensible choice.
type Config struct {
	// Log hears of questions that could not be asked; nil is slog.Default().
	Log *slog.Logger
	// Most is how many streams one process keeps; 0 is 1000, as many as one round of questions answers for in half a second when all have news
	// (bench/README.md). MostPerSession is how many one session may open at a time; 0 is 4.
	Most, MostPerSession int
	// Lifetime is how long a stream lasts at the longest; 0 is 15 minutes. A session token lasts 10, and no stream outlives it.
	Lifetime time.Duration
	// Heartbeat is after how long a silence something is written, so that a client that has gone is noticed; 0 is 10 s, more than 15 s is 15 s.
	Heartbeat time.Duration
}

const (
	// askEvery is the time between the beginnings of two rounds of questions; one that takes longer puts the next one off. askTime is what one
	// question may take.
	askEvery = 500 * time.Millisecond
	askTime  = 850 * time.Millisecond
	// unasked is how long after the beginning of the last question that was answered a stream goes on: what was committed right after that
	// beginning is known to nobody here. What is left of two seconds is for the last write (V15).
	unasked = 1700 * time.Millisecond
	// atOnce is how many streams one question is about.
	atOnce = 500
)

// errTooMany is the answer to a session that listens too often already. Whoever gets it reads the lists instead, as without a stream.
var errTooMany = &app.Fault{Kind: app.TooMany, Code: "too_many_streams",
	Detail: "You are listening on other streams already. Close one, or wait for the old ones to end.", RetryAfter: 15 * time.Second}

// errFull is the answer of a process that keeps as many streams as it can, or is about to stop.
var errFull = &app.Fault{Kind: app.Unavailable, Code: "unavailable",
	Detail: "We cannot do this at the moment. Nothing was done; try again in a little while.", RetryAfter: 10 * time.Second}

// Ask answers for each of the ears, in order: what it may know at this moment (postgres.DB.Hear).
type Ask func(ctx context.Context, ears []postgres.Ear) ([]postgres.Heard, error)

// Hub has the open streams of a process. It costs nothing while nobody listens.
type Hub struct {
	config Config
	ask    Ask

	mu       sync.Mutex
	streams  map[*Stream]struct{}
	sessions map[uuid.UUID]int // how many streams each session has
	asking   bool              // a goroutine is asking
	ctx      context.Context   // ends with Close
	close    context.CancelFunc
	asked    sync.WaitGroup
}

// New makes a hub that asks by ask. Close it when the process stops.
func New(config Config, ask Ask) *Hub {
	config.Log = cmp.Or(config.Log, slog.Default())
	config.Most, config.MostPerSession = cmp.Or(config.Most, 1000), cmp.Or(config.MostPerSession, 4)
	config.Lifetime = cmp.Or(config.Lifetime, 15*time.Minute)
	config.Heartbeat = min(cmp.Or(config.Heartbeat, 10*time.Second), 15*time.Second)
	ctx, stop := context.WithCancel(context.Background())
	return &Hub{config: config, ask: ask, streams: map[*Stream]struct{}{}, sessions: map[uuid.UUID]int{}, ctx: ctx, close: stop}
}

// Open begins a stream for whoever listens. What was new before is not told: whoever opens a stream reads the lists once, afterwards.
// ctx bounds the opening only. Faults: sign_in_required, too_many_streams, unavailable.
func (h *Hub) Open(ctx context.Context, ear postgres.Ear) (*Stream, error) {
	s := &Stream{hub: h, ear: ear, wake: make(chan struct{}, 1), until: time.Now().Add(h.config.Lifetime), told: map[uuid.UUID]time.Time{}}
	if err := h.enter(s); err != nil {
		return nil, err
	}
	asked := time.Now()
	heard, err := h.ask(ctx, []postgres.Ear{ear})
	if err == nil && heard[0].Over {
		err = app.ErrSignInRequired
	}
	if err != nil {
		h.leave(s)
		return nil, err
	}
	s.begin(heard[0], asked)
	h.keepAsking()
	return s, nil
}

// Streams is how many streams are open.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.streams)
}

// Close ends every stream, takes no new one, and returns when nothing runs any more.
func (h *Hub) Close() {
	h.close()
	h.mu.Lock()
	open := slices.Collect(maps.Keys(h.streams))
	h.mu.Unlock()
	for _, s := range open {
		s.end()
	}
	h.asked.Wait()
}

// enter counts a stream in.
func (h *Hub) enter(s *Stream) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ctx.Err() != nil || len(h.streams) >= h.config.Most:
		return errFull
	case h.sessions[s.ear.Session] >= h.config.MostPerSession:
		return errTooMany
	}
	h.streams[s] = struct{}{}
	h.sessions[s.ear.Session]++
	return nil
}

// leave counts a stream out; once is enough.
func (h *Hub) leave(s *Stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, here := h.streams[s]; !here {
		return
	}
	delete(h.streams, s)
	if h.sessions[s.ear.Session]--; h.sessions[s.ear.Session] == 0 {
		delete(h.sessions, s.ear.Session)
	}
}

// keepAsking makes sure that somebody asks.
func (h *Hub) keepAsking() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.asking || h.ctx.Err() != nil {
		return
	}
	h.asking = true
	h.asked.Add(1)
	go h.askOn()
}

// askOn asks until nobody listens any more.
func (h *Hub) askOn() {
	defer h.asked.Done()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		open := h.listening()
		if open == nil {
			return
		}
		h.round(open)
	}
}

// listening returns the open streams, those that have waited longest first; without any, nobody asks any more.
func (h *Hub) listening() []*Stream {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.streams) == 0 {
		h.asking = false
		return nil
	}
	asked := make(map[*Stream]time.Time, len(h.streams))
	for s := range h.streams {
		asked[s] = s.lastAsked()
	}
	return slices.SortedFunc(maps.Keys(h.streams), func(a, b *Stream) int { return asked[a].Compare(asked[b]) })
}

// round asks for all of them once. A question that fails ends nothing: it is asked again in the next round, and a stream that nobody could ask
// for in time ends by itself.
func (h *Hub) round(open []*Stream) {
	for some := range slices.Chunk(open, atOnce) {
		if err := h.question(some); err != nil && h.ctx.Err() == nil {
			h.config.Log.Warn("open streams could not be asked for; those that are not asked for in time end, and their clients come back", "streams", len(some), "error", err)
		}
	}
}

// question asks for some of them.
func (h *Hub) question(some []*Stream) error {
	ctx, cancel := context.WithTimeout(h.ctx, askTime)
	defer cancel()
	ears := make([]postgres.Ear, len(some))
	for i, s := range some {
		ears[i] = s.ear
	}
	asked := time.Now()
	heard, err := h.ask(ctx, ears)
	if err != nil {
		return err
	}
	for i, s := range some {
		s.hear(heard[i], asked)
	}
	return nil
}
