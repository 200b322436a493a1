package register

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"budstikke.example/app/nationalid"
)

// user is a row of users.csv.
type user struct {
	row     row
	person  Person
	enabled bool
	agents  []string
	legal   []string // sourcedIds of the adults with custody, from the extension column
}

// heldRole is a role that a user has somewhere: from users.csv in 1.1, from roles.csv in 1.2.
type heldRole struct {
	word        string // OneRoster's role, folded
	org         string
	from, until time.Time
}

// staffWords says which of our roles a OneRoster role is. Roles of a whole district are left out: only the owner
// appoints heads and administrators (V2), no file does.
var staffWords = map[string]Role{
	"teacher": RoleLeader, "aide": RoleEmployee, "proctor": RoleEmployee, "counselor": RoleEmployee,
	"administrator": RoleHead, "principal": RoleHead, "siteadministrator": RoleHead,
}

var adultWords = []string{"guardian", "parent", "relative"}

const wordStudent = "student"

// numberTypes are the names under which userIds may carry an identity number.
var numberTypes = map[string]nationalid.Country{
	"se.pnr": nationalid.Sweden, "se.sam": nationalid.Sweden, "personnummer": nationalid.Sweden, "civicno": nationalid.Sweden,
	"no.fnr": nationalid.Norway, "no.dnr": nationalid.Norway, "fnr": nationalid.Norway, "fodselsnummer": nationalid.Norway, "fødselsnummer": nationalid.Norway,
	"dk.cpr": nationalid.Denmark, "cpr": nationalid.Denmark, "fi.hetu": nationalid.Finland, "hetu": nationalid.Finland,
	"is.kt": nationalid.Iceland, "kennitala": nationalid.Iceland,
}

var userID = regexp.MustCompile(`\{([^:{}]{1,40}):([^{}]{0,60})\}`)

func (o *oneRoster) userRow(row row) {
	id, idOK := o.id(row, "sourcedId", true)
	if !idOK {
		return
	}
	if !o.active(row) {
		o.deleted(NounPerson, id)
		return
	}
	if o.users[id] != nil {
		row.fault("sourcedId", "The id is there twice.")
		return
	}
	u := &user{row: row, person: Person{SourceID: id}, enabled: fold(row.raw("enabledUser")) != "false"}
	given, givenOK := row.text("givenName")
	family, familyOK := row.text("familyName")
	agents, agentsOK := row.text1000("agentSourcedIds")
	legal, legalOK := row.text1000(metaLegal)
	mark, markOK := o.meta(row, metaProtected, wordsProtected)
	numberOK := o.number(row, &u.person)
	rolesOK := o.rolesInUser(row, id)
	if !allOf(givenOK, familyOK, agentsOK, legalOK, markOK, numberOK, rolesOK) {
		return
	}
	if given == "" && family == "" {
		row.fault("givenName", "The name is missing.")
		return
	}
	u.person.GivenName, u.person.FamilyName = given, family
	u.person.Protected, u.person.ProtectionStated = protectionOf(mark), row.has(metaProtected)
	u.agents, u.legal = splitList(agents), splitList(legal)
	o.hints(row, &u.person)
	o.users[id] = u
	o.userIDs = append(o.userIDs, id)
}

// text1000 reads a list of ids, which may be longer than an ordinary cell.
func (r row) text1000(head string) (string, bool) {
	raw := r.raw(head)
	if len(raw) > 10_000 {
		r.fault(head, "The list of ids is too long.")
		return "", false
	}
	var parts []string
	for _, part := range strings.Split(raw, ",") {
		text, reason := clean(part)
		if reason != "" {
			r.fault(head, reason)
			return "", false
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ","), true
}

func (o *oneRoster) hints(row row, p *Person) {
	var ok bool
	if p.Email, ok = readEmail(strings.TrimSpace(row.raw("email"))); !ok {
		o.warnOnce(row, "email", "This is not an e-mail address; it is left out.")
	}
	country := p.NationalID.Country()
	if p.Mobile, ok = readMobile(country, strings.TrimSpace(row.raw("sms"))); !ok {
		o.warnOnce(row, "sms", "A mobile number needs its country code, like +46 70 174 06 05; it is left out.")
	}
}

// number reads the identity number out of userIds, and refuses an export that uses it as the person's id.
func (o *oneRoster) number(row row, p *Person) bool {
	for _, found := range userID.FindAllStringSubmatch(row.raw("userIds"), 20) {
		country, known := numberTypes[fold(found[1])]
		if !known || strings.TrimSpace(found[2]) == "" {
			continue
		}
		number, reason := readIdentity(country, strings.TrimSpace(found[2]), o.on)
		if reason != "" {
			row.fault("userIds", reason)
			return false
		}
		if !p.NationalID.IsZero() && p.NationalID != number {
			row.fault("userIds", "The user has two different identity numbers.")
			return false
		}
		p.NationalID = number
		p.BirthDate = number.Birth()
		if same, err := nationalid.Parse(country, p.SourceID, o.on); err == nil && same == number {
			row.fault("sourcedId", "The export uses identity numbers as ids. Have it changed at the source: ids are shown and stored openly.")
			return false
		}
	}
	return true
}

// rolesInUser reads the role columns of a 1.1 users.csv.
func (o *oneRoster) rolesInUser(row row, id string) bool {
	if o.version != "1.1" {
		return true
	}
	word, wordOK := row.text("role")
	orgs, orgsOK := row.text1000("orgSourcedIds")
	if !allOf(wordOK, orgsOK) {
		return false
	}
	o.roster.Restated = append(o.roster.Restated, Ref{NounStaffRole, id})
	o.roles[id] = nil
	for _, at := range append(splitList(orgs), "") {
		if at != "" || len(o.roles[id]) == 0 {
			o.holds(row, id, heldRole{word: fold(word), org: at})
		}
	}
	return true
}

// roleRow reads a row of roles.csv.
func (o *oneRoster) roleRow(row row) {
	id, idOK := o.id(row, "userSourcedId", true)
	at, atOK := o.id(row, "orgSourcedId", true)
	word, wordOK := row.text("role")
	from, fromOK := o.day(row, "beginDate")
	until, untilOK := o.day(row, "endDate")
	if !allOf(idOK, atOK, wordOK, fromOK, untilOK) {
		return
	}
	if !o.active(row) {
		if role, staff := staffWords[fold(word)]; staff {
			o.deleted(NounStaffRole, StaffRole{PersonSourceID: id, InstitutionSourceID: o.schoolOf(at), Role: role}.Key())
		}
		return
	}
	if o.modes[fileUsers] == modeBulk && o.users[id] == nil {
		if !o.gone[Ref{NounPerson, id}] {
			o.warnOnce(row, "userSourcedId", "The role belongs to a user who is not in this export; it is left out.")
		}
		return
	}
	o.holds(row, id, heldRole{word: fold(word), org: at, from: from, until: until})
}

func (o *oneRoster) holds(row row, id string, held heldRole) {
	switch _, staff := staffWords[held.word]; {
	case staff, held.word == wordStudent, slices.Contains(adultWords, held.word):
		o.roles[id] = append(o.roles[id], held)
	case held.word == "districtadministrator", held.word == "systemadministrator":
		o.warnOnce(row, "role", "Roles for a whole district are not imported; the owner appoints such people by hand.")
	default:
		row.warn("role", "This role is not known; the person is imported without it.")
	}
}

// demographicsRow reads the date of birth, which counts more than the one in the identity number.
func (o *oneRoster) demographicsRow(row row) {
	id, idOK := o.id(row, "sourcedId", true)
	birth, birthOK := o.day(row, "birthDate")
	if !allOf(idOK, birthOK) || !o.active(row) || birth.IsZero() {
		return
	}
	u := o.users[id]
	if u == nil {
		return // what concerns nobody in this export is nobody's business
	}
	if number := u.person.NationalID; number.Confirmed() && number.Kind() == nationalid.Ordinary && !number.Birth().Equal(birth) {
		row.fault("birthDate", "The date of birth and the identity number do not belong together.")
		return
	}
	u.person.BirthDate = birth
}

// is says whether the user has that role anywhere.
func (o *oneRoster) is(id string, words ...string) bool {
	return slices.ContainsFunc(o.roles[id], func(held heldRole) bool { return slices.Contains(words, held.word) })
}
