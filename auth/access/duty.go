package access

// Duties is a set of what a guardian has yet to do before they may go on.
type Duties uint8

// The duties.
const (
	TermsDue Duties = 1 << iota // the terms in force are to be accepted (H12)
)

var dutyWords = map[string]Duties{"terms": TermsDue}

// DutiesOf reads the words that the database says (auth.owes). A word that is none asks for nothing: the program that knows it is on its way.
func DutiesOf(words []string) Duties {
	var set Duties
	for _, word := range words {
		set |= dutyWords[word]
	}
	return set
}
