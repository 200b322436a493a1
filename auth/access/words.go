package access

import (
	"slices"
	"strings"
)

// Caller is the kind of caller that a transaction runs for; the words are those of migrations/scope.
type Caller string

// The kinds of caller.
const (
	Guardian  Caller = "guardian"
	Staff     Caller = "staff"
	Applicant Caller = "applicant" // proved who they are, has no account yet (H1)
	SignIn    Caller = "signin"    // nobody is known yet
	Tablet    Caller = "tablet"    // a shared tablet on which nobody has said who they are (V7)
	// SecondFactor has shown a password, and must have a second factor before anything else is open to them (U5, U8).
	SecondFactor Caller = "second_factor"
	Machine      Caller = "machine" // a provider's call whose signature, or whose own token, is proof
)

// Roles is a set of staff roles.
type Roles uint8

// The staff roles (U1). The last two reach the children that were named for them, until an end, and nothing else (U7, U8, B12).
const (
	Owner Roles = 1 << iota
	Head
	Leader
	Employee
	Substitute
	MunicipalProfessional
	ExternalPartner
)

// Sets of roles that several operations ask for.
const (
	NoRole     Roles = 0
	Answers          = Owner | Head                                    // who answers for an institution (V2, V6, V10)
	Daily            = Owner | Head | Leader | Employee | Substitute   // who meets the children of an institution
	Writes           = Head | Leader | Employee                        // who reads and writes messages (V19)
	ReadsNotes       = Head | Leader | Employee | Substitute           // who reads the notes of absences
	Named            = MunicipalProfessional | ExternalPartner         // who knows of children that were named for them (U7, U8)
	AnyRole          = Daily | MunicipalProfessional | ExternalPartner // whoever works in the municipality
)

var roleWords = []string{"owner", "head", "leader", "employee", "substitute", "municipal_professional", "external_partner"}

// RolesOf reads the words of roles; a word that is none is left out, which gives no right.
func RolesOf(words []string) Roles {
	set := NoRole
	for _, word := range words {
		if i := slices.Index(roleWords, word); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// Words are the words of the roles in the set.
func (r Roles) Words() []string {
	var words []string
	for i, word := range roleWords {
		if r&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	return words
}

// String joins the words of the set.
func (r Roles) String() string { return strings.Join(r.Words(), ",") }

// Noun is what an operation is about.
type Noun string

// The nouns that the database can tell facts about (app.facts). Nothing stands for what is the caller's own, or for a list that row-level
// security narrows: the operation names no id.
const (
	Nothing      Noun = ""
	Child        Noun = "child"
	Absence      Noun = "absence"
	Conversation Noun = "conversation"
	Institution  Noun = "institution"
	Guardianship Noun = "guardianship"
	Alert        Noun = "alert"
	Restriction  Noun = "restriction"
	Group        Noun = "group"
	SharedTablet Noun = "tablet"
	Review       Noun = "review" // of the access at an institution (V10)
	// ProtectedPerson is somebody whose name is kept from those without a clearance (B8).
	ProtectedPerson Noun = "protected_person"
)

// Nouns are all nouns.
var Nouns = []Noun{Nothing, Child, Absence, Conversation, Institution, Guardianship, Alert, Review, Restriction, Group, SharedTablet, ProtectedPerson}

// Relation is how a guardian stands to the child that something is about.
type Relation string

// The relations. Only an active one gives anything (V1, V6, V15).
const (
	NoRelation Relation = "none"
	Inactive   Relation = "inactive"
	Active     Relation = "active"
	Suspended  Relation = "suspended"
	Ended      Relation = "ended"
)

// Relations are all relations.
var Relations = []Relation{NoRelation, Inactive, Active, Suspended, Ended}

// Protection is the level of a child's protected identity.
type Protection string

// The levels.
const (
	Unprotected Protection = "none"
	Marked      Protection = "marked"    // other groups' staff know nothing of it
	Protected   Protection = "protected" // and its own see an alias unless they are cleared
	Strict      Protection = "strict"    // and nothing but the alias in the list of its group
)

// Protections are all levels.
var Protections = []Protection{Unprotected, Marked, Protected, Strict}
