package register

import "strings"

// readManifest finds out the version and what each file is. It returns false after reporting that nothing can be read.
func (o *oneRoster) readManifest() bool {
	text, found := o.texts[fileManifest]
	if !found {
		o.fault(fileManifest, "The zip file has no manifest.csv, so it is not known whether it shows everybody. Export it as OneRoster 1.1 or 1.2.")
		return false
	}
	properties := map[string]string{}
	table := openTable(text, o.entry(fileManifest), ',', &o.problems)
	if table == nil || !o.complete(table, fileManifest, "propertyName", "value") {
		return false
	}
	table.each(func(row row) {
		name, nameOK := row.text("propertyName")
		value, valueOK := row.text("value")
		if nameOK && valueOK {
			properties[fold(name)] = fold(value)
		}
	})
	if o.version = properties["oneroster.version"]; o.version != "1.1" && o.version != "1.2" {
		o.fault(fileManifest, "The export says OneRoster version "+quoted(o.version)+". Versions 1.1 and 1.2 can be read.")
		return false
	}
	for _, name := range oneRosterFiles[1:] {
		stated := mode(properties["file."+strings.TrimSuffix(name, ".csv")])
		_, there := o.texts[name]
		switch {
		case stated == modeBulk || stated == modeDelta:
			if !there {
				o.fault(name, "The manifest names this file, but it is not in the zip file.")
				continue
			}
			o.modes[name] = stated
		case stated == modeAbsent || stated == "":
			if there {
				o.problems.add(Problem{File: o.entry(name), Severity: SeverityWarning, Reason: "The file is in the zip file, but the manifest calls it absent; it is ignored."})
			}
			o.modes[name] = modeAbsent
		default:
			o.fault(fileManifest, "The manifest says "+quoted(string(stated))+" about "+name+". Known are absent, bulk and delta.")
		}
	}
	if o.version == "1.1" {
		o.modes[fileRoles] = modeAbsent
	} else if o.modes[fileUsers] == modeBulk && o.modes[fileRoles] == modeAbsent {
		o.fault(fileRoles, "A OneRoster 1.2 export of users needs roles.csv, which says who is a pupil and who is a teacher.")
	}
	return !o.problems.Failed()
}

// complete reports headings that are needed and missing.
func (o *oneRoster) complete(table *table, name string, heads ...string) bool {
	complete := true
	for _, head := range heads {
		if !table.has(head) {
			o.problems.add(Problem{File: o.entry(name), Line: 1, Severity: SeverityError, Reason: "The column “" + head + "” is missing."})
			complete = false
		}
	}
	return complete
}

// coverage says which nouns a missing row has ended for (V14).
func (o *oneRoster) coverage() {
	of := func(names ...string) Coverage {
		covered := CoverageFull
		for _, name := range names {
			switch o.modes[name] {
			case modeBulk:
			case modeDelta:
				covered = CoveragePartial
			default:
				return CoverageNone
			}
		}
		return covered
	}
	roleFile := fileUsers
	if o.version == "1.2" {
		roleFile = fileRoles
	}
	o.roster.Coverage = map[Noun]Coverage{
		NounInstitution: of(fileOrgs), NounGroup: of(fileClasses), NounPerson: of(fileUsers), NounEnrolment: of(fileEnrollments),
		NounGuardianship: of(fileUsers), NounStaffRole: of(roleFile),
	}
	if o.roster.Coverage[NounEnrolment] == CoverageNone && len(o.roster.Enrolments) > 0 {
		o.roster.Coverage[NounEnrolment] = CoveragePartial
	}
	if o.modes[fileEnrollments] == modeDelta && o.roster.Coverage[NounStaffRole] == CoverageNone {
		o.roster.Coverage[NounStaffRole] = CoveragePartial
	}
	o.roster.GroupsStated = o.modes[fileEnrollments] == modeBulk
}
