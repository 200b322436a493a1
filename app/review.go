package app

import (
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// AccessReview is the monthly look at who has access at an institution (V10): a task with a due date, a list to decide row by row, and a record of
// who decided what.
type AccessReview struct {
	ID              uuid.UUID
	Institution     uuid.UUID
	InstitutionName string
	Month           time.Time // its first day, without a zone
	OpenedAt        time.Time
	DueOn           time.Time // the last day, at the institution
	Overdue         bool      // that day is over there, and the review is open
	Locale          string    // of the municipality, in which the page of its report is; "" in one that is not about to be completed
	QuietDays       int       // days without a sign-in that were a finding when it was opened
	CompletedAt     time.Time // zero while it is open
	CompletedBy     uuid.UUID
	CompletedByName string         // in one that is about to be completed; "" for a protected identity
	Zone            *time.Location // of the municipality, in whose time its report tells moments; nil is UTC
	Rows            int
	WithFindings    int
	Undecided       int // rows that somebody has to decide before it can be completed; those whose grant ended meanwhile are not among them
	Version         int // counts with every decision; the ETag
}

// Open tells whether somebody still has to do something.
func (r AccessReview) Open() bool { return r.CompletedAt.IsZero() }

// Complete closes the review. Faults: review_completed, review_undecided.
func (r AccessReview) Complete(by uuid.UUID, now time.Time) (AccessReview, error) {
	if !r.Open() {
		return r, ErrReviewCompleted
	}
	if r.Undecided > 0 {
		return r, &Fault{Kind: Conflict, Code: "review_undecided", Detail: undecided(r.Undecided)}
	}
	r.CompletedAt, r.CompletedBy, r.Overdue = now, by, false
	r.Version++
	return r, nil
}

// undecided says how many rows wait, and for whom, so that a head to whom nothing is left to decide knows that somebody else is to.
func undecided(rows int) string {
	if rows == 1 {
		return "1 row is not decided yet. One about yourself or your family another head or the owner decides."
	}
	return fmt.Sprintf("%d rows are not decided yet. Those about yourself or your family another head or the owner decides.", rows)
}

// ErrReviewCompleted refuses every change of a review that is evidence already.
var ErrReviewCompleted = &Fault{Kind: Conflict, Code: "review_completed", Detail: "This review is completed. Nothing was changed; the next one opens with the month."}

// ReviewChoice is what is decided about one grant.
type ReviewChoice string

// The choices. NoChoice is a row that nobody has decided.
const (
	NoChoice ReviewChoice = ""
	Keep     ReviewChoice = "keep"   // it is right
	Change   ReviewChoice = "change" // it needs another form; the note says which, and whoever decides sees to it
	Remove   ReviewChoice = "remove" // it ends in the transaction that records the decision (V15)
)

// ReviewOutcome is what came of a row.
type ReviewOutcome string

// The outcomes. An undecided row has none.
const (
	ReviewDone         ReviewOutcome = "done"
	ReviewAlreadyEnded ReviewOutcome = "already_ended" // the grant had ended when it was decided, or when the review was completed
	ReviewSuspended    ReviewOutcome = "suspended"     // nobody confirmed it in time, and the municipality wants that suspended; who keeps it opens it again
	ReviewLastGuardian ReviewOutcome = "last_guardian" // the same, but an alert about the child would reach nobody else: it goes on, and is to be decided
	// ReviewSelfConfirmed is one's own access, confirmed by oneself because nobody else answers for the institution. Owners are told once there is one.
	ReviewSelfConfirmed ReviewOutcome = "self_confirmed"
)

// The kinds of grant that this program knows. The list is open: a kind that is not here can be kept and changed, and removed where it is kept.
const (
	GrantGuardian        = "guardian"
	GrantStaff           = "staff"
	GrantExternalPartner = "external_partner"
	GrantSharedUser      = "shared_user" // the grant is the group; removing it removes every tablet of it
	GrantTablet          = "tablet"
	GrantClearance       = "clearance" // for the name of a protected person, who stands where other rows have the child
)

// FoundSuspended is found about what rests already: a tablet, a shared user or a clearance that an earlier review has suspended, which keeping it opens,
// and the access of a guardian that somebody suspended, which stays suspended when its row is kept: it is opened where guardians are activated (V6).
const FoundSuspended = "suspended"

// ReviewEffect is what a verdict does to the grant itself, beside what it notes.
type ReviewEffect int

// The effects.
const (
	LeavesAsItIs ReviewEffect = iota
	EndsGrant                 // at once, by the rules of ending it anywhere else (V15)
	OpensAgain                // what this review had suspended because nobody confirmed it in time
)

// ReviewRow is one grant as it was when the review was opened, and what was decided about it.
type ReviewRow struct {
	ID          uuid.UUID
	Kind        string
	Grant       uuid.UUID // the guardianship, the staff role …
	Person      uuid.UUID // uuid.Nil where the grant is nobody's in particular
	PersonName  string    // "" for a protected identity
	Child       uuid.UUID
	ChildName   string // the same
	Role        string // of staff
	Group       uuid.UUID
	GroupName   string
	TabletName  string
	GrantedAt   time.Time
	EndsAt      time.Time // zero: without an end
	Sponsor     uuid.UUID // of an external partner, when the review was opened (U8)
	SponsorName string    // the same as PersonName
	Children    int       // how many were named for them then
	Findings    []string
	Over        bool // the grant has ended meanwhile
	Family      bool // it opens a child whom whoever reads it is or was a guardian of, or somebody of its family
	OnlyFamily  bool // the same, and nobody outside the family who meets the child answers for the institution
	Decision    ReviewChoice
	Note        string // for staff only
	DecidedBy   uuid.UUID
	DeciderIs   string // the name of who decided; "" for a protected identity
	DecidedAt   time.Time
	Outcome     ReviewOutcome
}

// ReviewVerdict is one choice about one row. Was is what the row showed to whoever chose: two people who decide at once do not overwrite each other.
type ReviewVerdict struct {
	Row    uuid.UUID
	Choice ReviewChoice
	Was    ReviewChoice
	Note   string
}

// Decider is who decides about rows.
type Decider struct {
	Person uuid.UUID
	Owner  bool // of the institution: heads' and owners' roles are removed by an owner (V9)
	Alone  bool // nobody else answers for the institution
}

// Settle applies a verdict. One's own access, and what opens one's own child to anybody, is for somebody else to confirm; whoever is alone confirms
// it themselves, and the row says so. Nobody removes their own or opens it again, and that of heads and owners is removed by an owner (V9). What the calendar suspended is open again when it
// is kept, and stays suspended while it needs a change. It tells what has to be done to the grant now. Faults: review_row_decided,
// review_note_missing, review_row_not_yours.
func (r ReviewRow) Settle(v ReviewVerdict, by Decider, now time.Time) (ReviewRow, ReviewEffect, error) {
	if r.Decision != v.Was && r.DecidedBy == by.Person {
		return r, LeavesAsItIs, &Fault{Kind: Conflict, Code: "review_row_decided",
			Detail: "You have decided this row already. Nothing was changed; to decide it anew, say what it was."}
	}
	if r.Decision != v.Was {
		return r, LeavesAsItIs, &Fault{Kind: Conflict, Code: "review_row_decided",
			Detail: "Somebody decided a row in the meantime. Nothing was changed; read the rows again."}
	}
	if v.Choice == Change && !visible(v.Note) {
		return r, LeavesAsItIs, &Fault{Kind: Unprocessable, Code: "review_note_missing", Detail: "Say in the note what is to change."}
	}
	if !visible(v.Note) {
		v.Note = "" // it becomes the reason of what is ended, and a reason can be read
	}
	if r.Decision == Remove {
		return r, LeavesAsItIs, &Fault{Kind: Conflict, Code: "review_row_decided", Detail: "This access was removed. Give it anew if it is needed after all."}
	}
	leading, own := r.Role == "head" || r.Role == "owner", r.Person == by.Person || r.Family
	alone := by.Alone || r.OnlyFamily && r.Person != by.Person
	suspended := r.Outcome == ReviewSuspended || slices.Contains(r.Findings, FoundSuspended)
	if !r.Over && (own && !alone || own && suspended && v.Choice == Keep || v.Choice == Remove && (own || leading && !by.Owner)) {
		return r, LeavesAsItIs, &Fault{Kind: Conflict, Code: "review_row_not_yours",
			Detail: "Nobody decides about their own access or their family's here, and that of a head is removed by the owner. Leave it to another head or the owner; they are told."}
	}
	r.Decision, r.Note, r.DecidedBy, r.DecidedAt, r.Outcome = v.Choice, v.Note, by.Person, now, ReviewDone
	switch {
	case r.Over:
		r.Outcome = ReviewAlreadyEnded
		return r, LeavesAsItIs, nil
	case own:
		r.Outcome = ReviewSelfConfirmed
	case suspended && v.Choice == Change:
		r.Outcome = ReviewSuspended
	}
	switch {
	case v.Choice == Remove:
		return r, EndsGrant, nil
	case v.Choice == Keep && suspended:
		return r, OpensAgain, nil
	}
	return r, LeavesAsItIs, nil
}

// ReviewRule is what a municipality has decided about its reviews.
type ReviewRule struct {
	DueDays          int // a review is due so many days after it is opened: on the first of the month, later where that was missed; 1 to 27
	RemindDays       int // heads are reminded so many days before; 1 to 14
	QuietDays        int // so many days without a sign-in are a finding; 7 to 730
	SuspendAfterDays int // overdue for so many days, what nobody confirmed is suspended; 0: never
	Version          int // 0 while nobody has set anything
}

// Check tells whether a review can be reminded of at all: not before it opens. Fault: request_invalid.
func (r ReviewRule) Check() error {
	if r.RemindDays <= r.DueDays {
		return nil
	}
	return &Fault{Kind: Malformed, Code: "request_invalid", Detail: "Heads cannot be reminded before the review opens. Remind them later, or give them longer.",
		Fields: []Field{{Pointer: "/remindDays", Detail: fmt.Sprintf("is more than the %d days that the review is open before it is due", r.DueDays)}}}
}

// StandardReviewRule is what holds while a municipality has decided nothing. The database has the same defaults.
func StandardReviewRule() ReviewRule { return ReviewRule{DueDays: 14, RemindDays: 3, QuietDays: 60} }
