package access

import "time"

// Subject is who calls, as the session proved it.
type Subject struct {
	Caller Caller
	// Active says that session, account and person are active now.
	Active bool
	// Strong says that the session was signed in with an electronic identity or two factors; SignedInAt is when.
	Strong     bool
	SignedInAt time.Time
	// Roles are the staff roles held now, anywhere in the municipality.
	Roles Roles
	// Tablet says that the transaction comes from a shared tablet, and PIN that somebody has given theirs there and works as themselves (V7).
	Tablet bool
	PIN    bool
	// Owes is what a guardian has yet to do before they may go on.
	Owes Duties
}

// Facts are what the database knows about the subject and what the operation is about, at the moment of the transaction.
type Facts struct {
	// Found says that there is such a thing in this municipality. What belongs to another municipality is not found.
	Found bool
	// Own says that the subject wrote it, or takes part in it.
	Own bool
	// Relation is how a guardian stands to the child; Access that the rule of access gives them the child now (app.guardian_access), or, for
	// staff, that the child is one of those they meet in their work.
	Relation Relation
	Access   bool
	// Place says that the rule of access gives a guardian a child at the institution.
	Place bool
	// Roles are the staff roles that the subject holds at the institution now, or where the child is enrolled.
	Roles Roles
	// Protection is the child's; Restricted that a restriction stands between the child and the subject (B8).
	Protection Protection
	Restricted bool
	// Cleared says that the subject, who is staff, may read the name of the protected person whom it is about.
	Cleared bool
	// NoContact says that a restriction keeps notices about the child from the subject, or that one keeps the two sides of a conversation apart (B8).
	NoContact bool
	// OtherHome says that the subject, who is staff, is of the family, and that somebody else of it wrote it (B11).
	OtherHome bool
}

// Env is what a decision depends on beside the two.
type Env struct {
	// Now is the moment of the transaction, by the database's clock.
	Now time.Time
}

// Obligation is what the caller can do to be let in after all.
type Obligation uint8

// The obligations.
const (
	NoObligation Obligation = iota
	StepUp                  // sign in again, strongly (RFC 9470)
	GivePIN                 // say who you are, on a shared tablet
	AcceptTerms             // accept the terms in force (H12)
)

// Decision is the answer of Decide.
type Decision struct {
	Allow      bool
	Reason     Reason
	Fields     Fields
	Obligation Obligation
}
