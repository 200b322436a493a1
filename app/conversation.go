package app

import (
	"time"

	"github.com/google/uuid"
)

// Conversation is one guardian's private thread with the staff about one child (B11).
type Conversation struct {
	ID            uuid.UUID
	Child         uuid.UUID
	ChildName     string
	Guardian      uuid.UUID
	GuardianName  string // for staff
	Institution   Institution
	LastMessageAt time.Time
	// Open tells that the guardian has access to the child at this institution now: both sides can read what the other writes.
	Open bool
}

// Faults of writing where nobody would read it. Nothing is stored: a message that is accepted is one that somebody can see (B3). Their words are true
// whether the child has left, an access has ended or a restriction on contact runs, and tell nobody which of these it is (B8).
var (
	ErrConversationClosed = &Fault{Kind: Conflict, Code: "conversation_closed",
		Detail: "Nothing can be written in this conversation now. Ask the kindergarten or school how to reach them."}
	ErrGuardianInactive = &Fault{Kind: Conflict, Code: "guardian_inactive",
		Detail: "Nothing can be written to this guardian about the child here now. Nothing was sent."}
)

// Side is who wrote a message.
type Side string

// The two sides of a conversation.
const (
	GuardianSide Side = "guardian"
	StaffSide    Side = "staff"
)

// Message is one message of a conversation.
type Message struct {
	ID           uuid.UUID
	Conversation uuid.UUID
	Author       uuid.UUID
	AuthorName   string
	Side         Side
	Text         string
	Confidential bool // sensitive in spite of the warning (V18)
	CreatedAt    time.Time
}

// Answers tells whether the other side of it could read what this one writes. It is asked before a text is looked over: nobody is advised how to write
// where nothing can be written, whatever the reason (B8). Faults: conversation_closed and guardian_inactive, to a guardian and to staff.
func (c Conversation) Answers(side Side) error {
	switch {
	case c.Open:
		return nil
	case side == StaffSide:
		return ErrGuardianInactive
	}
	return ErrConversationClosed
}

// Write makes a message. Faults: conversation_closed and guardian_inactive, to a guardian and to staff, when the other side could not read it
// (V14, V15); text_empty.
func (c Conversation) Write(id, author uuid.UUID, name string, side Side, text string, confidential bool, now time.Time) (Message, error) {
	if err := c.Answers(side); err != nil {
		return Message{}, err
	}
	if !visible(text) {
		return Message{}, ErrTextEmpty
	}
	return Message{
		ID: id, Conversation: c.ID, Author: author, AuthorName: name, Side: side, Text: text, Confidential: confidential, CreatedAt: now,
	}, nil
}
