package notify

import "github.com/google/uuid"

// Kind is the stable snake_case name of an event, the same word in the database, in template names, in log lines and in metrics.
type Kind string

// The closed list of kinds. The database holds the same list in a CHECK constraint.
const (
	KindEmailRegistered        Kind = "email_registered"         // an address was registered and waits for its owner's confirmation (H3)
	KindGuardianActivated      Kind = "guardian_activated"       // a head opened a guardianship (V6)
	KindMessagePosted          Kind = "message_posted"           // somebody wrote in a conversation (V20)
	KindAbsenceReported        Kind = "absence_reported"         // a child stays away; told to the other guardians (B11), while staff see it in their list of the day
	KindApplicationDecided     Kind = "application_decided"      // a head decided about an account (H1); not how
	KindApplicationsWaiting    Kind = "applications_waiting"     // applications wait for the head of an institution (H1)
	KindAccessOpened           Kind = "access_opened"            // the municipality's rule opened access at an institution (V6, V13)
	KindProofDue               Kind = "proof_due"                // a guardian is to prove anew who they are (H1)
	KindAlertRaised            Kind = "alert_raised"             // something critical happened and people must know now (B2)
	KindReviewDue              Kind = "review_due"               // a month's review of access waits for the head (V10)
	KindReviewOverdue          Kind = "review_overdue"           // nobody completed it in time; told to the owner too (V10)
	KindRevisionDue            Kind = "revision_due"             // the revision of January or June waits for the head (V9)
	KindRevisionOverdue        Kind = "revision_overdue"         // nobody completed it in time; told to the owner too (V9)
	KindSignInChanged          Kind = "sign_in_changed"          // to a person: how they sign in was changed, or a recovery code was used (U5)
	KindSecretDue              Kind = "secret_due"               // a group's tablets wait for a PIN, or they are locked soon (V12)
	KindHeldChangesWaiting     Kind = "held_changes_waiting"     // what a register wants waits for a decision: for the heads, and for the owner after some days (B8)
	KindTrainingOverdue        Kind = "training_overdue"         // training in the routine is overdue; told to whoever is to be trained and to who answers for them (V3, V9)
	KindClearanceGranted       Kind = "clearance_granted"        // somebody may read the name of a protected person; told to the others who answer for the place (B8)
	KindLiftingProposed        Kind = "lifting_proposed"         // the lifting of a restriction waits for a second person; told to the others who may confirm (B8)
	KindLiftingLapsed          Kind = "lifting_lapsed"           // a proposal to lift a restriction found nobody to confirm it; told to who made it (B8)
	KindPartnerWithoutSponsor  Kind = "partner_without_sponsor"  // the sponsor of an external partner is lost; told once to who answers for the place (U8, B12)
	KindHeadRestricted         Kind = "head_restricted"          // somebody who heads or owns an institution is kept from a child of it; told to the others who answer for it (B8, V11)
	KindInstitutionWithoutHead Kind = "institution_without_head" // nobody heads an institution; told to its owners every week until somebody does (V9)
)

// Urgency separates what may use SMS and overtakes everything (critical) from what waits its turn (routine). It is also the name of the
// lane the event's deliveries travel in.
type Urgency string

// The two urgencies.
const (
	UrgencyCritical Urgency = "critical"
	UrgencyRoutine  Urgency = "routine"
)

// Event is anything people are told about. The list is closed: only this package can add to it. Every event is either a Routine or a
// Critical, and the two are different types on purpose (V20).
type Event interface {
	// Kind is the event's stable name.
	Kind() Kind
	// Subject is the id of the thing the event is about (a conversation, an alert …). It is all that a notice ever carries of it (B1).
	Subject() uuid.UUID
	sealed()
}

// Routine is an event that can wait its turn. No function of the gateway takes a Routine and an SMS channel together (V20).
type Routine interface {
	Event
	routine()
}

// Critical is an event that people must learn about in seconds; the only kind of event that can justify an SMS (V20).
type Critical interface {
	Event
	critical()
}

type routineEvent struct{}

func (routineEvent) sealed()  {}
func (routineEvent) routine() {}

type criticalEvent struct{}

func (criticalEvent) sealed()   {}
func (criticalEvent) critical() {}

// EmailRegistered asks the owner of an e-mail address to confirm it. It is the one notice that goes to an unverified address (H3).
type EmailRegistered struct {
	routineEvent
	Endpoint uuid.UUID // the endpoint to confirm
}

// Kind implements Event.
func (EmailRegistered) Kind() Kind { return KindEmailRegistered }

// Subject implements Event.
func (e EmailRegistered) Subject() uuid.UUID { return e.Endpoint }

// GuardianActivated tells a guardian that the head has opened their access (V6).
type GuardianActivated struct {
	routineEvent
	Guardianship uuid.UUID
}

// Kind implements Event.
func (GuardianActivated) Kind() Kind { return KindGuardianActivated }

// Subject implements Event.
func (e GuardianActivated) Subject() uuid.UUID { return e.Guardianship }

// MessagePosted tells the other side of a conversation that there is something to read, and not what (V20, B1).
type MessagePosted struct {
	routineEvent
	Conversation uuid.UUID
}

// Kind implements Event.
func (MessagePosted) Kind() Kind { return KindMessagePosted }

// Subject implements Event.
func (e MessagePosted) Subject() uuid.UUID { return e.Conversation }

// AbsenceReported tells the child's other guardians that the child's day has changed (B11).
type AbsenceReported struct {
	routineEvent
	Absence uuid.UUID
}

// Kind implements Event.
func (AbsenceReported) Kind() Kind { return KindAbsenceReported }

// Subject implements Event.
func (e AbsenceReported) Subject() uuid.UUID { return e.Absence }

// ApplicationDecided tells an applicant that there is a decision, and not which (H1, B1).
type ApplicationDecided struct {
	routineEvent
	Application uuid.UUID
}

// Kind implements Event.
func (ApplicationDecided) Kind() Kind { return KindApplicationDecided }

// Subject implements Event.
func (e ApplicationDecided) Subject() uuid.UUID { return e.Application }

// ApplicationsWaiting tells the head of an institution that applications wait there (H1).
type ApplicationsWaiting struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (ApplicationsWaiting) Kind() Kind { return KindApplicationsWaiting }

// Subject implements Event.
func (e ApplicationsWaiting) Subject() uuid.UUID { return e.Institution }

// ReviewDue tells those who head an institution that a review of access is open or soon due (V10).
type ReviewDue struct {
	routineEvent
	Review uuid.UUID
}

// Kind implements Event.
func (ReviewDue) Kind() Kind { return KindReviewDue }

// Subject implements Event.
func (e ReviewDue) Subject() uuid.UUID { return e.Review }

// ReviewOverdue tells heads and owners that a review of access was not completed in time (V10).
type ReviewOverdue struct {
	routineEvent
	Review uuid.UUID
}

// Kind implements Event.
func (ReviewOverdue) Kind() Kind { return KindReviewOverdue }

// Subject implements Event.
func (e ReviewOverdue) Subject() uuid.UUID { return e.Review }

// RevisionDue tells those who head an institution that the revision of January or June is open or soon due (V9).
type RevisionDue struct {
	routineEvent
	Revision uuid.UUID
}

// Kind implements Event.
func (RevisionDue) Kind() Kind { return KindRevisionDue }

// Subject implements Event.
func (e RevisionDue) Subject() uuid.UUID { return e.Revision }

// RevisionOverdue tells heads and owners that a revision was not completed in time (V9).
type RevisionOverdue struct {
	routineEvent
	Revision uuid.UUID
}

// Kind implements Event.
func (RevisionOverdue) Kind() Kind { return KindRevisionOverdue }

// Subject implements Event.
func (e RevisionOverdue) Subject() uuid.UUID { return e.Revision }

// SecretDue tells those who head an institution that tablets of a group are locked soon unless somebody gives their PIN there (V12).
type SecretDue struct {
	routineEvent
	Group uuid.UUID
}

// Kind implements Event.
func (SecretDue) Kind() Kind { return KindSecretDue }

// Subject implements Event.
func (e SecretDue) Subject() uuid.UUID { return e.Group }

// SignInChanged tells somebody that how they sign in was changed, or that a recovery code of theirs was used: whoever did not do it themselves
// can say so (U5, U7, U8). It does not say what was changed.
type SignInChanged struct {
	routineEvent
	Account uuid.UUID
}

// Kind implements Event.
func (SignInChanged) Kind() Kind { return KindSignInChanged }

// Subject implements Event.
func (e SignInChanged) Subject() uuid.UUID { return e.Account }

// InstitutionWithoutHead tells the owners of an institution that nobody heads it (V9).
type InstitutionWithoutHead struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (InstitutionWithoutHead) Kind() Kind { return KindInstitutionWithoutHead }

// Subject implements Event.
func (e InstitutionWithoutHead) Subject() uuid.UUID { return e.Institution }

// ClearanceGranted tells the others who answer for an institution that somebody there was cleared for the name of a protected person (B8). It names the
// institution, so that its id tells nothing of who it is.
type ClearanceGranted struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (ClearanceGranted) Kind() Kind { return KindClearanceGranted }

// Subject implements Event.
func (e ClearanceGranted) Subject() uuid.UUID { return e.Institution }

// TrainingOverdue tells whoever is to be trained in the routine at an institution, and those who answer for them, that it is overdue (V3, V9). It names the
// institution, so that nobody reads from an id whose it is.
type TrainingOverdue struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (TrainingOverdue) Kind() Kind { return KindTrainingOverdue }

// Subject implements Event.
func (e TrainingOverdue) Subject() uuid.UUID { return e.Institution }

// LiftingProposed tells those who may confirm it that somebody has proposed to lift a restriction (B8). It names the institution, for the same reason as
// LiftingLapsed.
type LiftingProposed struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (LiftingProposed) Kind() Kind { return KindLiftingProposed }

// Subject implements Event.
func (e LiftingProposed) Subject() uuid.UUID { return e.Institution }

// LiftingLapsed tells whoever proposed to lift a restriction that nobody confirmed it in time (B8). It names the institution, so that its id tells
// nothing of whom it is about.
type LiftingLapsed struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (LiftingLapsed) Kind() Kind { return KindLiftingLapsed }

// Subject implements Event.
func (e LiftingLapsed) Subject() uuid.UUID { return e.Institution }

// HeadRestricted tells the others who answer for an institution that somebody who heads or owns it does not meet every child there any more, so that
// somebody else answers for that child (B8, V11). It names the institution, so that its id tells nothing of who it is.
type HeadRestricted struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (HeadRestricted) Kind() Kind { return KindHeadRestricted }

// Subject implements Event.
func (e HeadRestricted) Subject() uuid.UUID { return e.Institution }

// PartnerWithoutSponsor tells who answers for an institution that an external partner's access rests, because their sponsor does not work there
// any more or is on leave (U8, B12).
type PartnerWithoutSponsor struct {
	routineEvent
	Partnership uuid.UUID
}

// Kind implements Event.
func (PartnerWithoutSponsor) Kind() Kind { return KindPartnerWithoutSponsor }

// Subject implements Event.
func (e PartnerWithoutSponsor) Subject() uuid.UUID { return e.Partnership }

// AccessOpened tells those who head an institution that the municipality's rule opened a guardian's access there, without them (V6, V13).
type AccessOpened struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (AccessOpened) Kind() Kind { return KindAccessOpened }

// Subject implements Event.
func (e AccessOpened) Subject() uuid.UUID { return e.Institution }

// ProofDue tells a guardian that it is time to prove anew who they are, which a strong sign-in does (H1).
type ProofDue struct {
	routineEvent
	Account uuid.UUID
}

// Kind implements Event.
func (ProofDue) Kind() Kind { return KindProofDue }

// Subject implements Event.
func (e ProofDue) Subject() uuid.UUID { return e.Account }

// HeldChangesWaiting tells who answers for an institution that something which a register wants waits for them (B8).
type HeldChangesWaiting struct {
	routineEvent
	Institution uuid.UUID
}

// Kind implements Event.
func (HeldChangesWaiting) Kind() Kind { return KindHeldChangesWaiting }

// Subject implements Event.
func (e HeldChangesWaiting) Subject() uuid.UUID { return e.Institution }

// AlertRaised tells everybody concerned that something critical has happened (B2).
type AlertRaised struct {
	criticalEvent
	Alert uuid.UUID
}

// Kind implements Event.
func (AlertRaised) Kind() Kind { return KindAlertRaised }

// Subject implements Event.
func (e AlertRaised) Subject() uuid.UUID { return e.Alert }

// KindUrgency returns the urgency of a kind, and false for a word that is no kind.
func KindUrgency(k Kind) (Urgency, bool) {
	switch k {
	case KindAlertRaised:
		return UrgencyCritical, true
	case KindEmailRegistered, KindGuardianActivated, KindMessagePosted, KindAbsenceReported, KindApplicationDecided,
		KindApplicationsWaiting, KindReviewDue, KindReviewOverdue, KindSecretDue, KindSignInChanged, KindInstitutionWithoutHead, KindAccessOpened, KindRevisionDue, KindRevisionOverdue,
		KindProofDue:
		return UrgencyRoutine, true
	case KindHeldChangesWaiting, KindPartnerWithoutSponsor, KindClearanceGranted, KindLiftingProposed, KindLiftingLapsed, KindHeadRestricted, KindTrainingOverdue:
		return UrgencyRoutine, true
	}
	return "", false
}
