package register

import (
	"strings"

	"budstikke.example/app/nationalid"
)

// ListKind says what a row of a list is about.
type ListKind string

const (
	// ListAdmission: a row is a child at an institution, with one or two guardians (V13).
	ListAdmission ListKind = "admission"
	// ListStaff: a row is a person who works at an institution (V5).
	ListStaff ListKind = "staff"
)

// Mapping says how to read one municipality's list. [ParseMapping] reads it from YAML; nothing in it can grant access.
type Mapping struct {
	Kind ListKind
	// Country issued the identity numbers in the list, and completes telephone numbers without a country code.
	Country nationalid.Country
	// Encoding and Delimiter are found out from the file when they are not named (EncodingSniffed, 0).
	Encoding  Encoding
	Delimiter rune
	// Covers is CoverageFull (the list shows everybody; who is missing has left) or CoveragePartial.
	Covers Coverage
	// Dates are Go layouts, tried in turn.
	Dates []string
	// Columns gives the heading of each field that the list has.
	Columns map[Field]string
	// Defaults gives the text of a field for rows where the list has no such column or leaves the cell empty.
	Defaults map[Field]string
	// Words translates the list's words, folded to lower case, per kind of word; see words.go.
	Words map[WordKind]map[string]string
}

// Field is something that a column of a list can say.
type Field string

// The parts of a person, behind "child.", "guardian1.", "guardian2." or "person.".
const (
	partID         = "id"
	partNationalID = "national_id"
	partGivenName  = "given_name"
	partFamilyName = "family_name"
	partFullName   = "full_name" // "Family name, given name"
	partBirthDate  = "birth_date"
	partProtected  = "protected"
	partEmail      = "email"
	partMobile     = "mobile"
	partUsername   = "username" // of staff, at the municipality's sign-in service
	partLegal      = "legal"
	partRelation   = "relation"
)

// The fields that do not belong to a person.
const (
	fieldInstitutionID        Field = "institution.id"
	fieldInstitutionNumber    Field = "institution.number"
	fieldInstitutionName      Field = "institution.name"
	fieldInstitutionKind      Field = "institution.kind"
	fieldInstitutionOwnership Field = "institution.ownership"
	fieldGroupID              Field = "group.id"
	fieldGroupName            Field = "group.name"
	fieldEnrolmentFrom        Field = "enrolment.from"
	fieldEnrolmentUntil       Field = "enrolment.until"
	fieldRole                 Field = "role.role"
	fieldRoleFrom             Field = "role.from"
	fieldRoleUntil            Field = "role.until"
)

func of(who, part string) Field { return Field(who + "." + part) }

// Fields lists every field that a mapping of that kind may name, in the order of the documentation.
func Fields(kind ListKind) []Field {
	place := []Field{fieldInstitutionID, fieldInstitutionNumber, fieldInstitutionName, fieldInstitutionKind, fieldInstitutionOwnership, fieldGroupID, fieldGroupName}
	person := func(who string, parts ...string) (fields []Field) {
		for _, part := range append([]string{partID, partNationalID, partGivenName, partFamilyName, partFullName, partBirthDate, partProtected}, parts...) {
			fields = append(fields, of(who, part))
		}
		return fields
	}
	if kind == ListStaff {
		fields := append(person("person", partEmail, partMobile, partUsername), place...)
		return append(fields, fieldRole, fieldRoleFrom, fieldRoleUntil)
	}
	fields := append(person("child"), place...)
	fields = append(fields, fieldEnrolmentFrom, fieldEnrolmentUntil)
	for _, who := range []string{"guardian1", "guardian2"} {
		fields = append(fields, person(who, partEmail, partMobile, partLegal, partRelation)...)
	}
	return fields
}

// names says whether the list can say anything about the field, by a column or by a default.
func (m Mapping) names(field Field) bool {
	return m.Columns[field] != "" || m.Defaults[field] != ""
}

// check reports what is missing for a list of that kind to make sense.
func (m Mapping) check(report func(severity Severity, reason string)) {
	who := "child"
	if m.Kind == ListStaff {
		who = "person"
	}
	m.checkPerson(who, report)
	for _, guardian := range []string{"guardian1", "guardian2"} {
		if !m.namesAny(guardian) {
			continue
		}
		m.checkPerson(guardian, report)
		if !m.names(of(guardian, partLegal)) {
			report(SeverityWarning, "The mapping does not say which column tells who has legal custody (“"+string(of(guardian, partLegal))+
				"”). Every "+guardian+" is taken as somebody without it, who can not apply for an account.")
		}
	}
	if !m.names(fieldInstitutionID) && !m.names(fieldInstitutionNumber) && !m.names(fieldInstitutionName) {
		report(SeverityError, "The mapping names no institution. Add “institution.id”, “institution.number” or “institution.name” under columns or defaults.")
	}
	if !m.names(fieldInstitutionKind) {
		report(SeverityError, "The mapping does not say whether the institutions are kindergartens or schools. Add “institution.kind” under columns or defaults.")
	}
	if m.Kind == ListStaff && !m.names(fieldRole) {
		report(SeverityError, "The mapping of a staff list has to name the role. Add “role.role” under columns or defaults.")
	}
}

func (m Mapping) namesAny(who string) bool {
	for field := range m.Columns {
		if strings.HasPrefix(string(field), who+".") {
			return true
		}
	}
	return false
}

func (m Mapping) checkPerson(who string, report func(Severity, string)) {
	if m.Columns[of(who, partID)] == "" && m.Columns[of(who, partNationalID)] == "" {
		report(SeverityError, "The mapping has to name the column with the identity number (“"+string(of(who, partNationalID))+"”) or an id that never changes (“"+string(of(who, partID))+"”).")
	}
	split := m.Columns[of(who, partGivenName)] != "" && m.Columns[of(who, partFamilyName)] != ""
	if !split && m.Columns[of(who, partFullName)] == "" {
		report(SeverityError, "The mapping has to name the columns “"+string(of(who, partGivenName))+"” and “"+string(of(who, partFamilyName))+"”, or “"+string(of(who, partFullName))+"” for cells like “Family name, given name”.")
	}
}
