package app

// ApplicationPolicy is how a municipality decides applications.
type ApplicationPolicy string

// The policies. Whatever it is, what stands against an application leads to a head, and an account gives no access by itself (V1).
const (
	HeadManual     ApplicationPolicy = "head_manual"      // a head decides each
	AutoOnCustody  ApplicationPolicy = "auto_on_custody"  // as self_service_eid as yet: no guardianship is opened without a head (V1)
	SelfServiceEID ApplicationPolicy = "self_service_eid" // the account at once; heads activate guardianships (V6)
)

// ApplicantFacts is what the register and the restrictions say of an applicant at one moment.
type ApplicantFacts struct {
	Policy     ApplicationPolicy
	Legal      bool // legal guardian of a child that is enrolled now (H11)
	Hidden     bool // a protected identity: the applicant's, or that of every such child (H7, I18)
	Restricted bool // blocked from every such child (B8)
	HasAccount bool // H2; it is led to and is nothing that stands against an application
}

// ApplicationReason is what stands against an application, or is worth knowing about it. The applicant is never told which.
type ApplicationReason string

// The closed list of reasons; the database holds the same.
const (
	HeadDecides         ApplicationReason = "head_decides" // the municipality's policy asks for a person
	NoLegalGuardianship ApplicationReason = "no_legal_guardianship"
	ProtectedIdentity   ApplicationReason = "protected_identity"
	Restricted          ApplicationReason = "restricted"
	AccountExists       ApplicationReason = "has_account"
)

// ApplicationCheck is one thing that was looked at.
type ApplicationCheck struct {
	Name  ApplicationReason
	Found bool // whether it is so
}

// Checks looks at everything, in the same order each time, so that the record says also what was not found.
func (f ApplicantFacts) Checks() []ApplicationCheck {
	return []ApplicationCheck{
		{HeadDecides, f.Policy != AutoOnCustody && f.Policy != SelfServiceEID}, // a policy nobody knows asks for a person
		{NoLegalGuardianship, !f.Legal},
		{ProtectedIdentity, f.Hidden},
		{Restricted, f.Restricted},
		{AccountExists, f.HasAccount},
	}
}

// Blocked tells whether something stands against the application that no approval can set aside (H7, H11, B8).
func (f ApplicantFacts) Blocked() bool { return !f.Legal || f.Hidden || f.Restricted }

// StandingAgainst returns why an application waits for a head; none when the policy decides it.
func StandingAgainst(checks []ApplicationCheck) []ApplicationReason {
	var reasons []ApplicationReason
	for _, c := range checks {
		if c.Found && c.Name != AccountExists {
			reasons = append(reasons, c.Name)
		}
	}
	return reasons
}
