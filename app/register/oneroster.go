package register

import (
	"slices"
	"time"

	"budstikke.example/app/nationalid"
)

// The files of OneRoster that are read. The others are not even unpacked: userProfiles.csv holds credentials, results
// and line items are no business of ours.
const (
	fileManifest     = "manifest.csv"
	fileOrgs         = "orgs.csv"
	fileUsers        = "users.csv"
	fileRoles        = "roles.csv" // from 1.2 on
	fileDemographics = "demographics.csv"
	fileClasses      = "classes.csv"
	fileEnrollments  = "enrollments.csv"
)

var oneRosterFiles = []string{fileManifest, fileOrgs, fileUsers, fileRoles, fileDemographics, fileClasses, fileEnrollments}

// Extension columns, which OneRoster allows under "metadata.". OneRoster itself knows neither custody nor protection.
const (
	// metaLegal, in a child's row of users.csv, lists the sourcedIds of the adults who have legal custody.
	metaLegal = "metadata.legalGuardianSourcedIds"
	// metaProtected, in users.csv, holds a word for the level of protected identity.
	metaProtected = "metadata.protectedIdentity"
	// metaKind and metaOwnership, in orgs.csv, tell kindergartens from schools and municipal from self-governing ones.
	metaKind      = "metadata.institutionKind"
	metaOwnership = "metadata.ownership"
)

// mode is what manifest.csv says about one file.
type mode string

const (
	modeAbsent mode = "absent"
	modeBulk   mode = "bulk"
	modeDelta  mode = "delta"
)

// oneRoster holds what is known so far of one zip file.
type oneRoster struct {
	*gathering
	on      time.Time
	version string // "1.1" or "1.2"
	texts   map[string]string
	modes   map[string]mode

	orgs     map[string]*org
	orgIDs   []string // in file order
	users    map[string]*user
	userIDs  []string // in file order
	roles    map[string][]heldRole
	groupsOf map[string]Group // by sourcedId
	gone     map[Ref]bool     // rows the file marks as deleted
}

// ParseOneRoster reads a OneRoster 1.1 or 1.2 CSV export. name is only used to tell people where a problem is. When a
// single error is found the roster is empty.
//
// OneRoster's words become ours like this: an org of type school is an institution; a department belongs to the school
// above it, and is an institution itself where the export names no school above it; districts and what lies above are
// no institutions. A student is a child, a guardian, parent or relative is an adult of the children that the two name
// in agentSourcedIds, a teacher is a leader, an aide an employee, a principal or administrator a head. A student without
// a class is enrolled at the institution. Custody is false unless [Guardianship.Legal] is said by the extension column
// metadata.legalGuardianSourcedIds. Identity numbers are read from userIds like {se.pnr:…} or {no.fnr:…}.
//
// Rows with status tobedeleted (or inactive) are not imported and are listed in Roster.Ended; a row that points at
// something the export does not have is left out with a warning. A file is full where the manifest says bulk.
func ParseOneRoster(file []byte, name string, reading Reading) (Roster, Problems) {
	o := &oneRoster{gathering: newGathering(name), on: reading.On, modes: map[string]mode{}, orgs: map[string]*org{}, users: map[string]*user{},
		roles: map[string][]heldRole{}, groupsOf: map[string]Group{}, gone: map[Ref]bool{}}
	if reading.On.IsZero() {
		o.fault("", "The day of the import is not set, so identity numbers can not be judged.")
		return o.finish(Roster{})
	}
	o.texts = unpack(file, func(name string) bool { return slices.Contains(oneRosterFiles, name) }, o.fault)
	if o.problems.Failed() || !o.readManifest() {
		return o.finish(Roster{})
	}
	o.eachRow(fileOrgs, o.orgRow, "sourcedId", "name", "type")
	o.eachRow(fileUsers, o.userRow, "sourcedId", "givenName", "familyName")
	o.eachRow(fileRoles, o.roleRow, "userSourcedId", "role", "orgSourcedId")
	o.eachRow(fileDemographics, o.demographicsRow, "sourcedId", "birthDate")
	o.institutionsFromOrgs()
	o.eachRow(fileClasses, o.classRow, "sourcedId", "title", "schoolSourcedId")
	o.peopleFromUsers()
	o.eachRow(fileEnrollments, o.enrollmentRow, "classSourcedId", "schoolSourcedId", "userSourcedId", "role")
	o.enrolWithoutClass()
	o.endedRows()
	o.checkIDs()
	if len(o.users) == 0 && o.modes[fileUsers] == modeBulk {
		o.fault(fileUsers, "The file has no users. An empty export is never taken as “everybody has left”.")
	}
	o.coverage()
	return o.finish(o.roster)
}

func (o *oneRoster) entry(name string) string {
	if name == "" {
		return o.file
	}
	return o.file + ": " + heading(name)
}

// fault reports an error about a whole file of the zip; an empty name means the zip itself.
func (o *oneRoster) fault(name, reason string) {
	o.problems.add(Problem{File: o.entry(name), Reason: reason, Severity: SeverityError})
}

// eachRow reads one file of the zip if the manifest names it. Passwords are dropped before anybody sees the row.
func (o *oneRoster) eachRow(name string, read func(row), heads ...string) {
	if o.modes[name] != modeBulk && o.modes[name] != modeDelta {
		return
	}
	table := openTable(o.texts[name], o.entry(name), ',', &o.problems, "password")
	if table != nil && o.complete(table, name, heads...) {
		table.each(read)
	}
}

// active says whether a row is to be imported.
func (o *oneRoster) active(row row) bool {
	switch status := fold(row.raw("status")); status {
	case "", "active":
		return true
	case "tobedeleted", "inactive":
		return false
	default:
		row.fault("status", "The status has to be active or tobedeleted.")
		return false
	}
}

// deleted notes that the file names a row as gone.
func (o *oneRoster) deleted(noun Noun, key string) { o.gone[Ref{noun, key}] = true }

// endedRows lists the rows that are marked as gone and are not there in another row of the same export.
func (o *oneRoster) endedRows() {
	there := map[Noun]map[string]placed{NounInstitution: o.institutions, NounGroup: o.groups, NounPerson: o.persons,
		NounEnrolment: o.enrolments, NounGuardianship: o.guardianships, NounStaffRole: o.staffRoles}
	for ref := range o.gone {
		if _, active := there[ref.Noun][ref.Key]; !active {
			o.roster.Ended = append(o.roster.Ended, ref)
		}
	}
}

// checkIDs refuses an export whose user ids are identity numbers. A few that look like one by chance are let through.
func (o *oneRoster) checkIDs() {
	numbers := 0
	for _, id := range o.userIDs {
		if slices.ContainsFunc(nationalid.Readings(id, o.on), nationalid.Number.Confirmed) {
			numbers++
		}
	}
	if numbers > 0 && numbers*2 > len(o.userIDs) {
		o.fault(fileUsers, "The export uses identity numbers as ids. Have it changed at the source: ids are shown and stored openly.")
	}
}

// id reads a sourcedId or a reference to one; an empty one is reported when it is needed.
func (o *oneRoster) id(row row, head string, needed bool) (string, bool) {
	text, ok := row.text(head)
	if ok && text == "" && needed {
		row.fault(head, "The id is missing.")
		return "", false
	}
	return text, ok
}

// day reads a date; the zero time when the cell is empty. A last day that can not be read would keep somebody in for
// ever, so it is an error.
func (o *oneRoster) day(row row, head string) (time.Time, bool) {
	text, ok := row.text(head)
	if !ok || text == "" {
		return time.Time{}, ok
	}
	if len(text) > 10 && text[10] == 'T' {
		text = text[:10]
	}
	day, ok := readDate(text, []string{"2006-01-02"})
	if !ok {
		row.fault(head, "This is not a date like 2025-08-18.")
	}
	return day, ok
}

// warnOnce reports the first row of a kind of oddity that a whole export usually shares.
func (o *oneRoster) warnOnce(row row, head, reason string) {
	o.problems.addOnce(reason, row.problem(head, SeverityWarning, reason+" Further rows like this are not reported."))
}
