package access

import (
	"maps"
	"slices"
)

// Fields is how much of what it is about an answer may show. What is decided is enforced where answers leave: the rim cuts each to the set.
type Fields uint8

// The sets of fields, each holding the one before it.
const (
	NoFields     Fields = iota
	RollCall            // names and whether they are here: what a shared tablet shows by itself (V7)
	WithoutWords        // everything but free text of guardians about a child
	AllFields
)

// String is the set in a word, for logs.
func (f Fields) String() string {
	return []string{"none", "roll_call", "without_words", "all"}[min(f, AllFields)]
}

// least names, by schema and property of the contract, the least set that holds a property, where it is not WithoutWords. A property that is not
// named here is therefore shown to everybody who may call the operation but a tablet on which nobody has said who they are: that shows
// what is named here and nothing else, also of what comes to the contract later.
var least = map[string]map[string]Fields{
	"RollCall":        {"group": RollCall, "children": RollCall},
	"RollCallChild":   {"id": RollCall, "name": RollCall, "away": RollCall},
	"TabletStaff":     {"items": RollCall},
	"TabletColleague": {"personId": RollCall, "name": RollCall},
	// The session of whoever has just said who they are.
	"Session": {"token": RollCall, "kind": RollCall, "expiresAt": RollCall, "endsAt": RollCall, "refreshToken": RollCall, "refreshBefore": RollCall},

	// B11: the other guardian's words are theirs, and so is whether they were sensitive. V17: who reads no notes is told that there is something to do.
	"Absence":         {"note": AllFields, "noteSensitive": AllFields},
	"ReportedAbsence": {"note": AllFields},
	"Message":         {"text": AllFields},
}

// Holds tells whether a set holds a property of a schema of the contract.
func (f Fields) Holds(schema, property string) bool {
	if at, named := least[schema][property]; named {
		return f >= at
	}
	return f >= WithoutWords
}

// FieldNames are the schemas that a set names properties of, with those properties, sorted.
func FieldNames() map[string][]string {
	names := make(map[string][]string, len(least))
	for schema, properties := range least {
		names[schema] = slices.Sorted(maps.Keys(properties))
	}
	return names
}

// Sets are the sets that Decide may let an operation through with, the largest first.
func (p Policy) Sets() []Fields {
	sets := []Fields{p.Fields}
	if p.narrows() && p.Fields > WithoutWords {
		sets = append(sets, WithoutWords)
	}
	if slices.Contains(p.Callers, Tablet) && p.Fields > RollCall {
		sets = append(sets, RollCall)
	}
	return sets
}

// narrows tells whether somebody whom the operation lets in reads no words.
func (p Policy) narrows() bool {
	switch {
	case p.About == Nothing:
		return false
	case slices.Contains(p.Callers, Staff) && (p.About == Absence || p.Roles&^ReadsNotes != NoRole):
		return true
	}
	return slices.Contains(p.Callers, Guardian) && p.About == Absence && p.Needs != NeedsOwn
}

// fields narrows what the operation shows to what this subject may see of it.
func fields(s Subject, p Policy, f Facts) Fields {
	most := p.Fields
	switch {
	case s.Tablet && !s.PIN:
		most = min(most, RollCall)
	case p.About == Absence && s.Caller == Guardian && !f.Own:
		most = min(most, WithoutWords) // B11: the other guardian's words are theirs
	case p.About == Absence && s.Caller == Staff && f.OtherHome:
		most = min(most, WithoutWords) // also for whoever is at work: the other home's words
	case p.About != Nothing && s.Caller == Staff && f.Roles&ReadsNotes == NoRole:
		most = min(most, WithoutWords) // V17: an owner reads no notes, and who is in the municipality for something else neither
	}
	return most
}
