package register

// State is what the database has from one source: the register's own words as they were imported last, not what people
// here made of them. Access status, restrictions and accounts are no part of it, so that an import can not change them (P6).
type State struct {
	Institutions  []Known[Institution]
	Groups        []Known[Group]
	Persons       []Known[Person]
	Enrolments    []Known[Enrolment]
	Guardianships []Known[Guardianship]
	StaffRoles    []Known[StaffRole]
}

// Known is one row of the database with the way in which it ended, if it did.
type Known[T keyed] struct {
	Value T
	Ended Ending
}

// Ending says who ended a row.
type Ending int

const (
	// NotEnded: the row is in force.
	NotEnded Ending = iota
	// EndedByImport: an earlier import ended it; it returns when the register names it again.
	EndedByImport
	// EndedByPerson: somebody here ended it; no import ever brings it back (P6, B8).
	EndedByPerson
)

// StateOf gives the state that a roster leaves behind when it is applied to an empty database.
func StateOf(roster Roster) State {
	return State{
		Institutions: inForce(roster.Institutions), Groups: inForce(roster.Groups), Persons: inForce(roster.Persons),
		Enrolments: inForce(roster.Enrolments), Guardianships: inForce(roster.Guardianships), StaffRoles: inForce(roster.StaffRoles),
	}
}

func inForce[T keyed](rows []T) []Known[T] {
	known := make([]Known[T], 0, len(rows))
	for _, row := range rows {
		known = append(known, Known[T]{Value: row})
	}
	return known
}
