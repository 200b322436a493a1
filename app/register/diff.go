package register

import (
	"fmt"
	"slices"
)

// A plan is held when it ends at least heldFrom rows of a noun and more than one in heldShare of those in force.
const (
	heldFrom  = 5
	heldShare = 5
)

// Diff works out what the roster would change in what the database has from the same source. It never changes the access
// status of a guardianship, never brings back what a person ended, and never deletes: a row that is missing from a full
// file ends (V14). Fields that a file leaves empty do not erase a date of birth, an identity number, a contact hint or,
// unless the file speaks about protection, a protection that is known.
func Diff(current State, roster Roster) Plan {
	d := newDiffer(current, roster)
	plan := Plan{Source: roster.Source, Departures: []Departure{}, Attention: []Attention{}, Unresolved: []Unresolved{}, Holds: []Hold{}}
	plan.Institutions = compare(d, kindOfRow[Institution]{noun: NounInstitution, fields: institutionFields}, current.Institutions, roster.Institutions)
	plan.Groups = compare(d, kindOfRow[Group]{noun: NounGroup, fields: groupFields, needs: func(g Group) []Ref {
		return []Ref{{NounInstitution, g.InstitutionSourceID}}
	}}, current.Groups, roster.Groups)
	plan.Persons = compare(d, kindOfRow[Person]{noun: NounPerson, fields: personFields, settle: settlePerson, notice: d.noticePerson}, current.Persons, roster.Persons)
	plan.Enrolments = compare(d, kindOfRow[Enrolment]{noun: NounEnrolment, fields: enrolmentFields, needs: func(e Enrolment) []Ref {
		return refs(Ref{NounPerson, e.PersonSourceID}, Ref{NounInstitution, e.InstitutionSourceID}, Ref{NounGroup, e.GroupSourceID})
	}}, current.Enrolments, roster.Enrolments)
	plan.Guardianships = compare(d, kindOfRow[Guardianship]{noun: NounGuardianship, fields: guardianshipFields, settle: settleGuardianship, notice: d.noticeGuardianship,
		needs: func(g Guardianship) []Ref {
			return refs(Ref{NounPerson, g.ChildSourceID}, Ref{NounPerson, g.GuardianSourceID})
		},
		owner: func(g Guardianship) string { return g.ChildSourceID }}, current.Guardianships, roster.Guardianships)
	plan.StaffRoles = compare(d, kindOfRow[StaffRole]{noun: NounStaffRole, fields: staffRoleFields, settle: d.settleStaffRole,
		needs: func(s StaffRole) []Ref {
			return refs(Ref{NounPerson, s.PersonSourceID}, Ref{NounInstitution, s.InstitutionSourceID})
		},
		owner: func(s StaffRole) string { return s.PersonSourceID }}, current.StaffRoles, d.inLiveGroups(roster.StaffRoles))
	d.endOrphans(&plan.Persons, current.Persons)
	plan.Departures = append(plan.Departures, d.departures(current.Enrolments, plan.Enrolments)...)
	plan.Attention = append(plan.Attention, d.attention...)
	plan.Unresolved = append(plan.Unresolved, d.unresolved...)
	plan.Holds = append(plan.Holds, holds(plan, current)...)
	return plan
}

// refs drops references to nothing: an enrolment without a group, a role without an institution.
func refs(all ...Ref) []Ref {
	return slices.DeleteFunc(all, func(ref Ref) bool { return ref.Key == "" })
}

// endOrphans ends persons whom a partial view of people no longer mentions and for whom everything else ends.
func (d *differ) endOrphans(section *Section[Person], known []Known[Person]) {
	for _, k := range known {
		id := k.Value.SourceID
		if !d.unmentioned[id] || d.before[id] == 0 || d.after[id] > 0 {
			continue
		}
		section.Unmentioned--
		section.Ends = append(section.Ends, Change[Person]{Key: id, Label: d.label(k.Value), Reason: "nothing in the register points at this person any more", Item: k.Value})
	}
	sortChanges(section.Ends)
}

// departures finds the children whose last enrolment at an institution ends (V14).
func (d *differ) departures(known []Known[Enrolment], section Section[Enrolment]) []Departure {
	ending := map[string]bool{}
	for _, change := range section.Ends {
		ending[change.Key] = true
	}
	staying := map[string]bool{}
	at := func(e Enrolment) string { return joinKey(e.PersonSourceID, e.InstitutionSourceID) }
	for _, k := range known {
		if k.Ended == NotEnded && !ending[k.Value.Key()] {
			staying[at(k.Value)] = true
		}
	}
	for _, change := range section.Creates {
		staying[at(change.Item)] = true
	}
	var left []Departure
	for _, change := range section.Ends {
		if e := change.Item; !staying[at(e)] {
			staying[at(e)] = true // once per child and institution
			left = append(left, Departure{e.PersonSourceID, e.InstitutionSourceID, d.hideFor(e.PersonSourceID, d.name(e.PersonSourceID)+", "+d.places[e.InstitutionSourceID])})
		}
	}
	return left
}

// holds finds mass endings: a truncated export must not take everybody's access away.
func holds(plan Plan, current State) (found []Hold) {
	inForce := map[Noun]int{
		NounInstitution: countInForce(current.Institutions), NounGroup: countInForce(current.Groups), NounPerson: countInForce(current.Persons),
		NounEnrolment: countInForce(current.Enrolments), NounGuardianship: countInForce(current.Guardianships), NounStaffRole: countInForce(current.StaffRoles),
	}
	for _, t := range plan.tallies() {
		if of := inForce[t.noun]; t.ends >= heldFrom && t.ends*heldShare > of {
			found = append(found, Hold{Noun: t.noun, Ends: t.ends, Of: of,
				Reason: fmt.Sprintf("%d of %d %s would end. Is the file complete?", t.ends, of, plural(t.noun))})
		}
	}
	return found
}

func countInForce[T keyed](known []Known[T]) (n int) {
	for _, k := range known {
		if k.Ended == NotEnded {
			n++
		}
	}
	return n
}
