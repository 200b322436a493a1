package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// journal keeps deliveries in the order in which they were accepted, bounded by number and by payload bytes. What is costly to know about a
// delivery (the parts of a mail, the text of an encrypted push) is worked out when somebody looks, so that accepting stays cheap under load.
type journal struct {
	clock    func() time.Time
	limit    int
	maxBytes int64

	mu      sync.Mutex
	kept    []*entry // ring: oldest at head
	head    int
	seq     uint64
	bytes   int64
	totals  map[Provider]uint64
	waiters map[*waiter]struct{}
	changed chan struct{} // closed and replaced at the next delivery; nil while nobody listens
}

// entry is a delivery and what remains to be worked out about it.
type entry struct {
	Delivered
	late func(*Delivered) // nil once done
	size int64
}

// waiter is one call of wait.
type waiter struct {
	match Match
	left  int
	done  chan struct{}
}

func newJournal(cfg Config) *journal {
	return &journal{clock: cfg.Clock, limit: cfg.JournalLimit, maxBytes: cfg.JournalBytes, totals: map[Provider]uint64{}, waiters: map[*waiter]struct{}{}}
}

// add records an accepted message. late, if given, fills in the rest when somebody looks.
func (j *journal) add(d Delivered, late func(*Delivered)) {
	d.At = j.clock()
	e := &entry{Delivered: d, late: late, size: int64(len(d.Raw) + len(d.Body) + len(d.HTML))}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Seq = j.seq
	j.totals[d.Provider]++
	j.kept = append(j.kept, e)
	j.bytes += e.size
	for len(j.kept)-j.head > j.limit || (j.bytes > j.maxBytes && len(j.kept)-j.head > 1) {
		j.bytes -= j.kept[j.head].size
		j.kept[j.head] = nil
		j.head++
	}
	if j.head > 1024 && j.head > len(j.kept)/2 {
		j.kept = append(j.kept[:0:0], j.kept[j.head:]...)
		j.head = 0
	}
	for w := range j.waiters {
		if w.match == nil || w.match(e.view()) {
			if w.left--; w.left == 0 {
				close(w.done)
				delete(j.waiters, w)
			}
		}
	}
	if j.changed != nil {
		close(j.changed)
		j.changed = nil
	}
}

// view completes the entry and returns a copy. The journal's lock is held.
func (e *entry) view() Delivered {
	if e.late != nil {
		e.late(&e.Delivered)
		e.late = nil
	}
	return e.Delivered
}

// find returns what matches, oldest first; with a limit the newest that many.
func (j *journal) find(match Match, limit int) []Delivered {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.findLocked(match, limit)
}

func (j *journal) findLocked(match Match, limit int) []Delivered {
	var out []Delivered
	for i := len(j.kept) - 1; i >= j.head; i-- {
		if d := j.kept[i].view(); match == nil || match(d) {
			if out = append(out, d); limit > 0 && len(out) == limit {
				break
			}
		}
	}
	slices.Reverse(out)
	return out
}

func (j *journal) wait(ctx context.Context, stopped <-chan struct{}, n int, match Match) ([]Delivered, error) {
	j.mu.Lock()
	found := j.findLocked(match, 0)
	if len(found) >= n {
		j.mu.Unlock()
		return found, nil
	}
	w := &waiter{match: match, left: n - len(found), done: make(chan struct{})}
	j.waiters[w] = struct{}{}
	j.mu.Unlock()

	var why error
	select {
	case <-w.done:
	case <-ctx.Done():
		why = context.Cause(ctx)
	case <-stopped:
		why = errors.New("the sandbox stopped")
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.waiters, w)
	found = j.findLocked(match, 0)
	if why != nil && len(found) < n {
		return found, fmt.Errorf("sandbox: %d of %d wanted deliveries arrived: %w", len(found), n, why)
	}
	return found, nil
}

// next returns a channel that is closed at the next delivery.
func (j *journal) next() <-chan struct{} {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.changed == nil {
		j.changed = make(chan struct{})
	}
	return j.changed
}

func (j *journal) lastSeq() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.seq
}

func (j *journal) bySeq(seq uint64) (Delivered, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i, ok := slices.BinarySearchFunc(j.kept[j.head:], seq, func(e *entry, seq uint64) int { return cmp.Compare(e.Seq, seq) })
	if !ok {
		return Delivered{}, false
	}
	return j.kept[j.head+i].view(), true
}

func (j *journal) clear() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.kept, j.head, j.bytes = nil, 0, 0
	clear(j.totals)
}

// copies counts the kept deliveries per receiver and key. The journal's lock is held.
func (j *journal) copies() map[Duplicate]int {
	seen := make(map[Duplicate]int, len(j.kept)-j.head)
	for _, e := range j.kept[j.head:] {
		seen[Duplicate{Provider: e.Provider, To: e.To, Key: e.Key}]++
	}
	return seen
}

func (j *journal) tally() map[Provider]Tally {
	j.mu.Lock()
	defer j.mu.Unlock()
	type receiver struct {
		p  Provider
		to string
	}
	out := map[Provider]Tally{}
	receivers := make(map[receiver]struct{}, len(j.kept)-j.head)
	for _, e := range j.kept[j.head:] {
		t := out[e.Provider]
		if t.Kept == 0 {
			t.First = e.At
		}
		t.Kept++
		t.Last = e.At
		if e.Unanswered {
			t.Unanswered++
		}
		r := receiver{e.Provider, e.To}
		if _, known := receivers[r]; !known {
			receivers[r] = struct{}{}
			t.Receivers++
		}
		out[e.Provider] = t
	}
	for d, n := range j.copies() {
		t := out[d.Provider]
		t.Duplicates += n - 1
		out[d.Provider] = t
	}
	for p, n := range j.totals {
		t := out[p]
		t.Accepted = n
		out[p] = t
	}
	return out
}

func (j *journal) duplicates() []Duplicate {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []Duplicate
	for d, n := range j.copies() {
		if n > 1 {
			d.Count = n
			out = append(out, d)
		}
	}
	slices.SortFunc(out, func(a, b Duplicate) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Provider, b.Provider), cmp.Compare(a.To, b.To), cmp.Compare(a.Key, b.Key))
	})
	return out
}
