package sandbox

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// faultBoard holds what is switched on. Without faults and gone receivers a request costs two atomic loads.
type faultBoard struct {
	providers map[Provider]*switches // complete from the start, never changed
}

// switches are the faults of one provider.
type switches struct {
	latency  atomic.Int64 // nanoseconds
	anyFault atomic.Bool
	anyGone  atomic.Bool

	mu     sync.Mutex
	faults []Fault
	gone   map[string]time.Time
	dice   *rand.Rand
}

func newFaultBoard(seed uint64) *faultBoard {
	b := &faultBoard{providers: map[Provider]*switches{}}
	for i, p := range Providers() {
		b.providers[p] = &switches{gone: map[string]time.Time{}, dice: rand.New(rand.NewPCG(seed, uint64(i)))} //nolint:gosec // repeatable on purpose
	}
	return b
}

func (b *faultBoard) of(p Provider) *switches { return b.providers[p] }

func (b *faultBoard) add(p Provider, f Fault) error {
	if err := f.check(p); err != nil {
		return err
	}
	sw := b.of(p)
	sw.mu.Lock()
	defer sw.mu.Unlock()
	sw.faults = append(sw.faults, f)
	sw.anyFault.Store(true)
	return nil
}

func (b *faultBoard) clear(p Provider) {
	b.dropFaults(p)
	b.setLatency(p, 0)
}

// dropFaults switches off the faults and leaves the latency.
func (b *faultBoard) dropFaults(p Provider) {
	if sw := b.of(p); sw != nil {
		sw.mu.Lock()
		defer sw.mu.Unlock()
		sw.faults = nil
		sw.anyFault.Store(false)
	}
}

func (b *faultBoard) list() map[Provider][]Fault {
	out := map[Provider][]Fault{}
	for _, p := range Providers() {
		sw := b.of(p)
		sw.mu.Lock()
		if len(sw.faults) > 0 {
			out[p] = slices.Clone(sw.faults)
		}
		sw.mu.Unlock()
	}
	return out
}

func (b *faultBoard) setLatency(p Provider, d time.Duration) {
	if sw := b.of(p); sw != nil {
		sw.latency.Store(int64(max(d, 0)))
	}
}

func (b *faultBoard) markGone(p Provider, since time.Time, receivers []string) {
	sw := b.of(p)
	if sw == nil || len(receivers) == 0 {
		return
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	for _, r := range receivers {
		sw.gone[strings.ToLower(r)] = since
	}
	sw.anyGone.Store(true)
}

func (b *faultBoard) clearGone(p Provider) {
	if sw := b.of(p); sw != nil {
		sw.mu.Lock()
		defer sw.mu.Unlock()
		clear(sw.gone)
		sw.anyGone.Store(false)
	}
}

func (b *faultBoard) goneList(p Provider) map[string]time.Time {
	sw := b.of(p)
	sw.mu.Lock()
	defer sw.mu.Unlock()
	out := make(map[string]time.Time, len(sw.gone))
	for r, at := range sw.gone {
		out[r] = at
	}
	return out
}

// next returns the fault that meets a request to this receiver, and uses one of its count. A wanted function narrows which faults are asked.
func (sw *switches) next(receiver string, wanted func(Fault) bool) (Fault, bool) {
	if !sw.anyFault.Load() {
		return Fault{}, false
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	for i, f := range sw.faults {
		if !f.meets(receiver) || (wanted != nil && !wanted(f)) || (f.Rate > 0 && sw.dice.Float64() >= f.Rate) {
			continue
		}
		if f.Count == 1 {
			sw.faults = slices.Delete(sw.faults, i, i+1)
			sw.anyFault.Store(len(sw.faults) > 0)
		} else if f.Count > 1 {
			sw.faults[i].Count--
		}
		return f, true
	}
	return Fault{}, false
}

// on says whether a fault is switched on, without using it.
func (sw *switches) on(mode string) bool {
	if !sw.anyFault.Load() {
		return false
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	return slices.ContainsFunc(sw.faults, func(f Fault) bool { return f.Mode == mode })
}

// goneSince says whether a receiver is marked gone, and since when.
func (sw *switches) goneSince(receiver string) (time.Time, bool) {
	if !sw.anyGone.Load() {
		return time.Time{}, false
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	at, gone := sw.gone[strings.ToLower(receiver)]
	return at, gone
}

func (sw *switches) delay() time.Duration { return time.Duration(sw.latency.Load()) }

func (f Fault) meets(receiver string) bool {
	if prefix, ok := strings.CutSuffix(f.Match, "*"); ok {
		return len(receiver) >= len(prefix) && strings.EqualFold(receiver[:len(prefix)], prefix)
	}
	return f.Match == "" || strings.EqualFold(f.Match, receiver)
}
