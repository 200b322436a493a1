package demodata

import (
	"strings"

	"golang.org/x/text/encoding/charmap"

	"budstikke.example/app/nationalid"
)

// The headings of the admission list, as a Swedish placement system would write them.
var (
	childHeadings    = []string{"Barnets personnummer", "Förnamn", "Efternamn", "Skyddad identitet", "Förskola", "Enhetsnummer", "Avdelning", "Placerad från"}
	guardianHeadings = []string{"personnummer", "förnamn", "efternamn", "har vårdnad", "relation", "skyddad identitet", "e-post", "mobil"}
	staffHeadings    = []string{"Personnummer", "Förnamn", "Efternamn", "Befattning", "Förskola", "Enhetsnummer", "Avdelning", "Sista dag", "E-post"}
)

func guardianHeading(n, heading string) string { return "Vårdnadshavare " + n + " " + heading }

// admissionList is the list of the kindergarten: one row a child, two guardians a row.
func (t *town) admissionList() string {
	heads := append([]string(nil), childHeadings...)
	for _, n := range []string{"1", "2"} {
		for _, heading := range guardianHeadings {
			heads = append(heads, guardianHeading(n, heading))
		}
	}
	rows := [][]string{heads}
	for _, c := range t.children {
		row := []string{written(c.number), c.given, c.family, janej(c.protected), KindergartenName, kindergartenNumber, c.group, "2025-08-18"}
		for n := range 2 {
			if n >= len(c.adults) {
				row = append(row, make([]string, len(guardianHeadings))...)
				continue
			}
			a := c.adults[n]
			row = append(row, written(a.adult.number), a.adult.given, a.adult.family, janej(a.legal), a.word, janej(a.adult.protected), a.adult.email, a.adult.mobile)
		}
		rows = append(rows, row)
	}
	return semicolons(rows)
}

// staffList is the list of everybody who works at the kindergarten, and the owner.
func (t *town) staffList() string {
	rows := [][]string{staffHeadings}
	for _, s := range t.listStaff {
		name, number := KindergartenName, kindergartenNumber
		if s.role == "huvudman" {
			name, number = "", ""
		}
		rows = append(rows, []string{written(s.number), s.given, s.family, s.role, name, number, s.group, s.until, s.email})
	}
	return semicolons(rows)
}

// semicolons writes rows the way a Nordic spreadsheet does; no cell of ours holds a semicolon or a quotation mark.
func semicolons(rows [][]string) string {
	var out strings.Builder
	for _, row := range rows {
		out.WriteString(strings.Join(row, ";") + "\r\n")
	}
	return out.String()
}

func windows1252(text string) ([]byte, error) {
	return charmap.Windows1252.NewEncoder().Bytes([]byte(text))
}

func janej(yes bool) string {
	if yes {
		return "ja"
	}
	return "nej"
}

// written is a number as people write it: with a hyphen in Sweden, plain elsewhere.
func written(n nationalid.Number) string {
	digits := n.Digits()
	if n.Country() == nationalid.Sweden && len(digits) == 12 {
		return digits[:8] + "-" + digits[8:]
	}
	return digits
}

func admissionMapping(country nationalid.Country) string {
	var out strings.Builder
	out.WriteString(`# How to read the admission list of ` + MunicipalityName + `.
# Left of the colon: what Budstikke calls it. Right: the heading in the list.
kind: admission
country: ` + string(country) + `
encoding: windows-1252
delimiter: ";"
covers: full          # who is missing from the list has left
dates: YYYY-MM-DD
columns:
  child.national_id: Barnets personnummer
  child.given_name: Förnamn
  child.family_name: Efternamn
  child.protected: Skyddad identitet
  institution.name: Förskola
  institution.number: Enhetsnummer
  group.name: Avdelning
  enrolment.from: Placerad från
`)
	for _, n := range []string{"1", "2"} {
		for i, part := range []string{"national_id", "given_name", "family_name", "legal", "relation", "protected", "email", "mobile"} {
			out.WriteString("  guardian" + n + "." + part + ": " + guardianHeading(n, guardianHeadings[i]) + "\n")
		}
	}
	out.WriteString(`defaults:
  institution.kind: kindergarten
  institution.ownership: municipal
words:
  yes_no:
    "yes": [ja]
    "no": [nej]
  protected:
    protected: [ja]
    none: [nej]
`)
	return out.String()
}

func staffMapping(country nationalid.Country) string {
	return `# How to read the staff list of ` + MunicipalityName + `.
kind: staff
country: ` + string(country) + `
encoding: windows-1252
delimiter: ";"
covers: full
columns:
  person.national_id: Personnummer
  person.given_name: Förnamn
  person.family_name: Efternamn
  person.email: E-post
  role.role: Befattning
  role.until: Sista dag
  institution.name: Förskola
  institution.number: Enhetsnummer
  group.name: Avdelning
defaults:
  institution.kind: kindergarten
  institution.ownership: municipal
words:
  role:
    owner: [huvudman]
    head: [rektor]
    leader: [förskollärare]
    employee: [barnskötare]
    substitute: [vikarie]
`
}
