package register

// Plan is what an import would change. It is made by [Diff], says nothing about access, and holds no identity number
// in any text. Everything in it is in the order of the keys, so that the same files and the same database always give
// the same plan. Encoding it as JSON gives the machine-readable dry run, [Plan.Text] the one for people.
type Plan struct {
	// Source is the file's name.
	Source        string                `json:"source"`
	Institutions  Section[Institution]  `json:"institutions"`
	Groups        Section[Group]        `json:"groups"`
	Persons       Section[Person]       `json:"persons"`
	Enrolments    Section[Enrolment]    `json:"enrolments"`
	Guardianships Section[Guardianship] `json:"guardianships"`
	StaffRoles    Section[StaffRole]    `json:"staff_roles"`

	// Departures are children who leave an institution: every access through them there ends (V14).
	Departures []Departure `json:"departures"`
	// Attention are changes that a head has to look at, such as custody or protection that changed. The import writes
	// down what the register says; it never draws the conclusion.
	Attention []Attention `json:"attention"`
	// Unresolved are rows that point at something neither the file nor the database has; they are left out.
	Unresolved []Unresolved `json:"unresolved"`
	// Holds are reasons to stop and ask a person before the plan is applied. A plan with holds must not be applied
	// without somebody saying so for this very plan.
	Holds []Hold `json:"holds"`
}

// Section is what happens to the rows of one noun.
type Section[T keyed] struct {
	Creates []Change[T] `json:"creates"`
	Updates []Change[T] `json:"updates"`
	Ends    []Change[T] `json:"ends"`
	// Kept are rows that the file names and that stay ended, because a person here ended them.
	Kept []Change[T] `json:"kept"`
	// Unchanged rows are the same in the file; Unmentioned ones are not in a file that does not show everybody.
	Unchanged   int `json:"unchanged"`
	Unmentioned int `json:"unmentioned"`
}

// Change is one row that is created, updated, ended or kept.
type Change[T keyed] struct {
	// Key names the row; it is what Item.Key gives.
	Key string `json:"key"`
	// Label is for people. It gives no name when somebody with a protected identity is concerned.
	Label  string        `json:"label"`
	Fields []FieldChange `json:"fields,omitempty"`
	// Returns says that the row was ended by an earlier import and comes back. A guardianship comes back inactive (V1).
	Returns bool `json:"returns,omitempty"`
	// Reason says why a row ends or is kept.
	Reason string `json:"reason,omitempty"`
	// Item is the row to write: the file's for creates and updates, the database's for ends and kept rows.
	Item T `json:"-"`
}

// FieldChange is one field that differs. Values of protected persons and identity numbers are replaced by words.
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
}

// Departure is a child whose last enrolment at an institution ends.
type Departure struct {
	ChildSourceID       string `json:"child"`
	InstitutionSourceID string `json:"institution"`
	Label               string `json:"label"`
}

// AttentionKind says why a head has to look.
type AttentionKind string

// The closed list of reasons.
const (
	GuardianAdded     AttentionKind = "guardian_added"     // a child that is already here gets another guardian (B11)
	CustodyGained     AttentionKind = "custody_gained"     // would widen access if somebody acted on it (B8)
	CustodyLost       AttentionKind = "custody_lost"       // access may have to be taken away (V15)
	ProtectionRaised  AttentionKind = "protection_raised"  //
	ProtectionLowered AttentionKind = "protection_lowered" // never believed without a look
	NumberChanged     AttentionKind = "number_changed"     // the same id with another identity number
)

// Attention is one change to look at.
type Attention struct {
	Kind  AttentionKind `json:"kind"`
	Noun  Noun          `json:"noun"`
	Key   string        `json:"key"`
	Label string        `json:"label"`
}

// Unresolved is one row that can not be placed.
type Unresolved struct {
	Noun   Noun   `json:"noun"`
	Key    string `json:"key"`
	Label  string `json:"label"`
	Reason string `json:"reason"`
}

// Hold is a reason not to apply the plan without asking.
type Hold struct {
	Noun   Noun   `json:"noun"`
	Ends   int    `json:"ends"`
	Of     int    `json:"of"`
	Reason string `json:"reason"`
}

// Held says whether a person has to confirm this very plan before it is applied.
func (p Plan) Held() bool { return len(p.Holds) > 0 }

// Empty says that applying the plan would change nothing.
func (p Plan) Empty() bool {
	for _, tally := range p.tallies() {
		if tally.creates+tally.updates+tally.ends > 0 {
			return false
		}
	}
	return true
}

// tally is the numbers of one section.
type tally struct {
	noun                                                 Noun
	creates, updates, ends, kept, unchanged, unmentioned int
}

func (s Section[T]) tally(noun Noun) tally {
	return tally{noun, len(s.Creates), len(s.Updates), len(s.Ends), len(s.Kept), s.Unchanged, s.Unmentioned}
}

func (p Plan) tallies() []tally {
	return []tally{p.Institutions.tally(NounInstitution), p.Groups.tally(NounGroup), p.Persons.tally(NounPerson),
		p.Enrolments.tally(NounEnrolment), p.Guardianships.tally(NounGuardianship), p.StaffRoles.tally(NounStaffRole)}
}
