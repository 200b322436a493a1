package register

import (
	"slices"
	"strings"
)

// differ holds what the comparison of one noun has to know about the others.
type differ struct {
	roster   Roster
	ended    map[Ref]bool
	restated map[Ref]bool
	persons  map[string]Person // the file's, else the database's
	places   map[string]string // names of institutions and groups

	protected   map[string]bool // persons whose names and places are not shown
	alive       map[Ref]bool    // what is in force after the plan
	closed      map[Ref]bool    // what a person here ended
	newPerson   map[string]bool
	unmentioned map[string]bool // persons of the database that the file does not name
	before      map[string]int  // how many rows in force point at a person, before and after
	after       map[string]int

	attention  []Attention
	unresolved []Unresolved
}

func newDiffer(current State, roster Roster) *differ {
	d := &differ{roster: roster, ended: map[Ref]bool{}, restated: map[Ref]bool{}, persons: map[string]Person{}, places: map[string]string{},
		protected: map[string]bool{}, alive: map[Ref]bool{}, closed: map[Ref]bool{}, newPerson: map[string]bool{}, unmentioned: map[string]bool{},
		before: map[string]int{}, after: map[string]int{}}
	for _, ref := range roster.Ended {
		d.ended[ref] = true
	}
	for _, ref := range roster.Restated {
		d.restated[ref] = true
	}
	for _, k := range current.Institutions {
		d.places[k.Value.SourceID] = k.Value.Name
	}
	for _, i := range roster.Institutions {
		d.places[i.SourceID] = i.Name
	}
	for _, k := range current.Groups {
		d.places[groupPlace(k.Value.SourceID)] = k.Value.Name
	}
	for _, g := range roster.Groups {
		d.places[groupPlace(g.SourceID)] = g.Name
	}
	for _, k := range current.Persons {
		d.persons[k.Value.SourceID] = k.Value
		d.protected[k.Value.SourceID] = k.Value.Protected > ProtectionNone
	}
	for _, p := range roster.Persons {
		d.persons[p.SourceID] = p
		d.protected[p.SourceID] = d.protected[p.SourceID] || p.Protected > ProtectionNone
	}
	return d
}

func groupPlace(id string) string { return "group\x00" + id }

// kindOfRow says how rows of one noun are compared.
type kindOfRow[T keyed] struct {
	noun   Noun
	fields func(T) []field
	// needs lists what has to be in force for the row to be.
	needs func(T) []Ref
	// owner is the person whose rows of this noun a file can restate.
	owner func(T) string
	// settle decides what is written when the file's row meets a known one.
	settle func(old, now T) T
	// notice is told of rows that are new (old is nil) or changed.
	notice func(label string, old *T, now T)
}

// compare sorts the rows of one noun into creates, updates, ends and so on.
func compare[T keyed](d *differ, kind kindOfRow[T], known []Known[T], now []T) Section[T] {
	s := Section[T]{Creates: []Change[T]{}, Updates: []Change[T]{}, Ends: []Change[T]{}, Kept: []Change[T]{}}
	have, named := map[string]Known[T]{}, map[string]bool{}
	for _, k := range known {
		have[k.Value.Key()] = k
		if k.Ended == NotEnded {
			pointAt(d.before, kind, k.Value)
		}
	}
	for _, row := range now {
		key := row.Key()
		named[key] = true
		k, found := have[key]
		nameRow(d, kind, &s, row, k, found)
	}
	for _, k := range known {
		switch key := k.Value.Key(); {
		case named[key]:
		case k.Ended != NotEnded:
			d.closed[Ref{kind.noun, key}] = k.Ended == EndedByPerson
		default:
			missRow(d, kind, &s, k.Value)
		}
	}
	for _, changes := range [][]Change[T]{s.Creates, s.Updates, s.Ends, s.Kept} {
		sortChanges(changes)
	}
	return s
}

// nameRow places a row that the file names.
func nameRow[T keyed](d *differ, kind kindOfRow[T], s *Section[T], row T, k Known[T], found bool) {
	key := row.Key()
	ref := Ref{kind.noun, key}
	change := Change[T]{Key: key, Label: d.label(row), Item: row}
	missing, human := unmet(d, kind, row)
	switch {
	case found && k.Ended == EndedByPerson:
		change.Reason, change.Item = "somebody here ended it; an import does not bring it back", k.Value
		d.closed[ref] = true
		s.Kept = append(s.Kept, change)
	case human:
		change.Reason = "it belongs to something that somebody here ended"
		s.Kept = append(s.Kept, change)
		if found && k.Ended == NotEnded {
			pointAt(d.after, kind, k.Value)
		}
	case missing != "":
		d.unresolved = append(d.unresolved, Unresolved{kind.noun, key, change.Label, "it points at " + missing + " that is neither in the file nor in force here"})
		if found && k.Ended == NotEnded {
			change.Reason, change.Item = "what it belongs to has ended", k.Value
			s.Ends = append(s.Ends, change)
		}
	default:
		d.alive[ref] = true
		pointAt(d.after, kind, row)
		placeRow(d, kind, s, change, k, found)
	}
}

// placeRow puts a row that can be in force under creates, updates or unchanged.
func placeRow[T keyed](d *differ, kind kindOfRow[T], s *Section[T], change Change[T], k Known[T], found bool) {
	if !found || k.Ended == EndedByImport {
		change.Returns = found
		if kind.noun == NounPerson {
			d.newPerson[change.Key] = true
		}
		if kind.notice != nil {
			kind.notice(change.Label, nil, change.Item)
		}
		s.Creates = append(s.Creates, change)
		return
	}
	if kind.settle != nil {
		change.Item = kind.settle(k.Value, change.Item)
		change.Label = d.label(change.Item)
	}
	change.Fields = changedFields(kind.fields(k.Value), kind.fields(change.Item), d.hidden(change.Item))
	if len(change.Fields) == 0 {
		s.Unchanged++
		return
	}
	if kind.notice != nil {
		kind.notice(change.Label, &k.Value, change.Item)
	}
	s.Updates = append(s.Updates, change)
}

// missRow places a row of the database that the file does not name.
func missRow[T keyed](d *differ, kind kindOfRow[T], s *Section[T], row T) {
	ref := Ref{kind.noun, row.Key()}
	change := Change[T]{Key: ref.Key, Label: d.label(row), Item: row}
	missing, human := unmet(d, kind, row)
	switch {
	case d.ended[ref]:
		change.Reason = "the register marks it as deleted"
	case d.roster.Coverage[kind.noun] == CoverageFull:
		change.Reason = "it is no longer in the register"
	case kind.owner != nil && d.restated[Ref{kind.noun, kind.owner(row)}]:
		change.Reason = "the register no longer lists it for this person"
	case missing != "" && !human:
		change.Reason = "what it belongs to has ended"
	default:
		s.Unmentioned++
		d.alive[ref] = true
		pointAt(d.after, kind, row)
		if kind.noun == NounPerson {
			d.unmentioned[ref.Key] = true
		}
		return
	}
	s.Ends = append(s.Ends, change)
}

// unmet names the first thing the row needs that is not in force, and says whether a person here ended one of them.
func unmet[T keyed](d *differ, kind kindOfRow[T], row T) (missing string, human bool) {
	if kind.needs == nil {
		return "", false
	}
	for _, ref := range kind.needs(row) {
		switch {
		case d.closed[ref]:
			human = true
		case !d.alive[ref] && missing == "":
			missing = "a " + string(ref.Noun)
		}
	}
	return missing, human
}

// pointAt counts a row for every person it points at.
func pointAt[T keyed](counts map[string]int, kind kindOfRow[T], row T) {
	if kind.needs == nil {
		return
	}
	for _, ref := range kind.needs(row) {
		if ref.Noun == NounPerson {
			counts[ref.Key]++
		}
	}
}

func sortChanges[T keyed](changes []Change[T]) {
	slices.SortFunc(changes, func(a, b Change[T]) int { return strings.Compare(a.Key, b.Key) })
}
