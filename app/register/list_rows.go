package register

import "strings"

// admissionRow reads a child at an institution with one or two guardians (V13).
func (r *listReader) admissionRow(row row) {
	child, childOK := r.person(row, "child", "")
	institution, institutionOK := r.institution(row, false)
	from, until, periodOK := r.period(row, fieldEnrolmentFrom, fieldEnrolmentUntil)
	groups, groupOK := r.groups(row, institution, institutionOK, false)
	if !allOf(childOK, institutionOK, periodOK, groupOK) {
		return
	}
	r.roster.person(row, child)
	r.roster.institution(row, institution)
	enrolment := Enrolment{PersonSourceID: child.SourceID, InstitutionSourceID: institution.SourceID, From: from, Until: until}
	for _, group := range groups {
		r.roster.group(row, group)
		enrolment.GroupSourceID = group.SourceID
	}
	r.roster.enrolment(row, enrolment)
	for _, who := range []string{"guardian1", "guardian2"} {
		if r.mentions(row, who) {
			r.guardian(row, who, child)
		}
	}
}

// mentions says whether the row names that guardian at all.
func (r *listReader) mentions(row row, who string) bool {
	for _, part := range []string{partID, partNationalID, partGivenName, partFamilyName, partFullName} {
		if head := r.mapping.Columns[of(who, part)]; head != "" && strings.TrimSpace(row.raw(head)) != "" {
			return true
		}
	}
	return false
}

func (r *listReader) guardian(row row, who string, child Person) {
	adult, adultOK := r.person(row, who, child.SourceID)
	legal, legalOK := r.word(row, of(who, partLegal), wordsYesNo)
	relation, relationOK := r.value(row, of(who, partRelation))
	if !allOf(adultOK, legalOK, relationOK) {
		return
	}
	number := r.mapping.Columns[of(who, partNationalID)]
	switch {
	case adult.SourceID == child.SourceID, !adult.NationalID.IsZero() && adult.NationalID == child.NationalID:
		row.fault(number, "The guardian and the child are the same person.")
		return
	case !adult.BirthDate.IsZero() && !child.BirthDate.IsZero() && !adult.BirthDate.Before(child.BirthDate):
		row.fault(number, "The guardian is not older than the child. Two columns or two rows have probably been mixed up.")
		return
	case legal == yes && adult.NationalID.IsZero():
		row.warn(number, "A guardian with legal custody has no identity number and can not apply for an account; staff create it with the guardian present.")
	}
	r.roster.person(row, adult)
	r.roster.guardianship(row, Guardianship{ChildSourceID: child.SourceID, GuardianSourceID: adult.SourceID, Legal: legal == yes,
		LegalStated: r.mapping.names(of(who, partLegal)), Basis: relation})
}

// staffRow reads a person who works at an institution (V5).
func (r *listReader) staffRow(row row) {
	person, personOK := r.person(row, "person", "")
	meaning, roleOK := r.word(row, fieldRole, wordsRole)
	role := Role(meaning)
	if roleOK && role == "" {
		row.fault(r.mapping.Columns[fieldRole], "The role is missing.")
		roleOK = false
	}
	institution, institutionOK := r.institution(row, role == RoleOwner || role == RoleMunicipalProfessional)
	from, until, periodOK := r.period(row, fieldRoleFrom, fieldRoleUntil)
	if periodOK && roleOK && until.IsZero() {
		periodOK = r.shortlived(row, role)
	}
	groups, groupOK := r.groups(row, institution, institutionOK, true)
	if !allOf(personOK, roleOK, institutionOK, periodOK, groupOK) {
		return
	}
	r.roster.person(row, person)
	staff := StaffRole{PersonSourceID: person.SourceID, InstitutionSourceID: institution.SourceID, Role: role, From: from, Until: until}
	if institution.SourceID != "" {
		r.roster.institution(row, institution)
	}
	for _, group := range groups {
		r.roster.group(row, group)
		staff.GroupSourceIDs = append(staff.GroupSourceIDs, group.SourceID)
	}
	r.roster.staffRole(row, staff)
}

// shortlived reports a role that has to end by itself and gives no last day (B12). What the municipality's own rule ends is only remarked on.
func (r *listReader) shortlived(row row, role Role) bool {
	switch {
	case role.EndsByRule():
		row.warn(r.mapping.Columns[fieldRoleUntil], "The substitute has no last day; the role ends by itself after the days that the municipality has set.")
	case role.NeedsEnd():
		row.fault(r.mapping.Columns[fieldRoleUntil], "An external partner needs a last day; access that is meant to be short has to end by itself.")
		return false
	}
	return true
}

// institution reads where the row belongs. optional allows a row without one (roles of the whole municipality).
func (r *listReader) institution(row row, optional bool) (Institution, bool) {
	id, idOK := r.value(row, fieldInstitutionID)
	number, numberOK := r.value(row, fieldInstitutionNumber)
	name, nameOK := r.value(row, fieldInstitutionName)
	kind, kindOK := r.word(row, fieldInstitutionKind, wordsKind)
	ownership, ownershipOK := r.word(row, fieldInstitutionOwnership, wordsOwnership)
	if !allOf(idOK, numberOK, nameOK, kindOK, ownershipOK) {
		return Institution{}, false
	}
	source := firstOf(id, number)
	if source == "" && name != "" {
		source = "name:" + fold(name)
	}
	switch {
	case source == "" && optional:
		return Institution{}, true
	case source == "":
		row.fault(firstOf(r.mapping.Columns[fieldInstitutionName], r.mapping.Columns[fieldInstitutionNumber], r.mapping.Columns[fieldInstitutionID]), "The institution is missing.")
		return Institution{}, false
	case kind == "":
		row.fault(r.mapping.Columns[fieldInstitutionKind], "The row does not say whether the institution is a kindergarten or a school.")
		return Institution{}, false
	}
	return Institution{SourceID: source, Kind: InstitutionKind(kind), Ownership: Ownership(firstOf(ownership, string(Municipal))),
		NationalNumber: number, Name: firstOf(name, number, id)}, true
}

// groups reads the group of the row; a member of staff may have several, separated by commas. placed is false when the
// institution could not be read, which has been reported already.
func (r *listReader) groups(row row, institution Institution, placed, several bool) ([]Group, bool) {
	id, idOK := r.value(row, fieldGroupID)
	name, nameOK := r.value(row, fieldGroupName)
	if !allOf(idOK, nameOK, placed) {
		return nil, false
	}
	ids, names := []string{id}, []string{name}
	if several {
		ids, names = splitList(id), splitList(name)
	}
	kind := Department
	if institution.Kind == School {
		kind = Class
	}
	var groups []Group
	for i := range max(len(ids), len(names)) {
		group := Group{SourceID: at(ids, i), Name: at(names, i), InstitutionSourceID: institution.SourceID, Kind: kind}
		switch {
		case group.SourceID == "" && group.Name == "":
			continue
		case institution.SourceID == "":
			row.fault(r.mapping.Columns[fieldGroupName], "The row names a group but no institution.")
			return nil, false
		}
		group.SourceID = firstOf(group.SourceID, institution.SourceID+"/"+fold(group.Name))
		group.Name = firstOf(group.Name, group.SourceID)
		groups = append(groups, group)
	}
	return groups, true
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// splitList takes "a, b" and "a,b" apart and drops what is empty.
func splitList(text string) (parts []string) {
	for _, part := range strings.Split(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts
}
