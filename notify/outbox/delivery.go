package outbox

import (
	"github.com/google/uuid"

	"budstikke.example/notify"
)

// Grounds is why a person may be told about an event. The claim checks that the grounds still hold (V15).
type Grounds string

// The grounds.
const (
	GroundsSelf        Grounds = "self"        // it is about the person; used for the mail that confirms an address (H3)
	GroundsChild       Grounds = "child"       // the person is an active guardian of Recipient.Child
	GroundsInstitution Grounds = "institution" // the person is an active guardian of some child of Recipient.Institution
	GroundsStaff       Grounds = "staff"       // the person has a role at Recipient.Institution
)

// Recipient is a person who is to be told, and why.
type Recipient struct {
	Person      uuid.UUID
	Grounds     Grounds
	Child       uuid.UUID // for GroundsChild, and for GroundsStaff where it is about one child (B8); uuid.Nil otherwise
	Institution uuid.UUID // for GroundsInstitution and GroundsStaff; uuid.Nil otherwise
}

// OfChild makes recipients of the guardians of a child.
func OfChild(child uuid.UUID, guardians ...uuid.UUID) []Recipient {
	list := make([]Recipient, len(guardians))
	for i, g := range guardians {
		list[i] = Recipient{Person: g, Grounds: GroundsChild, Child: child}
	}
	return list
}

// OfInstitution makes recipients of the guardians of an institution's children.
func OfInstitution(institution uuid.UUID, guardians ...uuid.UUID) []Recipient {
	list := make([]Recipient, len(guardians))
	for i, g := range guardians {
		list[i] = Recipient{Person: g, Grounds: GroundsInstitution, Institution: institution}
	}
	return list
}

// Ref points at a parcel that somebody must carry: a few deliveries of one event that travel together. It is what lies on the belt: ids and
// nothing else.
type Ref struct {
	Municipality uuid.UUID
	Parcel       uuid.UUID
	Provider     notify.Provider
	Urgency      notify.Urgency
	Attempt      int // attempts begun when the ref was made; a claim ignores a ref that is older than the parcel
	Size         int // how many deliveries were in it then, at least 1
}

// Announced is what an announcement wrote.
type Announced struct {
	Event uuid.UUID
	// Refs are the parcels that a worker must carry. Hand them to queue.Ring after the commit: it makes them leave at once. When that fails
	// or is forgotten, the worker finds them by itself some seconds later.
	Refs []Ref
	// Reach is whom it concerns, as ReachOf counts it. It is known when there are Refs.
	Reach Reach
}

// State is where a delivery is in its life; see package notify for what each means.
type State string

// The states.
const (
	StatePending    State = "pending"
	StateSent       State = "sent"
	StateRetry      State = "retry"
	StateSuppressed State = "suppressed"
	StateExpired    State = "expired"
	StateDead       State = "dead"
)
