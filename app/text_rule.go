package app

// TextRule is what a municipality wants said about free text (B4, V4), and how long notes are kept (V17).
type TextRule struct {
	EverydayIllness bool     // fever, a cold and the like get a quiet line
	CategoriesOff   []string // the guide says nothing of these; identity numbers and protected addresses cannot be among them; payment cards are looked for all the same
	AbsenceNotes    bool     // whether an absence may have a note beside its reason
	Country         string   // ISO code: which numbers count as identity numbers without a word beside them
	NoteDays        int      // a note goes so many days after the last day of its absence
}

// ErrNotesOff answers a note where the municipality wants none.
var ErrNotesOff = &Fault{Kind: Unprocessable, Code: "notes_off",
	Detail: "An absence has a reason and no note here. Send it without the note; call the staff about what they must know.",
	Fields: []Field{{Pointer: "/note", Detail: "is not used in this municipality"}}}

// Note is the note as it is kept, or ErrNotesOff.
func (r TextRule) Note(absence Absence) error {
	if absence.Note != "" && !r.AbsenceNotes {
		return ErrNotesOff
	}
	return nil
}
