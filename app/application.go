package app

import (
	"time"

	"github.com/google/uuid"
)

// Application is a guardian's request for an account (H1).
type Application struct {
	ID             uuid.UUID
	Person         uuid.UUID
	Submitted      bool
	Locale         string
	Email          string    // registered address, empty before; H3
	Endpoint       uuid.UUID // its endpoint
	EmailConfirmed bool
	TermsVersion   string // the version to be accepted at present (H12)
	TermsAccepted  bool   // of that version
}

// Applicant is who a proven identity number belongs to, as far as an application needs to know.
type Applicant struct {
	Person     uuid.UUID
	HasAccount bool // H2
	MayApply   bool // legal guardian of an enrolled child, and no protected identity on either side (H7, H11)
}

// Submit hands the application in. Faults: application_closed, email_not_confirmed, terms_not_accepted.
func (a Application) Submit(now time.Time) (Application, error) {
	switch {
	case a.Submitted:
		return a, ErrApplicationClosed
	case !a.EmailConfirmed:
		return a, &Fault{Kind: Conflict, Code: "email_not_confirmed", Detail: "Open the link in the mail that we sent you first."}
	case !a.TermsAccepted:
		return a, &Fault{Kind: Conflict, Code: "terms_not_accepted", Detail: "Read and accept the terms first."}
	}
	a.Submitted = true
	return a, nil
}

// ErrApplicationClosed answers a change to an application that was handed in.
var ErrApplicationClosed = &Fault{Kind: Conflict, Code: "application_closed", Detail: "This application was handed in. Sign in with BankID instead."}
