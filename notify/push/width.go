package push

// width is how many requests may share the fate of a connection. Whatever is on its way when an HTTP/2 connection is cut is tried again and may arrive twice;
// where connections are cut often, a wide one would repeat more than it carries (B3). It is not safe for concurrent use.
type width struct {
	most     int // at a time, in good weather
	now      int // 0: most
	answered int // since it has grown
	calm     int // rounds since a connection was lost
	safe     int // half of what it was when a connection was lost last: beyond it the next loss is near
	beyond   int // rounds since it grew beyond that
}

// After a connection was lost, one request at a time is on its way, until as many as the width have been answered: a round. It grows by one in each of the first
// calmRounds, and doubles after that, up to half of what it was when it was lost. There the last loss was near, and it grows by one again for carefulRounds, before
// it doubles until it is whole: some twenty rounds after a single loss.
const (
	calmRounds    = 4
	carefulRounds = 16
)

func (w *width) limit() int {
	if w.now == 0 {
		return w.most
	}
	return w.now
}

// narrow makes it one request at a time, because a connection was lost with all that was on its way: where connections are cut, the next loss is near. What is
// lost while it is as narrow as can be says nothing about how wide it may be.
func (w *width) narrow() {
	if wide := w.limit(); wide > 1 {
		w.safe = wide / 2
	}
	w.now, w.answered, w.calm, w.beyond = 1, 0, 0, 0
}

// answer makes it wider in the end.
func (w *width) answer() {
	if w.now == 0 {
		return
	}
	if w.answered++; w.answered < w.now {
		return
	}
	w.answered = 0
	w.calm++
	switch {
	case w.calm <= calmRounds:
		w.now++
	case w.now < w.safe:
		w.now = min(2*w.now, w.safe)
	case w.beyond < carefulRounds:
		w.beyond++
		w.now++
	default:
		w.now *= 2
	}
	if w.now >= w.most {
		w.now = 0
	}
}
