package app

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// ApplicationState is how far an application has come.
type ApplicationState string

// The states of an application.
const (
	ApplicationOpen      ApplicationState = "open"      // the applicant fills it in
	ApplicationQueued    ApplicationState = "queued"    // handed in; a head decides it
	ApplicationApproved  ApplicationState = "approved"  // the account exists
	ApplicationDeclined  ApplicationState = "declined"  // by a head; the applicant may apply again
	ApplicationWithdrawn ApplicationState = "withdrawn" // by the applicant
	ApplicationEnded     ApplicationState = "ended"     // it was approved, and the account has ended since (H4)
)

// Application is a guardian's request for an account (H1).
type Application struct {
	ID             uuid.UUID
	Person         uuid.UUID
	State          ApplicationState
	Locale         string
	Email          string    // registered address, empty before; H3
	Endpoint       uuid.UUID // its endpoint
	EmailConfirmed bool
	TermsVersion   string // the version to be accepted at present (H12)
	TermsAccepted  bool   // of that version
	DeclinedBefore bool   // an earlier one of the same person was declined
}

// Applicant is who a proven identity number belongs to, as far as an application needs to know.
type Applicant struct {
	Person     uuid.UUID
	HasAccount bool // H2
	MayApply   bool // legal guardian of an enrolled child, and no protected identity on either side (H7, H11)
}

// Submit hands the application in: it is approved when the municipality's policy decides by itself and nothing stands against it, and
// otherwise waits for a head (H1, H11). The checks are for the record and for the head. Faults: application_closed, email_not_confirmed,
// terms_not_accepted.
func (a Application) Submit(f ApplicantFacts) (Application, []ApplicationCheck, error) {
	switch {
	case a.State != ApplicationOpen:
		return a, nil, a.Closed()
	case !a.EmailConfirmed:
		return a, nil, &Fault{Kind: Conflict, Code: "email_not_confirmed", Detail: "Open the link in the mail that we sent you first."}
	case !a.TermsAccepted:
		return a, nil, &Fault{Kind: Conflict, Code: "terms_not_accepted", Detail: "Read and accept the terms first."}
	}
	checks := f.Checks()
	a.State = ApplicationApproved
	if len(StandingAgainst(checks)) > 0 {
		a.State = ApplicationQueued
	}
	return a, checks, nil
}

// Withdraw takes the application back before it was decided. Fault: application_closed.
func (a Application) Withdraw() (Application, error) {
	if a.State != ApplicationOpen && a.State != ApplicationQueued {
		return a, a.Closed()
	}
	a.State = ApplicationWithdrawn
	return a, nil
}

// ErrApplicationClosed answers a change to an application that was handed in.
var ErrApplicationClosed = &Fault{Kind: Conflict, Code: "application_closed", Detail: "This application was handed in. Sign in with BankID instead."}

// errApplicationDecided answers a change to one that was decided.
var errApplicationDecided = &Fault{Kind: Conflict, Code: ErrApplicationClosed.Code, Detail: "This application was decided. Sign in with BankID to apply again, or to use the account."}

// Closed is the fault of a change to an application that is not open any more: what its applicant can do instead. Fault: application_closed.
func (a Application) Closed() error {
	if a.State == ApplicationApproved || a.State == ApplicationDeclined {
		return errApplicationDecided
	}
	return ErrApplicationClosed
}

// ApplicationCase is an application as the heads see it whom it concerns.
type ApplicationCase struct {
	ID          uuid.UUID
	Person      uuid.UUID
	State       ApplicationState
	Name        string   // empty when the register no longer has the applicant as a guardian here
	Children    []string // the applicant's children at the institution
	Reasons     []ApplicationReason
	SubmittedAt time.Time
	DecidedAt   time.Time // zero before
	Note        string    // why it was decided so; for staff only
}

// ApplicationDecision is a head's word on an application.
type ApplicationDecision struct {
	Application uuid.UUID
	State       ApplicationState // ApplicationApproved or ApplicationDeclined
	Reason      string           // for staff only
	By          uuid.UUID
	At          time.Time
}

// Decide approves or declines a case, with the facts as they are now: what only a head can weigh, a head may approve; what no head can
// approve is declined, or handled at the institution with two members of the staff (H7). Faults: application_closed, application_blocked,
// reason_missing for a decline that says nothing.
func (c ApplicationCase) Decide(to ApplicationState, reason string, f ApplicantFacts, by uuid.UUID, now time.Time) (ApplicationCase, ApplicationDecision, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case c.State != ApplicationQueued:
		return c, ApplicationDecision{}, &Fault{Kind: Conflict, Code: "application_closed", Detail: "This application does not wait for a decision any more. Look at the list again."}
	case to == ApplicationApproved && f.Blocked():
		return c, ApplicationDecision{}, &Fault{Kind: Conflict, Code: "application_blocked", Detail: f.wayOut()}
	case to == ApplicationDeclined && reason == "":
		return c, ApplicationDecision{}, &Fault{Kind: Unprocessable, Code: "reason_missing", Detail: "Say why it is declined. Only staff see it.",
			Fields: []Field{{Pointer: "/reason", Detail: "must not be empty when an application is declined"}}}
	}
	c.State, c.DecidedAt, c.Note = to, now, reason
	return c, ApplicationDecision{Application: c.ID, State: to, Reason: reason, By: by, At: now}, nil
}
