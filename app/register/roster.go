package register

import (
	"strings"
	"time"

	"budstikke.example/app/nationalid"
)

// Roster is what one register file says, after it was read without errors. Every slice is sorted by Key, and every
// key occurs once. It says who is where and who belongs to whom; it can not say who may see what (V1).
type Roster struct {
	// Source is the name of the file it was read from, for people to recognise.
	Source string
	// Coverage says for each noun whether the file speaks about all of them; only then a missing row means "ended".
	Coverage map[Noun]Coverage

	Institutions  []Institution
	Groups        []Group
	Persons       []Person
	Enrolments    []Enrolment
	Guardianships []Guardianship
	StaffRoles    []StaffRole

	// Ended are rows that the file names as deleted (OneRoster `tobedeleted`), whatever the coverage is.
	Ended []Ref
	// Restated are persons of whom a file that is not full says everything of one noun again: NounGuardianship with a
	// child's source id, or NounStaffRole with the source id of a member of staff. Such a guardianship or role that is
	// missing here has ended at the source.
	Restated []Ref
	// GroupsStated says that the staff roles name all their groups. When it is false the groups of a known role are
	// added to, never taken away.
	GroupsStated bool
}

// Noun is one of the six kinds of row that a register owns.
type Noun string

// The nouns, in the order in which they are created. They end in the opposite order.
const (
	NounInstitution  Noun = "institution"
	NounGroup        Noun = "group"
	NounPerson       Noun = "person"
	NounEnrolment    Noun = "enrolment"
	NounGuardianship Noun = "guardianship"
	NounStaffRole    Noun = "staff_role"
)

// Nouns lists every noun in the order of creation.
func Nouns() []Noun {
	return []Noun{NounInstitution, NounGroup, NounPerson, NounEnrolment, NounGuardianship, NounStaffRole}
}

// Coverage says how much of the source a file shows.
type Coverage string

const (
	// CoverageNone: the file says nothing about this noun.
	CoverageNone Coverage = ""
	// CoveragePartial: the file shows some rows; one that is missing is simply not mentioned.
	CoveragePartial Coverage = "partial"
	// CoverageFull: the file shows every row; one that is missing has ended at the source (V14).
	CoverageFull Coverage = "full"
)

// Ref names one row by noun and key.
type Ref struct {
	Noun Noun   `json:"noun"`
	Key  string `json:"key"`
}

// InstitutionKind tells a kindergarten from a school.
type InstitutionKind string

// The two kinds of institution.
const (
	Kindergarten InstitutionKind = "kindergarten"
	School       InstitutionKind = "school"
)

// Ownership says who answers for an institution, and so who approves its data agreements (L4, L5).
type Ownership string

// The two kinds of ownership.
const (
	Municipal     Ownership = "municipal"
	SelfGoverning Ownership = "self_governing"
)

// Institution is a kindergarten or a school as the register names it (L1).
type Institution struct {
	SourceID  string
	Kind      InstitutionKind
	Ownership Ownership
	// NationalNumber is the institution's number in the country's register of institutions; empty when not stated.
	NationalNumber string
	Name           string
}

// Key is the source id.
func (i Institution) Key() string { return i.SourceID }

// GroupKind tells a department of a kindergarten from a class of a school.
type GroupKind string

// The kinds of group. Course is a teaching group: a OneRoster class that is not a homeroom.
const (
	Department GroupKind = "department"
	Class      GroupKind = "class"
	Course     GroupKind = "course"
)

// Group is a department of a kindergarten or a class of a school.
type Group struct {
	SourceID            string
	InstitutionSourceID string
	Name                string
	Kind                GroupKind
}

// Key is the source id.
func (g Group) Key() string { return g.SourceID }

// Protection is the level of protected identity. A higher level always wins over a lower one.
type Protection int

const (
	// ProtectionNone: no mark in the register.
	ProtectionNone Protection = iota
	// ProtectionMarked: sekretessmarkering, navne- og adressebeskyttelse, turvakielto. Other families never see the name.
	ProtectionMarked
	// ProtectionProtected: skyddad folkbokföring, kode 7 (fortrolig). Staff without a clearance see an alias.
	ProtectionProtected
	// ProtectionStrict: kode 6 (strengt fortrolig). Beside the alias in its group there is nothing; contact hints of such a person are not kept.
	ProtectionStrict
)

// String gives none, marked, protected or strict.
func (p Protection) String() string {
	switch p {
	case ProtectionMarked:
		return "marked"
	case ProtectionProtected:
		return "protected"
	case ProtectionStrict:
		return "strict"
	default:
		return "none"
	}
}

// Person is a human being, once per file whatever roles they hold. A child, a guardian and a member of staff differ
// only by the enrolments, guardianships and staff roles that point at them.
type Person struct {
	SourceID   string
	GivenName  string
	FamilyName string
	// BirthDate is midnight UTC of the day of birth; the zero time when the file does not say.
	BirthDate time.Time
	// NationalID is checked; the zero value when the person has none (H7).
	NationalID nationalid.Number
	Protected  Protection
	// ProtectionStated says that the file speaks about this person's protection. A file that is silent about it never
	// lowers a protection that is known from elsewhere.
	ProtectionStated bool
	// Email and Mobile (E.164) are hints for staff who help a guardian. They are unverified, and nothing may ever be
	// sent to them: a guardian registers and confirms their own (H3, H5).
	Email  string
	Mobile string
	// Username is what staff sign in as at the municipality's own service, in lower case: uniid, the AD's user name (U5). It gives no access.
	Username string
}

// Key is the source id.
func (p Person) Key() string { return p.SourceID }

// Name is given name and family name with one space between them.
func (p Person) Name() string { return strings.TrimSpace(p.GivenName + " " + p.FamilyName) }

// Enrolment puts a child into a group of an institution.
type Enrolment struct {
	PersonSourceID      string // the child
	GroupSourceID       string // empty: at the institution, but in no group yet
	InstitutionSourceID string
	From                time.Time // first day, midnight UTC; zero: not stated
	Until               time.Time // last day, inclusive, midnight UTC; zero: open
}

// Key joins child, institution and group.
func (e Enrolment) Key() string {
	return joinKey(e.PersonSourceID, e.InstitutionSourceID, e.GroupSourceID)
}

// Guardianship says that an adult belongs to a child. It carries no access of any kind (V1).
type Guardianship struct {
	ChildSourceID    string
	GuardianSourceID string
	// Legal is true only when the file says that the adult has legal custody; a file that does not say so leaves it
	// false, and such an adult can not apply for an account (H11).
	Legal bool
	// LegalStated says that the file speaks about custody here. A silent file does not take back what is known.
	LegalStated bool
	// Basis is the relation in the file's own words, for example "mor", "familjehem", "parent"; may be empty.
	Basis string
}

// Key joins child and guardian.
func (g Guardianship) Key() string { return joinKey(g.ChildSourceID, g.GuardianSourceID) }

// Role is a staff role in the words of the product.
type Role string

// The staff roles that a register can name.
const (
	RoleOwner                 Role = "owner"
	RoleHead                  Role = "head"
	RoleLeader                Role = "leader"
	RoleEmployee              Role = "employee"
	RoleSubstitute            Role = "substitute"
	RoleMunicipalProfessional Role = "municipal_professional"
	RoleExternalPartner       Role = "external_partner"
)

// NeedsEnd says whether the role must carry a last day (B12).
func (r Role) NeedsEnd() bool { return r == RoleExternalPartner }

// EndsByRule says whether a role without a last day gets one from the municipality's rule (B12).
func (r Role) EndsByRule() bool { return r == RoleSubstitute }

// StaffRole says that a person works at an institution.
type StaffRole struct {
	PersonSourceID      string
	InstitutionSourceID string // empty for roles of the whole municipality (owner, municipal_professional)
	Role                Role
	GroupSourceIDs      []string  // sorted; empty: no group in particular
	From                time.Time // first day, midnight UTC; zero: not stated
	Until               time.Time // last day, inclusive, midnight UTC; zero: open
}

// Key joins person, institution and role: a head who also teaches holds two roles.
func (s StaffRole) Key() string {
	return joinKey(s.PersonSourceID, s.InstitutionSourceID, string(s.Role))
}
