package register

// What people read instead of a name when somebody with a protected identity is concerned.
const hiddenLabel = "(somebody with a protected identity)"

// hidden says whether a row concerns a person with a protected identity.
func (d *differ) hidden(row any) bool {
	switch row := row.(type) {
	case Person:
		return d.protected[row.SourceID]
	case Enrolment:
		return d.protected[row.PersonSourceID]
	case Guardianship:
		return d.protected[row.ChildSourceID] || d.protected[row.GuardianSourceID]
	case StaffRole:
		return d.protected[row.PersonSourceID]
	default:
		return false
	}
}

// hideFor gives the label unless the person is protected: where they are must not stand in a log of a terminal.
func (d *differ) hideFor(person, label string) string {
	if d.protected[person] {
		return hiddenLabel
	}
	return label
}

func (d *differ) name(person string) string {
	if p, known := d.persons[person]; known {
		return p.Name()
	}
	return "somebody unknown"
}

// label says in words which row is meant.
func (d *differ) label(row any) string {
	if d.hidden(row) {
		return hiddenLabel
	}
	switch row := row.(type) {
	case Institution:
		return row.Name
	case Group:
		return row.Name + ", " + firstOf(d.places[row.InstitutionSourceID], "an unknown institution")
	case Person:
		return row.Name()
	case Enrolment:
		return d.name(row.PersonSourceID) + " in " + d.where(row.GroupSourceID, row.InstitutionSourceID)
	case Guardianship:
		label := d.name(row.GuardianSourceID) + " for " + d.name(row.ChildSourceID)
		if row.Legal {
			return label + " (legal guardian)"
		}
		return label + " (without stated custody)"
	case StaffRole:
		return d.name(row.PersonSourceID) + ", " + string(row.Role) + " at " + firstOf(d.places[row.InstitutionSourceID], "the municipality")
	default:
		return ""
	}
}

func (d *differ) where(group, institution string) string {
	at := firstOf(d.places[institution], "an unknown institution")
	if group == "" {
		return at
	}
	return firstOf(d.places[groupPlace(group)], "an unknown group") + ", " + at
}
