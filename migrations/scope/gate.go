package scope

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

// Gate decides whether a transaction may go on. It is asked in the batch that opens the transaction, after the session was proved and before
// any row is handed out; what it refuses is rolled back. The decision itself is made elsewhere: this package only makes sure that there is one.
type Gate interface {
	// About is what the database is to look up together with the session: a noun and its id. Of the noun "" nothing is looked up.
	About() (noun string, id uuid.UUID)
	// Admit returns nil to go on, or why not: an error that is ErrRefused, ErrUnknown, *StepUp or ErrTerms.
	Admit(who Person, facts Facts) error
	// Unnamed returns why not to a shared tablet that asks for something of the staff's before anybody has said who they are: ErrPIN where a PIN would
	// open it, else ErrRefused (V7).
	Unnamed() error
}

// Facts are what the database knows about the person of the transaction and what the gate asked about. The names are those of the columns of
// app.facts, for those who are told them about somebody else (B9).
type Facts struct {
	Moment     time.Time `json:"-"` // the database's now()
	Found      bool      `json:"there"`
	Own        bool      `json:"own"`
	Relation   string    `json:"relation"`
	Access     bool      `json:"access"`
	Place      bool      `json:"place"`
	Roles      []string  `json:"roles"`
	Protection string    `json:"protection"`
	Restricted bool      `json:"restricted"`
	Cleared    bool      `json:"cleared"`
	NoContact  bool      `json:"no_contact"`
	OtherHome  bool      `json:"other_home"`
}

// What a gate refuses with.
var (
	// ErrRefused means that the caller may not do this. They are told that it does not exist.
	ErrRefused = errors.New("scope: refused")
	// ErrUnknown means the same, because there is no such thing: only what was kept of it for a repetition may still be answered (B6).
	ErrUnknown = errors.New("scope: there is no such thing")
	// ErrPIN means that a personal PIN would open it, on a shared tablet (V7).
	ErrPIN = errors.New("scope: a PIN is needed")
	// ErrTerms means that accepting the terms in force would open it (H12).
	ErrTerms = errors.New("scope: the terms in force are not accepted")
	// ErrNoGate means that the program forgot to say which operation a transaction is for.
	ErrNoGate = errors.New("scope: no operation was named for this transaction: the rim names it, and programs say ByProgram")
)

// NoContactError means that everything lets the caller in but a restriction on contact (B8). They see what they would write in, and nothing is to be
// written there now: whoever turns it into an answer uses the words for what is closed to that caller, which name no reason.
type NoContactError struct{ Caller Caller }

// Error implements error.
func (*NoContactError) Error() string { return "scope: a restriction keeps them out of contact" }

// StepUp means that proving once more who one is, at least so well and so recently, would open it (RFC 9470).
type StepUp struct {
	Assurance Assurance
	MaxAge    time.Duration
}

// Error implements error.
func (*StepUp) Error() string { return "scope: a stronger sign-in is needed" }

// Gated returns a DB on the same pool that opens no transaction without a gate in its context.
func (db *DB) Gated() *DB {
	gated := *db
	gated.gated = true
	return &gated
}

type gateKey struct{}

// WithGate returns a context whose transactions pass through g.
func WithGate(ctx context.Context, g Gate) context.Context {
	return context.WithValue(ctx, gateKey{}, g)
}

// GateOf returns the gate that a context carries; false for none.
func GateOf(ctx context.Context) (Gate, bool) {
	g, ok := ctx.Value(gateKey{}).(Gate)
	return g, ok
}

// ByProgram returns a context for what a program does by itself and no operation of the contract asks for: an import, enrolling, clearing away.
// Its transactions run for no person; one with somebody's credential is refused.
func ByProgram(ctx context.Context) context.Context {
	return WithGate(ctx, program{})
}

// ToNote returns a context whose transactions note that something was refused, and do nothing else: whoever was refused, they may be noted.
func ToNote(ctx context.Context) context.Context {
	return WithGate(ctx, noting{})
}

type noting struct{}

// About implements Gate.
func (noting) About() (string, uuid.UUID) { return "", uuid.Nil }

// Admit implements Gate.
func (noting) Admit(Person, Facts) error { return nil }

// Unnamed implements Gate.
func (noting) Unnamed() error { return ErrRefused }

type program struct{}

// About implements Gate.
func (program) About() (string, uuid.UUID) { return "", uuid.Nil }

// Admit implements Gate.
func (program) Admit(who Person, _ Facts) error {
	if who.Session != uuid.Nil {
		return ErrRefused
	}
	return nil
}

// Unnamed implements Gate.
func (program) Unnamed() error { return ErrRefused }

// gate returns the gate of a context, nil where none is needed.
func (db *DB) gate(ctx context.Context) (Gate, error) {
	if g, ok := GateOf(ctx); ok {
		return g, nil
	}
	if db.gated {
		return nil, ErrNoGate
	}
	return nil, nil
}
