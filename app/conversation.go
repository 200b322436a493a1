package app

import (
	"strings"
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
}

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

// Write makes a message. Fault: text_empty.
func (c Conversation) Write(id, author uuid.UUID, name string, side Side, text string, confidential bool, now time.Time) (Message, error) {
	if strings.TrimSpace(text) == "" {
		return Message{}, ErrTextEmpty
	}
	return Message{
		ID: id, Conversation: c.ID, Author: author, AuthorName: name, Side: side, Text: text, Confidential: confidential, CreatedAt: now,
	}, nil
}
