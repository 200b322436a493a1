package demodata

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"time"

	"budstikke.example/app/nationalid"
)

const (
	districtID = "org-kommun"
	schoolID   = "org-skola"
	changed    = "2025-08-18T06:00:00.000Z"
)

// oneRoster is the export of the school, version 1.2, every file bulk. Custody and protection stand in the extension
// columns that package register documents.
func (t *town) oneRoster() ([]byte, error) {
	files := []struct {
		name string
		rows [][]string
	}{
		{"manifest.csv", [][]string{{"propertyName", "value"}, {"manifest.version", "1.0"}, {"oneroster.version", "1.2"},
			{"file.academicSessions", "absent"}, {"file.categories", "absent"}, {"file.classes", "bulk"}, {"file.classResources", "absent"},
			{"file.courses", "absent"}, {"file.courseResources", "absent"}, {"file.demographics", "bulk"}, {"file.enrollments", "bulk"},
			{"file.lineItems", "absent"}, {"file.orgs", "bulk"}, {"file.resources", "absent"}, {"file.results", "absent"}, {"file.roles", "bulk"},
			{"file.userProfiles", "absent"}, {"file.userResources", "absent"}, {"file.users", "bulk"},
			{"source.systemName", "Demo register"}, {"source.systemCode", "demo"}}},
		{"orgs.csv", [][]string{{"sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId", "metadata.ownership"},
			{districtID, "active", changed, MunicipalityName, "district", "", "", ""},
			{schoolID, "active", changed, SchoolName, "school", schoolNumber, districtID, "municipal"}}},
		{"users.csv", t.userRows()},
		{"roles.csv", t.roleRows()},
		{"demographics.csv", t.demographicsRows()},
		{"classes.csv", t.classRows()},
		{"enrollments.csv", t.enrollmentRows()},
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for _, file := range files {
		entry, err := archive.CreateHeader(&zip.FileHeader{Name: file.name, Method: zip.Deflate, Modified: time.Date(2025, 8, 18, 6, 0, 0, 0, time.UTC)})
		if err != nil {
			return nil, err
		}
		out := csv.NewWriter(entry)
		out.UseCRLF = true
		if err := out.WriteAll(file.rows); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return packed.Bytes(), nil
}

func (t *town) userRows() [][]string {
	rows := [][]string{{"sourcedId", "status", "dateLastModified", "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier",
		"email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier", "preferredGivenName", "preferredMiddleName",
		"preferredFamilyName", "primaryOrgSourcedId", "pronouns", "metadata.legalGuardianSourcedIds", "metadata.protectedIdentity"}}
	add := func(p *person, agents, legal []string) {
		protected := "none"
		if p.protected {
			protected = "protected"
		}
		rows = append(rows, []string{p.id, "active", changed, "true", "", "{" + scheme(p.number.Country()) + ":" + p.number.Digits() + "}", p.given, p.family, "", "",
			p.email, p.mobile, "", strings.Join(agents, ","), "", "", "", "", "", "", schoolID, "", strings.Join(legal, ","), protected})
	}
	for _, pupil := range t.pupils {
		var agents, legal []string
		for _, r := range pupil.adults {
			agents = append(agents, r.adult.id)
			if r.legal {
				legal = append(legal, r.adult.id)
			}
		}
		add(&pupil.person, agents, legal)
	}
	adults, _ := adultsOf(t.pupils)
	for _, adult := range adults {
		add(adult, nil, nil)
	}
	for _, s := range t.schoolStaff {
		add(s.person, nil, nil)
	}
	return rows
}

// scheme is the name under which userIds carries the identity number.
func scheme(country nationalid.Country) string {
	if country == nationalid.Norway {
		return "no.fnr"
	}
	return "se.pnr"
}

func (t *town) roleRows() [][]string {
	rows := [][]string{{"sourcedId", "status", "dateLastModified", "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId", "userProfileSourcedId"}}
	add := func(p *person, role string) {
		rows = append(rows, []string{"r-" + p.id, "active", changed, p.id, "primary", role, "", "", schoolID, ""})
	}
	for _, pupil := range t.pupils {
		add(&pupil.person, "student")
	}
	adults, _ := adultsOf(t.pupils)
	for _, adult := range adults {
		add(adult, "parent")
	}
	for _, s := range t.schoolStaff {
		add(s.person, s.role)
	}
	return rows
}

func (t *town) demographicsRows() [][]string {
	rows := [][]string{{"sourcedId", "status", "dateLastModified", "birthDate", "sex"}}
	for _, pupil := range t.pupils {
		rows = append(rows, []string{pupil.id, "active", changed, pupil.number.Birth().Format(time.DateOnly), ""})
	}
	return rows
}

func (t *town) classes() int { return len(t.pupils) / pupilsPerClass }

func (t *town) classRows() [][]string {
	rows := [][]string{{"sourcedId", "status", "dateLastModified", "title", "grades", "courseSourcedId", "classCode", "classType", "location",
		"schoolSourcedId", "termSourcedIds", "subjects", "subjectCodes", "periods"}}
	for n := range t.classes() {
		rows = append(rows, []string{"class-" + className(n), "active", changed, className(n), fmt.Sprintf("%02d", n%3+1), "", "", "homeroom", "", schoolID, "", "", "", ""})
	}
	return rows
}

func (t *town) enrollmentRows() [][]string {
	rows := [][]string{{"sourcedId", "status", "dateLastModified", "classSourcedId", "schoolSourcedId", "userSourcedId", "role", "primary", "beginDate", "endDate"}}
	add := func(p *person, class, role, from string) {
		rows = append(rows, []string{"e-" + p.id, "active", changed, "class-" + class, schoolID, p.id, role, "true", from, ""})
	}
	for _, pupil := range t.pupils {
		add(&pupil.person, pupil.group, "student", "2025-08-18")
	}
	for _, s := range t.schoolStaff {
		if s.group != "" {
			add(s.person, s.group, s.role, "")
		}
	}
	return rows
}
