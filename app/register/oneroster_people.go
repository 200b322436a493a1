package register

import (
	"maps"
	"slices"
)

// peopleFromUsers turns users into persons, staff roles and guardianships.
func (o *oneRoster) peopleFromUsers() {
	for _, id := range o.userIDs {
		u := o.users[id]
		o.person(u.row, u.person)
	}
	for _, id := range slices.Sorted(maps.Keys(o.roles)) {
		o.staff(id, o.roles[id])
	}
	for _, id := range o.userIDs {
		o.guardians(id, o.users[id])
	}
}

// staff makes the roles at institutions. A user who is not enabled at the source holds none (V11).
func (o *oneRoster) staff(id string, roles []heldRole) {
	u := o.users[id]
	if u != nil && !u.enabled {
		return
	}
	for _, held := range roles {
		role, staff := staffWords[held.word]
		if !staff || held.org == "" {
			continue
		}
		institution := o.schoolOf(held.org)
		if institution == "" {
			if u != nil {
				o.warnOnce(u.row, "role", "The person works at an organisation that is no institution of this export; the role is left out.")
			}
			continue
		}
		o.staffRole(o.rowOf(u), StaffRole{PersonSourceID: id, InstitutionSourceID: institution, Role: role, From: held.from, Until: held.until})
	}
}

// rowOf is where a problem about a user is shown; a delta export may name roles of users it does not contain.
func (o *oneRoster) rowOf(u *user) row {
	if u != nil {
		return u.row
	}
	return row{table: &table{file: o.entry(fileRoles), problems: &o.problems}, lines: []int{0}}
}

// guardians links the user with the children or adults named in agentSourcedIds. OneRoster lets either side name the
// other. Nothing but the roles of the two decides: a teacher named there is a contact person, not a guardian.
func (o *oneRoster) guardians(id string, u *user) {
	child := o.is(id, wordStudent)
	if child {
		o.roster.Restated = append(o.roster.Restated, Ref{NounGuardianship, id})
	}
	for _, agent := range u.agents {
		switch {
		case o.users[agent] == nil && o.gone[Ref{NounPerson, agent}]:
		case o.users[agent] == nil && o.modes[fileUsers] == modeBulk:
			u.row.warn("agentSourcedIds", "The user names somebody who is not in this export; that relation is left out.")
		case agent == id:
			u.row.warn("agentSourcedIds", "The user names themselves; that relation is left out.")
		case child && (o.is(agent, adultWords...) || o.users[agent] == nil):
			o.link(u, agent)
		case !child && o.is(id, adultWords...) && o.is(agent, wordStudent):
			o.link(o.users[agent], id)
		default:
			u.row.warn("agentSourcedIds", "The user names somebody, but the two are not a pupil and a guardian; that relation is left out.")
		}
	}
	for _, adult := range u.legal {
		if !child || !slices.Contains(u.agents, adult) {
			u.row.warn(metaLegal, "Somebody is named as having custody who is not named as a contact of this pupil; that is left out.")
		}
	}
}

func (o *oneRoster) link(child *user, adult string) {
	relation := Guardianship{ChildSourceID: child.person.SourceID, GuardianSourceID: adult, Legal: slices.Contains(child.legal, adult),
		LegalStated: child.row.has(metaLegal)}
	for _, held := range o.roles[adult] {
		if slices.Contains(adultWords, held.word) {
			relation.Basis = held.word
			break
		}
	}
	o.guardianship(child.row, relation)
}

// enrollmentRow reads who is in a class: pupils are enrolled, staff get the class as a group of their role.
func (o *oneRoster) enrollmentRow(row row) {
	class, classOK := o.id(row, "classSourcedId", true)
	school, schoolOK := o.id(row, "schoolSourcedId", true)
	id, idOK := o.id(row, "userSourcedId", true)
	word, wordOK := row.text("role")
	from, fromOK := o.day(row, "beginDate")
	until, untilOK := o.day(row, "endDate")
	if !allOf(classOK, schoolOK, idOK, wordOK, fromOK, untilOK) {
		return
	}
	institution := o.schoolOf(school)
	if group, known := o.groupsOf[class]; known {
		institution = group.InstitutionSourceID
	}
	enrolment := Enrolment{PersonSourceID: id, GroupSourceID: class, InstitutionSourceID: institution, From: from, Until: until}
	pupil := fold(word) == wordStudent
	switch {
	case !o.active(row):
		if pupil {
			o.deleted(NounEnrolment, enrolment.Key())
		} else if o.modes[fileEnrollments] == modeDelta {
			o.warnOnce(row, "role", "A delta export can not take a class away from staff; the next full export does.")
		}
	case !o.placeable(row, enrolment):
	case !from.IsZero() && !until.IsZero() && until.Before(from):
		row.fault("endDate", "The last day lies before the first day.")
	case pupil && o.users[id] != nil && !o.is(id, wordStudent):
		row.warn("role", "Somebody who is no pupil in this export is enrolled as one; the row is left out.")
	case pupil:
		o.enrolment(row, enrolment)
	default:
		o.teaches(row, enrolment, fold(word))
	}
}

// placeable reports rows that point at something the export does not have.
func (o *oneRoster) placeable(row row, e Enrolment) bool {
	_, known := o.groupsOf[e.GroupSourceID]
	switch {
	case o.gone[Ref{NounGroup, e.GroupSourceID}] && !known:
		o.warnOnce(row, "classSourcedId", "The class is marked as deleted in the same export; the enrolment is left out.")
	case o.gone[Ref{NounPerson, e.PersonSourceID}] && o.users[e.PersonSourceID] == nil:
	case o.modes[fileClasses] == modeBulk && !known, e.InstitutionSourceID == "":
		row.warn("classSourcedId", "The class or its institution is not in this export; the enrolment is left out.")
	case o.modes[fileUsers] == modeBulk && o.users[e.PersonSourceID] == nil:
		row.warn("userSourcedId", "The user is not in this export; the enrolment is left out.")
	default:
		return true
	}
	return false
}

// teaches adds the class to the role that the person has there. Nobody becomes staff by a row of enrollments.csv alone.
func (o *oneRoster) teaches(row row, e Enrolment, word string) {
	role, staff := staffWords[word]
	u := o.users[e.PersonSourceID]
	if !staff || role == RoleHead {
		return
	}
	if u != nil && (!u.enabled || !o.staffAnywhere(e.PersonSourceID)) {
		row.warn("role", "Somebody who is no staff in this export teaches a class; the row is left out.")
		return
	}
	taught := StaffRole{PersonSourceID: e.PersonSourceID, InstitutionSourceID: e.InstitutionSourceID, Role: role, GroupSourceIDs: []string{e.GroupSourceID}}
	if spot, known := o.staffRoles[taught.Key()]; known {
		taught.From, taught.Until = o.roster.StaffRoles[spot.at].From, o.roster.StaffRoles[spot.at].Until
	}
	o.staffRole(row, taught)
}

func (o *oneRoster) staffAnywhere(id string) bool {
	return slices.ContainsFunc(o.roles[id], func(held heldRole) bool { _, staff := staffWords[held.word]; return staff })
}

// enrolWithoutClass puts a pupil who is in no class of an institution at the institution itself.
func (o *oneRoster) enrolWithoutClass() {
	if o.modes[fileEnrollments] == modeDelta || o.modes[fileUsers] == modeDelta {
		return // a delta does not show the classes that did not change
	}
	there := map[string]bool{}
	for _, e := range o.roster.Enrolments {
		there[joinKey(e.PersonSourceID, e.InstitutionSourceID)] = true
	}
	for _, id := range o.userIDs {
		for _, held := range o.roles[id] {
			institution := o.schoolOf(held.org)
			if held.word != wordStudent || held.org == "" || institution == "" || there[joinKey(id, institution)] {
				continue
			}
			there[joinKey(id, institution)] = true
			o.enrolment(o.users[id].row, Enrolment{PersonSourceID: id, InstitutionSourceID: institution, From: held.from, Until: held.until})
		}
	}
}
