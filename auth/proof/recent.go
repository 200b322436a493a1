package proof

import (
	"sync"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/bankid"
)

// recent remembers pending orders for a while: the last hint, and whether a call is asking BankID about the order at this moment. It saves
// questions to BankID and keeps the calls of this process out of each other's way; another process has its own.
type recent struct {
	mu      sync.Mutex
	orders  map[uuid.UUID]heard
	cleared time.Time
}

// heard is what is known of an order. Times are of the monotonic clock: how fast BankID may be asked has nothing to do with the time of day.
type heard struct {
	hint   bankid.Hint
	at     time.Time // when the hint came; zero before the first
	asking bool
	missed time.Time // when BankID first knew the order no more; zero before
	seen   time.Time // when somebody last asked
}

const (
	mostRecent = 10_000          // orders remembered before old ones are looked for, once a minute at most
	forgotten  = 5 * time.Minute // longer than an order lives at BankID
)

// ask tells whether it is this caller's turn to ask BankID: not while another call asks, nor within pace of the last hint, which it returns.
// Whoever's turn it is must release the order.
func (r *recent) ask(order uuid.UUID, pace time.Duration) (hint bankid.Hint, mine bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.orders == nil {
		r.orders = map[uuid.UUID]heard{}
	}
	last := r.orders[order]
	hint = last.hint
	if hint == "" {
		hint = bankid.OutstandingTransaction
	}
	if last.asking || !last.at.IsZero() && time.Since(last.at) < pace {
		return hint, false
	}
	if len(r.orders) >= mostRecent && time.Since(r.cleared) >= time.Minute {
		r.clear()
	}
	last.asking, last.seen = true, time.Now()
	r.orders[order] = last
	return hint, true
}

func (r *recent) release(order uuid.UUID) {
	r.change(order, func(last *heard) { last.asking = false })
}

// over forgets an order that has ended; it need not be released.
func (r *recent) over(order uuid.UUID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.orders, order)
}

func (r *recent) keep(order uuid.UUID, hint bankid.Hint) {
	r.change(order, func(last *heard) { last.hint, last.at, last.missed = hint, time.Now(), time.Time{} })
}

// missing returns for how long BankID has not known the order any more.
func (r *recent) missing(order uuid.UUID) (since time.Duration) {
	r.change(order, func(last *heard) {
		if last.missed.IsZero() {
			last.missed = time.Now()
		}
		since = time.Since(last.missed)
	})
	return since
}

func (r *recent) change(order uuid.UUID, by func(last *heard)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, known := r.orders[order]; known {
		by(&last)
		r.orders[order] = last
	}
}

func (r *recent) clear() {
	r.cleared = time.Now()
	for order, last := range r.orders {
		if !last.asking && time.Since(last.seen) >= forgotten {
			delete(r.orders, order)
		}
	}
}
