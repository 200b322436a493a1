package app

import (
	"time"

	"github.com/google/uuid"
)

// Wish is what a guardian has stated about their access to a child, themselves or on a form that staff entered (V3, V4, V6). It decides nothing:
// it is proposed to the head.
type Wish struct {
	Wished   bool
	From     time.Time // not before; zero: as soon as possible
	StatedAt time.Time
}

// ProposedActivation is an access that a guardian wishes and that the institution does not give yet (V6).
type ProposedActivation struct {
	Guardianship Guardianship
	Wish         Wish
}

// UnclarifiedChild is a child of whom one guardian is registered, or none, and of whom nobody has said whether that is right (V13).
type UnclarifiedChild struct {
	Child     uuid.UUID
	Name      string
	Guardians int
}

// Clarification is the record of what was clarified (V13). Answer is both, only_this_one or nobody_else.
type Clarification struct {
	ID     uuid.UUID
	Child  uuid.UUID
	Answer string
	Reason string // for staff only
	By     uuid.UUID
	At     time.Time
}

// Clarify makes the record. Fault: text_empty.
func Clarify(c Clarification) (Clarification, error) {
	if !visible(c.Reason) {
		return c, &Fault{Kind: Unprocessable, Code: ErrTextEmpty.Code, Detail: "Say why.", Fields: []Field{{Pointer: "/reason", Detail: "holds nothing that can be seen"}}}
	}
	return c, nil
}
