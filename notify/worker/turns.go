package worker

import (
	"github.com/google/uuid"

	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

// turns are the refs of one urgency that a carrier has and has not claimed. Municipalities take turns, each for as many deliveries as the others (surplus
// round robin): one that floods the belt holds up no other's notice for longer than a turn of its own.
type turns struct {
	lines map[uuid.UUID]*line
	order []*line // those with refs; whose turn it is, first
}

// line is what a municipality has here.
type line struct {
	municipality uuid.UUID
	refs         []queue.Message
	credit       int // deliveries it may still have in its turn; below zero when it had more, which its next turns make good
}

func newTurns() *turns { return &turns{lines: map[uuid.UUID]*line{}} }

// some tells whether there are any refs.
func (t *turns) some() bool { return len(t.order) > 0 }

// holds tells whether there are refs of a municipality.
func (t *turns) holds(municipality uuid.UUID) bool {
	l := t.lines[municipality]
	return l != nil && len(l.refs) > 0
}

// add lets refs wait for their municipality's turn.
func (t *turns) add(messages ...queue.Message) {
	for _, m := range messages {
		l := t.lines[m.Ref.Municipality]
		if l == nil {
			l = &line{municipality: m.Ref.Municipality}
			t.lines[l.municipality] = l
		}
		if len(l.refs) == 0 {
			t.order = append(t.order, l)
		}
		l.refs = append(l.refs, m)
	}
}

// next takes refs for so many deliveries as there is room for, or one ref more.
func (t *turns) next(room int) []queue.Message {
	var taken []queue.Message
	quantum := max(room/max(len(t.order), 1), 1)
	for total := 0; total < room && len(t.order) > 0; {
		l := t.order[0]
		if l.credit <= 0 {
			l.credit += quantum
		}
		for len(l.refs) > 0 && total < room && l.credit > 0 {
			m := l.refs[0]
			l.refs, taken = l.refs[1:], append(taken, m)
			l.credit, total = l.credit-m.Ref.Size, total+m.Ref.Size
		}
		switch {
		case len(l.refs) == 0:
			t.order = t.order[1:]
			l.credit = min(l.credit, 0)
		case l.credit <= 0: // otherwise there was no more room, and it goes on next time
			t.order = append(t.order[1:], l)
		}
	}
	if len(t.order) <= 1 { // nobody waits for anybody
		t.forgive()
	}
	return taken
}

// putBack gives what was left of opened parcels back to those who are charged for it. It is claimed before their other refs.
func (t *turns) putBack(refs []outbox.Ref) {
	for _, r := range refs {
		m := queue.Message{Ref: r}
		if t.holds(r.Municipality) {
			l := t.lines[r.Municipality]
			l.refs = append([]queue.Message{m}, l.refs...)
		} else {
			t.add(m)
		}
		l := t.lines[r.Municipality]
		l.credit = min(l.credit+r.Size, max(l.credit, 0)) // it owes less, and is owed nothing
	}
}

// forgive makes all begin anew, and forgets those who have nothing here.
func (t *turns) forgive() {
	clear(t.lines)
	for _, l := range t.order {
		l.credit = 0
		t.lines[l.municipality] = l
	}
}

// all empties the turns.
func (t *turns) all() []queue.Message {
	var list []queue.Message
	for _, l := range t.order {
		list = append(list, l.refs...)
	}
	*t = *newTurns()
	return list
}
