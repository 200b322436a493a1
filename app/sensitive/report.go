package sensitive

// Severity says how loudly to speak.
type Severity string

// None is silence; Hint is one quiet line without an extra tap; Warn is a clear warning with one extra tap to send anyway.
const (
	None Severity = "none"
	Hint Severity = "hint"
	Warn Severity = "warn"
)

// Action is what the app offers. No action stops a text from being sent.
type Action string

// NoAction shows the line only; Confirm asks for an acknowledgement; BlockSuggest also offers to remove the marked words with one tap.
const (
	NoAction     Action = "none"
	Confirm      Action = "confirm"
	BlockSuggest Action = "block_suggest"
)

// Category is what the text seems to tell about a person.
type Category string

// The closed list of categories.
const (
	HealthMinor        Category = "health_minor"
	HealthDiagnosis    Category = "health_diagnosis"
	MentalHealth       Category = "mental_health"
	Medication         Category = "medication"
	SpecialNeeds       Category = "special_needs"
	ChildProtection    Category = "child_protection"
	CustodyFamily      Category = "custody_family"
	PoliceCourt        Category = "police_court"
	ViolenceAbuse      Category = "violence_abuse"
	SubstanceUse       Category = "substance_use"
	ReligionBelief     Category = "religion_belief"
	EthnicityMigration Category = "ethnicity_migration"
	SexualityGender    Category = "sexuality_gender"
	PoliticsUnion      Category = "politics_union"
	Finances           Category = "finances"
	NationalID         Category = "national_id"
	ProtectedAddress   Category = "protected_address"
	ThirdParty         Category = "third_party"
)

// Context says where the text is being written. It changes the advice, never the findings.
type Context string

// The places with free text.
const (
	Absence      Context = "absence"       // the note of an absence report
	Message      Context = "message"       // a guardian's message to the institution
	StaffMessage Context = "staff_message" // a colleague's message to a guardian: they have a head, duties and a record system, which a guardian has not
)

// Options says who is writing where. The zero value is a message, in English.
type Options struct {
	Locale  string  // language of reason and advice: nb, nn, da, sv or en; a region is ignored ("sv-SE"), "no" is nb, anything else is en
	Context Context // Absence, Message or StaffMessage; empty is Message
	Country string  // the municipality's ISO country; "IS" makes a bare kennitala count without the word beside it

	EverydayIllness bool       // fever, a cold and the like get a hint; without it they are passed over in silence
	Off             []Category // nothing is said of these, as the municipality wants it
}

// Span is a half-open stretch of the exact string received, in runes (as Go's range counts them) and in UTF-16 code units (as iOS, Android and
// JavaScript count).
type Span struct {
	StartRune  int `json:"start_rune"`
	EndRune    int `json:"end_rune"`
	StartUTF16 int `json:"start_utf16"`
	EndUTF16   int `json:"end_utf16"`
}

// Finding is everything found of one category.
type Finding struct {
	Category Category
	Severity Severity
	Action   Action
	Rules    []string // "<category>.<rule>" of every rule of this severity that matched, sorted: why this was found
	Spans    []Span   // the words to mark, in order, not overlapping
	Reason   string   // why, in the writer's language
	Advice   string   // a better way, in the writer's language
}

// Skipped says why a text was let through unread.
type Skipped string

// A text is read whole or not at all.
const (
	NotSkipped Skipped = ""
	TooLong    Skipped = "too_long" // more than MaxRunes
	Failed     Skipped = "failed"   // an internal failure; the guide fails open
)

// Report is the answer about one text. Findings come most severe first; an unread text has none, and Skipped says why.
type Report struct {
	Severity Severity // the highest of all findings
	Ruleset  string   // version of the lexicon that was used
	Findings []Finding
	Skipped  Skipped
}

// NeedsAcknowledgement reports whether sending asks for one more tap. See [Acknowledger].
func (r Report) NeedsAcknowledgement() bool { return r.Severity == Warn }
