package worker

import (
	"sync"
	"time"

	"budstikke.example/notify"
)

const (
	// A claim costs as much for one delivery as for thirty, and takes longer than many a send: so the next ones are claimed while the slots are busy, as many
	// as will leave within paceAhead at the pace of the sends before, at most so many for each slot. What has waited for its slot longer than leaveWithin is
	// given back and asked about anew (V15): access that ended longer ago than that stops every notice that had not left.
	leaveWithin  = 500 * time.Millisecond
	paceAhead    = 100 * time.Millisecond
	aheadPerSlot = 2
	aheadSmall   = 64                    // what a pool of few slots may claim ahead
	paceOver     = 20 * time.Millisecond // how long the pace is measured before it is believed
	// Answers come in waves, because what left together comes back together: the pace is an average over about so long, longer than most answers take.
	paceWave = 150 * time.Millisecond
	// A critical send that has been on its way for longer than one or two of these may hang until its time is over, for what its receiver's push service is
	// like: it keeps its slot, and nothing routine from the others any more.
	alertFresh = time.Second
)

// slots is one provider's pool: how many sends may run at the same time, and what is claimed for those that come free next. Only the carrier puts, senders give
// back, and one of them resumes what was held back for an alert.
type slots struct {
	total, reserve int
	freed          chan struct{} // holds a token when as many were free as the carrier waits for

	mu                sync.Mutex
	busy              int
	alerted           [2]int // of the busy ones: with critical deliveries, begun in this period of alertFresh and in the one before
	period            int    // counts those
	turned            time.Time
	critical, routine waiting // claimed and not yet in a slot; critical ones go first
	wanted            int     // how many deliveries there is to be room for before the carrier claims again
	narrow            bool    // the provider refuses our credentials: one send at a time, until one gets through
	outage            int     // how often the provider has gone away
	tries             tries   // of the busy ones: begun since it went away last
	expecting         bool    // an alert is being written, as far as was heard last
	watched           bool    // somebody waits until nothing is held back any more, to resume it

	ahead int // how many may be claimed beyond the free slots
	ended int // sends since the pace was measured
	since time.Time
	pace  float64 // sends that end in a second
}

// waiting is what waits for a slot, in the order in which it was claimed.
type waiting []held

func (w *waiting) pop() held {
	h := (*w)[0]
	(*w)[0] = held{}
	if *w = (*w)[1:]; len(*w) == 0 {
		*w = nil
	}
	return h
}

func newSlots(total int) *slots {
	total = max(total, 2) // one for critical, one for everything
	return &slots{total: total, reserve: reserve(total), freed: make(chan struct{}, 1)}
}

// room tells how many deliveries may be claimed, and how many of those may be routine ones: as many as slots are free, and, when the provider takes
// everything, those that will leave soon. There is none for routine ones while an alert has the pool (B14).
func (s *slots) room(now time.Time, everything, expected bool) (all, routine int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expecting = expected
	s.turn(now)
	if s.narrow {
		s.ahead = 0
		return max(1-s.busy, 0), max(1-s.busy, 0)
	}
	s.measure(now)
	if !everything {
		s.ahead = 0
	}
	if s.alerting() {
		return s.open(), 0
	}
	return s.open(), max(s.free()-s.reserve, 0)
}

// open is how many critical deliveries there is room for: also those slots that are empty because what waits is routine and they are kept. The caller holds mu.
func (s *slots) open() int { return max(s.free(), s.total-s.busy-len(s.critical), 0) }

// free is how many deliveries there is room for. What is held back takes none. The caller holds mu.
func (s *slots) free() int {
	free := s.total - s.busy - len(s.critical) + s.ahead
	if !s.alerting() {
		free -= len(s.routine)
	}
	return free
}

// alerting tells whether an alert has the pool: it is being written, or more critical deliveries are on their way than the reserve is for. Nothing routine begins
// then: its slots and the machine are the alert's (B14). The caller holds mu.
func (s *slots) alerting() bool {
	return s.expecting || s.alerted[0]+s.alerted[1]+len(s.critical) > s.reserve
}

// turn begins a new period of alertFresh when one is over. The caller holds mu.
func (s *slots) turn(now time.Time) {
	switch took := now.Sub(s.turned); {
	case s.turned.IsZero():
		s.turned = now
	case took >= 2*alertFresh:
		s.alerted, s.period, s.turned = [2]int{}, s.period+2, now
	case took >= alertFresh:
		s.alerted, s.period, s.turned = [2]int{0, s.alerted[0]}, s.period+1, now
	}
}

// measure measures how many sends end, and with it how many may be claimed ahead. The caller holds mu.
func (s *slots) measure(now time.Time) {
	took := now.Sub(s.since)
	if took < paceOver {
		return
	}
	ended, known := float64(s.ended)/took.Seconds(), !s.since.IsZero()
	idle := s.ended == 0 && s.busy == 0 // nothing was on its way, which says nothing about the provider
	s.ended, s.since = 0, now
	switch {
	case idle, !known:
		return
	case s.pace == 0:
		s.pace = ended
	default:
		s.pace += (ended - s.pace) * took.Seconds() / (took + paceWave).Seconds()
	}
	s.ahead = min(int(s.pace*paceAhead.Seconds()), max(aheadPerSlot*s.total, aheadSmall))
}

// enough tells whether there is room for as many as the carrier waits for, or nothing is on its way. The caller holds mu.
func (s *slots) enough() bool {
	if s.narrow {
		return s.busy == 0
	}
	return s.open() >= s.wanted || s.busy == 0
}

// taken tells how many deliveries are on their way or are next.
func (s *slots) taken() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy + len(s.critical) + len(s.routine)
}

// wentAway begins to count anew what is tried: what is on its way to a provider that has gone away may hang until its time is over, and says nothing about it.
func (s *slots) wentAway() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outage++
	s.tries = tries{}
}

// tries are deliveries by their urgency.
type tries struct{ critical, routine int }

func (t *tries) count(u notify.Urgency, n int) {
	if u == notify.UrgencyCritical {
		t.critical += n
	} else {
		t.routine += n
	}
}

// tried tells how many deliveries are on their way since the provider went away, or are next.
func (s *slots) tried() tries {
	s.mu.Lock()
	defer s.mu.Unlock()
	return tries{s.tries.critical + len(s.critical), s.tries.routine + len(s.routine)}
}

// state tells how many sends are on their way, and whether the provider refuses our credentials.
func (s *slots) state() (busy int, narrow bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy, s.narrow
}

// worth is for how many it is worth claiming, and how long to wait for room for so many.
func (s *slots) worth() (n int, most time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.critical) > 0 || len(s.routine) > 0 && !s.alerting() {
		return s.total/2 + s.ahead/3, lingerAhead
	}
	return min(worthClaiming, s.total/2), linger
}

// put takes slots for what was claimed and answers what has one; the rest waits for the next that come free, and what is routine while an alert has the pool.
// watch says that the caller is to resume that.
func (s *slots) put(claimed []held, expected bool) (leaving []held, waits, watch bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expecting = expected
	for _, h := range claimed {
		if h.delivery.Urgency == notify.UrgencyCritical {
			s.critical = append(s.critical, h)
		} else {
			s.routine = append(s.routine, h)
		}
	}
	leaving = s.fill()
	return leaving, len(s.critical)+len(s.routine) > 0, s.watch()
}

// fill takes slots for whoever is next, as long as there is one. The caller holds mu.
func (s *slots) fill() (leaving []held) {
	for {
		h, some := s.next()
		if !some {
			return leaving
		}
		leaving = append(leaving, h)
	}
}

// next takes a slot for who is next. The caller holds mu.
func (s *slots) next() (held, bool) {
	switch {
	case len(s.critical) > 0 && s.busy < s.total:
		s.alerted[0]++
		return s.begin(s.critical.pop()), true
	case len(s.routine) > 0 && len(s.critical) == 0 && !s.alerting() && s.busy < s.total-s.reserve:
		return s.begin(s.routine.pop()), true
	}
	return held{}, false
}

// watch tells whether the caller is the one to resume what is held back: something is, and nobody else does. The caller holds mu.
func (s *slots) watch() bool {
	if s.watched || len(s.routine) == 0 || s.narrow || !s.alerting() {
		return false
	}
	s.watched = true
	return true
}

// resume answers who has a slot now that nothing is held back any more; nobody when the provider does not take everything. It is not over while something is, and
// whoever watches asks again.
func (s *slots) resume(everything, expected bool) (leaving []held, over bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.expecting = expected
	everything = everything && !s.narrow
	if everything && len(s.routine) > 0 && s.alerting() {
		return nil, false
	}
	s.watched = false
	if !everything {
		return nil, true
	}
	return s.fill(), true
}

// begin takes a slot for h. The caller holds mu.
func (s *slots) begin(h held) held {
	s.busy++
	s.tries.count(h.delivery.Urgency, 1)
	h.outage, h.period = s.outage, s.period
	return h
}

// passed is what becomes of a slot that was given back.
type passed struct {
	next     held
	some     bool // next has it
	narrowed bool // the provider refuses our credentials since then
	watch    bool // nobody has it, because something is held back, and the caller is to resume that
}

// give gives a delivery's slot back, to whoever is next as long as the provider takes everything. outcome is what the provider said, and empty when it was not
// asked.
func (s *slots) give(h held, outcome notify.Outcome, everything, expected bool) (p passed) {
	s.mu.Lock()
	s.expecting = expected
	s.busy--
	s.ended++
	if h.outage == s.outage {
		s.tries.count(h.delivery.Urgency, -1)
	}
	if ago := s.period - h.period; h.delivery.Urgency == notify.UrgencyCritical && ago < len(s.alerted) {
		s.alerted[ago]--
	}
	switch outcome {
	case notify.Misconfigured:
		p.narrowed, s.narrow = !s.narrow, true
	case notify.Accepted, notify.EndpointGone, notify.Refused, notify.Throttled: // it knows us again
		s.narrow = false
	}
	if everything && !s.narrow {
		p.next, p.some = s.next()
		p.watch = !p.some && s.watch()
	}
	enough := s.enough()
	s.mu.Unlock()
	if enough {
		s.tell()
	}
	return p
}

// recall answers what was asked about before then and still waits for a slot, and all that waits when the provider does not know us; it waits no more.
// found is told before anybody else can see that it is gone.
func (s *slots) recall(then time.Time, found func()) (back []notify.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range []*waiting{&s.critical, &s.routine} {
		for len(*w) > 0 && (s.narrow || (*w)[0].asked.Before(then)) {
			back = append(back, w.pop().delivery)
		}
	}
	if len(back) > 0 {
		found()
		if s.enough() {
			s.tell()
		}
	}
	return back
}

// tell wakes the carrier.
func (s *slots) tell() {
	select {
	case s.freed <- struct{}{}:
	default:
	}
}

// await returns when there is room for n deliveries, or nothing is on its way, after at most d, or when stop is closed. It may return early.
func (s *slots) await(stop <-chan struct{}, n int, d time.Duration) {
	s.mu.Lock()
	select {
	case <-s.freed: // of what came free before
	default:
	}
	s.wanted = n
	enough := s.busy > 0 && s.enough()
	s.mu.Unlock()
	if enough {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-s.freed:
	case <-timer.C:
	case <-stop:
	}
}
