package app

import (
	"errors"
	"time"
)

// FaultKind is what sort of refusal a fault is. The rim maps each to one HTTP status (app/web/problem.go) and nothing else knows statuses.
type FaultKind int

// The kinds of fault.
const (
	Malformed       FaultKind = iota + 1 // the request does not fit the contract
	Unauthenticated                      // nobody is signed in
	NotFound                             // it does not exist, or is not the caller's to see
	Conflict                             // not as things stand
	Outdated                             // somebody changed it in the meantime (If-Match)
	Unprocessable                        // understood, and cannot be done
	VersionMissing                       // If-Match is missing
	TooMany                              // too many tries
	Unavailable                          // not at the moment; a write may have been done all the same, and is done once when it is repeated (B6)
)

// Field is one field at fault.
type Field struct {
	Pointer string // JSON pointer into the body, or the name of a parameter
	Detail  string // what to correct
}

// Fault is a refusal that a person can do something about. Its Code is one of the words listed in openapi.yaml, its Detail a sentence for
// people; neither ever holds what the database or a provider said.
type Fault struct {
	Kind       FaultKind
	Code       string
	Detail     string
	Fields     []Field
	RetryAfter time.Duration      // for TooMany and Unavailable: when to try again; 0 if unknown
	Review     *Review            // for sensitivity_confirmation_required: what the guide found (V17, V18)
	StepUp     *StepUp            // for step_up_required: the proof that is asked for
	Recipients *RecipientsChanged // for recipients_changed: how many there were, and are (B9)
}

// Error implements error.
func (f *Fault) Error() string { return f.Code }

// Is makes errors.Is compare faults by their code.
func (f *Fault) Is(target error) bool {
	var other *Fault
	return errors.As(target, &other) && other.Code == f.Code
}

// Review is what the sensitive-text guide found in a text, with the token that acknowledges it. Findings is the guide's own report; it is
// shown to the writer and never stored.
type Review struct {
	Report          any
	Acknowledgement string
}

// Faults that several rooms answer with.
var (
	ErrNotFound        = &Fault{Kind: NotFound, Code: "not_found", Detail: "There is nothing here."}
	ErrPINRequired     = &Fault{Kind: Unauthenticated, Code: "pin_required", Detail: "Say who you are: choose your name and give your PIN."}
	ErrSignInRequired  = &Fault{Kind: Unauthenticated, Code: "sign_in_required", Detail: "Sign in and try again."}
	ErrVersionOutdated = &Fault{Kind: Outdated, Code: "version_outdated",
		Detail: "It was changed in the meantime. Read it again and repeat your change."}
	ErrCursorInvalid = &Fault{Kind: Malformed, Code: "cursor_invalid",
		Detail: "This cursor is not one of ours. Start again from the first page.", Fields: []Field{{Pointer: "cursor", Detail: "is not a cursor of this list"}}}
	ErrUnavailable = &Fault{Kind: Unavailable, Code: "unavailable",
		Detail: "We cannot do this at the moment. Send the same again in a little while: it is done once, also if it got through now."}
	ErrTextEmpty = &Fault{Kind: Unprocessable, Code: "text_empty",
		Detail: "Write something first.", Fields: []Field{{Pointer: "/text", Detail: "holds nothing that can be seen"}}}
)
