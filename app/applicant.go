package app

// ApplicationPolicy is how a municipality decides applications.
type ApplicationPolicy string

// The policies. Whatever it is, what stands against an application leads to a head, and an account gives no access by itself (V1): with
// AutoOnCustody, whoever owns the municipality has decided ahead about what is beyond doubt (V6, V13).
const (
	HeadManual     ApplicationPolicy = "head_manual"      // a head decides each
	AutoOnCustody  ApplicationPolicy = "auto_on_custody"  // the account, and access to the children about whom nothing is unclear (H11, V13)
	SelfServiceEID ApplicationPolicy = "self_service_eid" // the account at once; heads activate guardianships (V6)
)

// ApplicationRule is how a municipality decides applications, and when it asks again.
type ApplicationRule struct {
	Policy          ApplicationPolicy
	ProofDays       int // a guardian's access rests on a strong sign-in not older than that; 0: however old
	ProofNoticeDays int // guardians are told so many days before
	WaitingDays     int // an application has waited for long after so many; the owners hear of it after twice that
}

// Check refuses to ask guardians for a proof more often than a session lasts. Fault: request_invalid.
func (r ApplicationRule) Check() error {
	if r.ProofDays != 0 && r.ProofDays < 90 {
		return &Fault{Kind: Malformed, Code: "request_invalid", Detail: "Look at the fields that are named.",
			Fields: []Field{{Pointer: "/proofDays", Detail: "is neither 0 nor at least 90"}}}
	}
	return nil
}

// ApplicantFacts is what the register and the restrictions say of an applicant at one moment.
type ApplicantFacts struct {
	Policy     ApplicationPolicy
	Legal      bool // legal guardian of a child that is enrolled now (H11)
	Hidden     bool // a protected identity: the applicant's, or that of every such child (H7, I18)
	Restricted bool // blocked from every such child (B8)
	HasAccount bool // H2; it is led to and is nothing that stands against an application
	Custody    Custody
}

// Custody is what AutoOnCustody asks about the applicant's children; the zero Custody was not asked, because the policy is another or a head decides.
type Custody string

// What there can be.
const (
	CustodyClear   Custody = "clear"   // of one child at least: it is opened with the account, and nothing else is (V13)
	CustodyUnclear Custody = "unclear" // of none: a head looks first
)

// ApplicationReason is what stands against an application, or is worth knowing about it. The applicant is never told which.
type ApplicationReason string

// The closed list of reasons; the database holds the same.
const (
	HeadDecides         ApplicationReason = "head_decides" // the municipality's policy asks for a person
	NoLegalGuardianship ApplicationReason = "no_legal_guardianship"
	ProtectedIdentity   ApplicationReason = "protected_identity"
	Restricted          ApplicationReason = "restricted"
	Unclarified         ApplicationReason = "unclarified" // the policy opens access by itself, and about every child something is unclear (V13)
	AccountExists       ApplicationReason = "has_account"
)

// ApplicationCheck is one thing that was looked at.
type ApplicationCheck struct {
	Name  ApplicationReason
	Found bool // whether it is so
}

// Checks looks at everything, in the same order each time, so that the record says also what was not found.
func (f ApplicantFacts) Checks() []ApplicationCheck {
	checks := []ApplicationCheck{
		{HeadDecides, f.Policy != AutoOnCustody && f.Policy != SelfServiceEID}, // a policy nobody knows asks for a person
		{NoLegalGuardianship, !f.Legal},
		{ProtectedIdentity, f.Hidden},
		{Restricted, f.Restricted},
		{AccountExists, f.HasAccount},
	}
	if f.Custody != "" {
		checks = append(checks, ApplicationCheck{Unclarified, f.Custody != CustodyClear})
	}
	return checks
}

// Blocked tells whether something stands against the application that no approval can set aside (H7, H11, B8).
func (f ApplicantFacts) Blocked() bool { return !f.Legal || f.Hidden || f.Restricted }

// wayOut says what a head does with an application that no approval can open: only a protected identity is handled with the guardian present (H7), and that
// is refused for the other two as well.
func (f ApplicantFacts) wayOut() string {
	switch {
	case !f.Legal:
		return "The register knows no legal guardianship of an enrolled child. Decline it; if that is wrong, have the register corrected first."
	case f.Restricted:
		return "A restriction keeps the applicant from every such child, and no approval sets it aside. Decline it, or have the restriction lifted by two people first."
	}
	return "An identity here is protected, and no approval sets that aside. Open the account with the guardian present, or decline it."
}

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
