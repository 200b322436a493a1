package app

import (
	"time"

	"github.com/google/uuid"
)

// Revision is the look at the routine itself that an institution takes in January and in June (V2, V9): points that a head confirms one by one.
type Revision struct {
	ID          uuid.UUID
	Institution uuid.UUID
	Month       time.Time // its first day, without a zone
	OpenedAt    time.Time
	DueOn       time.Time // the last day, at the institution
	Overdue     bool      // that day is over there, and the revision is open
	CompletedAt time.Time // zero while it is open
	CompletedBy uuid.UUID
	Points      []RevisionPoint // in the order in which they are gone through
}

// OverdueRevision is how far a revision has come whose last day is over.
type OverdueRevision struct {
	ID              uuid.UUID
	Institution     uuid.UUID
	InstitutionName string
	Month           time.Time // its first day, without a zone
	OpenedAt        time.Time
	DueOn           time.Time // the last day, at the institution
	Points          int
	Confirmed       int // of the points
}

// RevisionPoint is one thing that is gone through.
type RevisionPoint struct {
	Point       string // roles, tablets, external_partners, texts_and_terms, training, restrictions
	Remark      string // for staff only; may be empty
	ConfirmedBy uuid.UUID
	ConfirmedAt time.Time // zero until somebody confirms it
}

// ErrRevisionCompleted refuses every change of a revision that is evidence already.
var ErrRevisionCompleted = &Fault{Kind: Conflict, Code: "revision_completed", Detail: "This revision is completed. Nothing was changed; the next one opens in January or June."}

// Confirm notes that somebody went through a point, once. Faults: revision_completed, revision_point_confirmed, not_found for no such point.
func (r Revision) Confirm(point, remark string, by uuid.UUID, now time.Time) (RevisionPoint, error) {
	if !r.CompletedAt.IsZero() {
		return RevisionPoint{}, ErrRevisionCompleted
	}
	for i, p := range r.Points {
		if p.Point != point {
			continue
		}
		if !p.ConfirmedAt.IsZero() {
			return p, &Fault{Kind: Conflict, Code: "revision_point_confirmed", Detail: "Somebody has confirmed this point already. Nothing was changed."}
		}
		r.Points[i] = RevisionPoint{Point: point, Remark: remark, ConfirmedBy: by, ConfirmedAt: now}
		return r.Points[i], nil
	}
	return RevisionPoint{}, ErrNotFound
}

// Complete closes the revision. Faults: revision_completed, revision_unconfirmed.
func (r Revision) Complete(by uuid.UUID, now time.Time) (Revision, error) {
	if !r.CompletedAt.IsZero() {
		return r, ErrRevisionCompleted
	}
	for _, p := range r.Points {
		if p.ConfirmedAt.IsZero() {
			return r, &Fault{Kind: Conflict, Code: "revision_unconfirmed", Detail: "Confirm every point first."}
		}
	}
	r.CompletedAt, r.CompletedBy, r.Overdue = now, by, false
	return r, nil
}
