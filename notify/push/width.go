package push

// width is how many requests may share the fate of a connection. Whatever is on its way when an HTTP/2 connection is cut is tried again and may arrive twice;
// where connections are cut often, a wide one would repeat more than it carries (B3). It is not safe for concurrent use.
type width struct {
	most     int // at a time, in good weather
	now      int // 0: most
	answered int // since it has grown
	calm     int // rounds since a connection was lost
}

// After a connection was lost, one request at a time is on its way, until as many as the width have been answered: a round. It grows by one in each of the first
// calmRounds after a loss, and doubles in each after that, so that it is whole again within a dozen rounds of good weather.
const calmRounds = 4

func (w *width) limit() int {
	if w.now == 0 {
		return w.most
	}
	return w.now
}

// narrowed tells whether a connection was lost lately.
func (w *width) narrowed() bool { return w.now != 0 }

// narrow makes it one request at a time, because a connection was lost with all that was on its way: where connections are cut, the next loss is near.
func (w *width) narrow() { w.now, w.answered, w.calm = 1, 0, 0 }

// answer makes it wider in the end.
func (w *width) answer() {
	if w.now == 0 {
		return
	}
	if w.answered++; w.answered < w.now {
		return
	}
	w.answered = 0
	if w.calm++; w.calm <= calmRounds {
		w.now++
	} else {
		w.now *= 2
	}
	if w.now >= w.most {
		w.now = 0
	}
}
