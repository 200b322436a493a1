package app

import (
	"time"

	"github.com/google/uuid"
)

// AccessStatus is whether a guardianship gives access.
type AccessStatus string

// The two statuses. A guardianship comes into being inactive (V1).
const (
	Inactive AccessStatus = "inactive"
	Active   AccessStatus = "active"
)

// Guardianship is the relation between a child and a guardian, with its legal basis and its own access status.
type Guardianship struct {
	ID           uuid.UUID
	Child        uuid.UUID
	ChildName    string
	Guardian     uuid.UUID
	GuardianName string
	Basis        string // as the register names it
	Legal        bool   // has parental responsibility (H11)
	Status       AccessStatus
	HasAccount   bool
	Version      int // counts from 1; the ETag
	DecidedAt    time.Time
	Ended        bool // the register no longer has it
}

// Decision is one entry of a guardianship's record: who opened or closed it, when and why.
type Decision struct {
	ID           uuid.UUID
	Guardianship uuid.UUID
	Status       AccessStatus
	Reason       string // for staff only
	By           uuid.UUID
	At           time.Time
}

// Decide opens or closes a guardianship (V6, V15). Faults: guardianship_ended, already_in_that_status.
func (g Guardianship) Decide(id uuid.UUID, status AccessStatus, reason string, by uuid.UUID, now time.Time) (Guardianship, Decision, error) {
	if status == Active && g.Ended {
		return g, Decision{}, &Fault{Kind: Conflict, Code: "guardianship_ended",
			Detail: "The register no longer has this guardianship. Correct it in the register first."}
	}
	if g.Status == status {
		return g, Decision{}, &Fault{Kind: Conflict, Code: "already_in_that_status", Detail: "It has this status already. Nothing was changed."}
	}
	g.Status, g.DecidedAt = status, now
	g.Version++
	return g, Decision{ID: id, Guardianship: g.ID, Status: status, Reason: reason, By: by, At: now}, nil
}
