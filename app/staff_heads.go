package app

import (
	"time"

	"github.com/google/uuid"
)

// Tenure is a time in which somebody is head of an institution.
type Tenure struct {
	Role   uuid.UUID
	Person uuid.UUID
	From   time.Time
	Until  time.Time // zero: without an end
}

// Heads are those who head an institution, now or later, and their leaves.
type Heads struct {
	Tenures []Tenure
	Leaves  []StaffLeave
}

// With returns the heads with a tenure added, or in the place of the one with its role.
func (h Heads) With(t Tenure) Heads {
	tenures := []Tenure{t}
	for _, other := range h.Tenures {
		if other.Role != t.Role {
			tenures = append(tenures, other)
		}
	}
	return Heads{tenures, h.Leaves}
}

// WithLeave returns the heads with a leave added, or in the place of the one with its id.
func (h Heads) WithLeave(l StaffLeave) Heads {
	leaves := []StaffLeave{l}
	for _, other := range h.Leaves {
		if other.ID != l.ID {
			leaves = append(leaves, other)
		}
	}
	return Heads{h.Tenures, leaves}
}

// At tells whether somebody heads the institution at a moment.
func (h Heads) At(at time.Time) bool {
	for _, t := range h.Tenures {
		if !t.From.After(at) && (t.Until.IsZero() || t.Until.After(at)) && !h.away(t.Person, at) {
			return true
		}
	}
	return false
}

func (h Heads) away(person uuid.UUID, at time.Time) bool {
	for _, l := range h.Leaves {
		if l.Person == person && l.Covers(at) {
			return true
		}
	}
	return false
}

// Gap is the first moment, from now on, in which nobody would head the institution after a change and somebody would have without it (V9). A gap
// begins where a tenure ends or a leave begins, and nowhere else; one that is there already does not keep anybody from changing something else.
func (h Heads) Gap(changed Heads, now time.Time) (since time.Time, found bool) {
	moments := []time.Time{now}
	for _, t := range changed.Tenures {
		moments = append(moments, t.Until)
	}
	for _, l := range changed.Leaves {
		moments = append(moments, l.StartsAt)
	}
	for _, at := range moments {
		if !at.Before(now) && !changed.At(at) && h.At(at) && (!found || at.Before(since)) {
			since, found = at, true
		}
	}
	return since, found
}

// ErrLastHead refuses to let the last head go without saying who answers for the institution then.
var ErrLastHead = &Fault{Kind: Conflict, Code: "last_head",
	Detail: "Nobody would head the institution then. Appoint somebody first, or say that you answer for it until somebody does."}
