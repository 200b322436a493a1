package app

import (
	"time"

	"github.com/google/uuid"
)

// AssistedCase is an account that staff open for a guardian who is before them: no electronic identity, no national identity number, or a
// protected identity (H7). It takes two: who saw the guardian and what they showed, and somebody else who confirms it.
type AssistedCase struct {
	ID           uuid.UUID
	Institution  uuid.UUID
	Guardianship uuid.UUID
	Child        uuid.UUID
	GuardianName string
	ChildName    string
	Shown        string // the kind of document, never its number
	Note         string // for staff only
	Username     string // what the guardian will sign in with; "" where their name is kept from the reader (B8)
	State        AssistedState
	OpenedBy     uuid.UUID
	OpenedAt     time.Time
	Expires      time.Time // until then it can be confirmed
	DecidedBy    uuid.UUID
	DecidedAt    time.Time // zero before
	Reason       string    // for staff only
}

// AssistedState is how far a case has come.
type AssistedState string

// The states of a case.
const (
	AssistedWaiting   AssistedState = "waiting"
	AssistedConfirmed AssistedState = "confirmed" // the letter was made
	AssistedRefused   AssistedState = "refused"
	AssistedWithdrawn AssistedState = "withdrawn" // another case, or the end of the account, took its place
	AssistedExpired   AssistedState = "expired"   // nobody confirmed it in time
)

// AssistedLasts is how long a case waits for the second member of the staff. The guardian is at the institution now; after some days somebody
// has to see them again.
const AssistedLasts = 3 * 24 * time.Hour

// Seen is the case with the state of a moment.
func (c AssistedCase) Seen(now time.Time) AssistedCase {
	if c.State == AssistedWaiting && !c.Expires.After(now) {
		c.State = AssistedExpired
	}
	return c
}

// AssistedVerdict is what the second member of the staff says. Fault: reason_missing for a refusal that says nothing.
type AssistedVerdict struct {
	State  AssistedState // AssistedConfirmed or AssistedRefused
	Reason string        // for staff only
}

// Check refuses a verdict that says too little.
func (v AssistedVerdict) Check() error {
	if v.State == AssistedRefused && !visible(v.Reason) {
		return &Fault{Kind: Unprocessable, Code: "reason_missing", Detail: "Say why it is refused. Only staff see it.",
			Fields: []Field{{Pointer: "/reason", Detail: "must not be empty when a case is refused"}}}
	}
	return nil
}

// AssistedFault turns the word that the tables answer with into a fault; nil for the words of success.
func AssistedFault(word string) error {
	switch word {
	case "opened", "decided":
		return nil
	case "not_possible":
		return &Fault{Kind: Conflict, Code: "assisted_not_possible",
			Detail: "An account is opened for legal guardians whom nothing keeps from the child, who do not work here, and by somebody else than themselves. Look at the register first."}
	case "too_often":
		return &Fault{Kind: Conflict, Code: "assisted_too_often", Detail: "This was begun too often for the same guardian. Wait some days, or ask whoever owns the institution."}
	case "username_taken":
		return &Fault{Kind: Conflict, Code: "username_taken", Detail: "Somebody else has this user name. Choose another one.",
			Fields: []Field{{Pointer: "/username", Detail: "is somebody else's"}}}
	case "closed":
		return &Fault{Kind: Conflict, Code: "assisted_case_closed", Detail: "This case does not wait for anybody any more. Look at the list again."}
	case "another_person":
		return &Fault{Kind: Conflict, Code: "assisted_needs_another_person", Detail: "It takes two: somebody else confirms what you saw."}
	}
	return ErrNotFound
}
