package app

import "time"

// StepUp is what an operation asks of the proof behind a session, beyond that there is one (RFC 9470). It goes out with the fault that says
// so, and an app answers it with ProveByBankID or ProveByPassword in the same session.
type StepUp struct {
	Assurance string        // the least level: low, substantial, high (migrations/scope, Assurance)
	MaxAge    time.Duration // how long ago the person may have proved who they are, at most
}

// StepUpFault is the refusal of a session whose proof is too weak or too old. Nothing was done.
func StepUpFault(wanted StepUp) *Fault {
	return &Fault{Kind: Unauthenticated, Code: "step_up_required", StepUp: &wanted,
		Detail: "Prove once more who you are, and try again. This asks for a fresh sign-in in the same session."}
}
