package register_test

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/register"
)

const admissionMapping = `
kind: admission
country: SE
dates: [YYYY-MM-DD, DD.MM.YYYY]
columns:
  child.national_id: Personnummer
  child.full_name: Barn
  child.birth_date: Född
  child.protected: Skydd
  institution.name: Förskola
  group.name: Avdelning
  enrolment.from: Från
  enrolment.until: Till
  guardian1.national_id: VH1
  guardian1.full_name: VH1 namn
  guardian1.legal: VH1 vårdnad
  guardian1.email: VH1 e-post
  guardian1.mobile: VH1 mobil
  guardian2.national_id: VH2
  guardian2.full_name: VH2 namn
  guardian2.legal: VH2 vårdnad
  guardian2.protected: VH2 skydd
defaults:
  institution.kind: förskola
words:
  yes_no: {"yes": [ensam, gemensam], "no": [saknas]}
`

var admissionHeads = strings.Split("Personnummer;Barn;Född;Skydd;Förskola;Avdelning;Från;Till;VH1;VH1 namn;VH1 vårdnad;VH1 e-post;VH1 mobil;VH2;VH2 namn;VH2 vårdnad;VH2 skydd", ";")

// admission writes rows given as heading → cell over the row of a plain child with one guardian.
func admission(t testing.TB, separator string, rows ...map[string]string) string {
	t.Helper()
	text := strings.Join(admissionHeads, separator) + "\r\n"
	for i, row := range rows {
		cells := map[string]string{"Personnummer": childNumber(t, i%300), "Barn": "Alm, Åke", "Förskola": "Ekorren", "Avdelning": "Blåbär", "Från": "2025-08-18",
			"VH1": adultNumber(t, i), "VH1 namn": "Alm, Eva", "VH1 vårdnad": "gemensam"}
		for head, cell := range row {
			cells[head] = cell
		}
		var line []string
		for _, head := range admissionHeads {
			line = append(line, cells[head])
		}
		text += strings.Join(line, separator) + "\r\n"
	}
	return text
}

type cells = map[string]string

func parseAdmission(t testing.TB, text string) (register.Roster, register.Problems) {
	t.Helper()
	return register.ParseList([]byte(text), "list.csv", mustMap(t, admissionMapping), reading)
}

func TestListEncodingsAndDelimitersAreFound(t *testing.T) {
	t.Parallel()
	plain := admission(t, ";", cells{"Barn": "Öberg, Märta Æsa"})
	windows, err := charmap.Windows1252.NewEncoder().String(plain)
	if err != nil {
		t.Fatal(err)
	}
	commas := strings.ReplaceAll(admission(t, "\x00", cells{"Barn": `"Öberg, Märta Æsa"`, "VH1 namn": `"Alm, Eva"`}), "\x00", ",")
	decomposed := strings.ReplaceAll(plain, "Ö", "O\u0308")
	for name, text := range map[string]string{
		"utf-8": plain, "utf-8 with mark": "\ufeff" + plain, "windows-1252": windows, "commas": commas, "tabs": strings.ReplaceAll(plain, ";", "\t"),
		"excel sep line": "sep=;\r\n" + plain, "decomposed letters": decomposed, "old macintosh": strings.ReplaceAll(plain, "\r\n", "\r"),
		"no final newline": strings.TrimSuffix(plain, "\r\n"), "empty rows at the end": plain + ";;;;\r\n\r\n;;;\r\n",
		"trailing cells left out": strings.ReplaceAll(plain, ";;;;;;\r\n", "\r\n"),
	} {
		roster, problems := parseAdmission(t, text)
		if problems.String() != "" || len(roster.Enrolments) != 1 {
			t.Errorf("%s: %d enrolments, problems:\n%s", name, len(roster.Enrolments), problems)
			continue
		}
		personNamed(t, roster, "Märta Æsa Öberg")
	}
}

func TestListFilesThatAreNoListsAreExplained(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, words string }{
		{"empty", " \r\n", "empty"}, {"workbook", "PK\x03\x04 something", "Excel workbook"}, {"utf-16", "\xff\xfeP\x00", "UTF-16"},
		{"binary", "a;b\n\x00", "do not belong into a text file"}, {"heading only", admission(t, ";"), "never taken as"},
	} {
		roster, problems := parseAdmission(t, c.text)
		if !problems.Failed() || !strings.Contains(problems.String(), c.words) || len(roster.Persons) > 0 {
			t.Errorf("%s: %s", c.name, problems)
		}
	}
	mapping := mustMap(t, admissionMapping)
	mapping.Encoding = register.EncodingUTF8
	_, problems := register.ParseList([]byte("a\nb\xe5\n"), "list.csv", mapping, reading)
	wantProblem(t, problems, register.SeverityError, 2, "", "not UTF-8")
	if _, problems = register.ParseList([]byte(admission(t, ";", cells{})), "list.csv", mapping, register.Reading{}); !problems.Failed() {
		t.Error("a reading without its day was accepted")
	}
}

// TestListRowProblems walks through what is wrong in lists typed by hand: each has its line, its column and a reason.
func TestListRowProblems(t *testing.T) {
	t.Parallel()
	wrong := childNumber(t, 0)[:11] + string('0'+(childNumber(t, 0)[11]-'0'+1)%10)
	for _, c := range []struct {
		name     string
		row      cells
		severity register.Severity
		column   string
		words    string
	}{
		{"check digit", cells{"Personnummer": wrong}, register.SeverityError, "Personnummer", "check digits"},
		{"no such day", cells{"Personnummer": "20191399-2384"}, register.SeverityError, "Personnummer", "possible date of birth"},
		{"shortened figure", cells{"Personnummer": "2,01901E+11"}, register.SeverityError, "Personnummer", "shortened figure"},
		{"nothing to recognise by", cells{"Personnummer": ""}, register.SeverityError, "Personnummer", "neither an identity number nor an id"},
		{"no name", cells{"Barn": ""}, register.SeverityError, "Barn", "name is missing"},
		{"name without comma", cells{"Barn": "Åke Alm"}, register.SeverityError, "Barn", "Family name, given name"},
		{"destroyed letter", cells{"Barn": "Alm, \ufffdke"}, register.SeverityError, "Barn", "destroyed"},
		{"twice converted", cells{"Barn": "Alm, Ã…ke"}, register.SeverityWarning, "Barn", "destroyed in an earlier conversion"},
		{"invisible character", cells{"Barn": "Alm, \u202eÅke"}, register.SeverityError, "Barn", "invisible"},
		{"long", cells{"Avdelning": strings.Repeat("å", 201)}, register.SeverityError, "Avdelning", "longer than 200"},
		{"other birthday", cells{"Född": "2018-01-01"}, register.SeverityError, "Född", "do not belong together"},
		{"date", cells{"Från": "18/8-25"}, register.SeverityError, "Från", "YYYY-MM-DD or DD.MM.YYYY"},
		{"order of dates", cells{"Till": "2025-08-17"}, register.SeverityError, "Till", "before the first day"},
		{"unknown protection", cells{"Skydd": "kanske"}, register.SeverityError, "Skydd", "“kanske” is not a known word"},
		{"unknown custody", cells{"VH1 vårdnad": "delad"}, register.SeverityError, "VH1 vårdnad", "yes_no (yes, no)"},
		{"no institution", cells{"Förskola": ""}, register.SeverityError, "Förskola", "institution is missing"},
		{"own guardian", cells{"VH1": childNumber(t, 0)}, register.SeverityError, "VH1", "same person"},
		{"guardian younger", cells{"VH1": synthetic(t, nationalid.Sweden, 2022, 2022, 0).Digits()}, register.SeverityError, "VH1", "not older than the child"},
		{"guardian without number", cells{"VH1": ""}, register.SeverityWarning, "VH1", "can not apply for an account"},
		{"e-mail", cells{"VH1 e-post": "eva at example"}, register.SeverityWarning, "VH1 e-post", "left out"},
		{"mobile", cells{"VH1 mobil": "ring mormor"}, register.SeverityWarning, "VH1 mobil", "left out"},
	} {
		_, problems := parseAdmission(t, admission(t, ";", c.row))
		if problems.Errors+problems.Warnings != 1 {
			t.Errorf("%s: want one problem, got\n%s", c.name, problems)
		}
		wantProblem(t, problems, c.severity, 2, c.column, c.words)
	}
}

func TestBrokenRowsKeepTheirLinesAndNothingIsHalfApplied(t *testing.T) {
	t.Parallel()
	text := admission(t, ";", cells{}, cells{"Barn": "Alm\"e, Bo"}, cells{"Avdelning": "\"Blå\nbär\""}, cells{"Förskola": "Ekorren;Lilla"}, cells{"Barn": ""}) + "\"never closed;\n"
	roster, problems := parseAdmission(t, text)
	wantProblem(t, problems, register.SeverityError, 3, "", "quotation mark stands in the middle")
	wantProblem(t, problems, register.SeverityError, 6, "", "has 18 cells but the heading row has 17")
	wantProblem(t, problems, register.SeverityError, 7, "Barn", "name is missing")
	wantProblem(t, problems, register.SeverityError, 8, "", "not closed")
	if len(roster.Persons)+len(roster.Enrolments)+len(roster.Guardianships)+len(roster.Institutions) != 0 {
		t.Error("rows of a file with errors came through")
	}
}

func TestRowsThatContradictEachOther(t *testing.T) {
	t.Parallel()
	same := cells{"Personnummer": childNumber(t, 0), "VH1": adultNumber(t, 0)}
	with := func(head, cell string) cells {
		row := cells{head: cell}
		for h, c := range same {
			row[h] = c
		}
		return row
	}
	for _, c := range []struct {
		name, head, cell, words string
		severity                register.Severity
	}{
		{"name", "Barn", "Alm, Ove", "written differently in line 2", register.SeverityWarning},
		{"dates", "Från", "2025-09-01", "line 2 with other dates", register.SeverityError},
		{"custody", "VH1 vårdnad", "saknas", "Line 2 says something else", register.SeverityError},
		{"e-mail", "VH1 e-post", "b@example.com", "another e-mail address in line 2", register.SeverityWarning},
		{"protection", "Skydd", "kode 6", "the stricter one is used", register.SeverityWarning},
	} {
		first := with("VH1 e-post", "a@example.com")
		_, problems := parseAdmission(t, admission(t, ";", first, with(c.head, c.cell)))
		wantProblem(t, problems, c.severity, 3, "", c.words)
	}
	roster, problems := parseAdmission(t, admission(t, ";", same, with("Avdelning", "Lingon")))
	if problems.Failed() || len(roster.Enrolments) != 2 || len(roster.Persons) != 2 || len(roster.Guardianships) != 1 {
		t.Errorf("one child in two groups is one person with two enrolments: %+v\n%s", roster.Enrolments, problems)
	}
}

func TestListSaysOnlyWhatTheFileSays(t *testing.T) {
	t.Parallel()
	roster, problems := parseAdmission(t, admission(t, ";", cells{"Skydd": "Kode 6", "VH1 e-post": "eva@example.com", "VH1 mobil": "070-174 06 05",
		"VH2": adultNumber(t, 9), "VH2 namn": "Ås, Per", "VH2 vårdnad": "", "VH2 skydd": "skyddad folkbokföring", "Från": "18.08.2025"}))
	if problems.String() != "" {
		t.Fatal(problems)
	}
	child, eva, per := personNamed(t, roster, "Åke Alm"), personNamed(t, roster, "Eva Alm"), personNamed(t, roster, "Per Ås")
	if child.Protected != register.ProtectionStrict || per.Protected != register.ProtectionProtected || eva.Protected != register.ProtectionNone {
		t.Errorf("protection: child %s, Per %s, Eva %s", child.Protected, per.Protected, eva.Protected)
	}
	if !child.ProtectionStated || eva.ProtectionStated {
		t.Error("the file speaks about the child's protection and not about the first guardian's")
	}
	if eva.Email != "eva@example.com" || eva.Mobile != "+46701740605" {
		t.Errorf("hints %q, %q", eva.Email, eva.Mobile)
	}
	for _, g := range roster.Guardianships {
		if want := g.GuardianSourceID == eva.SourceID; g.Legal != want {
			t.Errorf("custody of %s is %v: it holds only where the file says so (H11)", g.GuardianSourceID, g.Legal)
		}
	}
	if e := roster.Enrolments[0]; !e.From.Equal(time.Date(2025, 8, 18, 0, 0, 0, 0, time.UTC)) || !e.Until.IsZero() {
		t.Errorf("enrolment %+v", e)
	}
	if i := roster.Institutions[0]; i.Kind != register.Kindergarten || i.Ownership != register.Municipal || roster.Groups[0].Kind != register.Department {
		t.Errorf("institution %+v, group %+v", i, roster.Groups[0])
	}
	if roster.Coverage[register.NounEnrolment] != register.CoverageFull || roster.Coverage[register.NounStaffRole] != register.CoverageNone {
		t.Errorf("coverage %v", roster.Coverage)
	}
	if !child.BirthDate.Equal(child.NationalID.Birth()) {
		t.Error("without a column the identity number gives the date of birth")
	}
}

func TestColumnsOfTheListAndTheMapping(t *testing.T) {
	t.Parallel()
	_, problems := parseAdmission(t, strings.Replace(admission(t, ";", cells{}), "VH2 namn", "Köplats", 1))
	wantProblem(t, problems, register.SeverityError, 1, "", "“VH2 namn”, which the mapping names for “guardian2.full_name”, is not in the heading row")
	_, problems = parseAdmission(t, strings.Replace(admission(t, ";", cells{}), "\r\n", ";Köplats\r\n", 1))
	wantProblem(t, problems, register.SeverityWarning, 1, "Köplats", "it is ignored")
	_, problems = parseAdmission(t, strings.Replace(admission(t, ";", cells{}), "\r\n", ";barn \r\n", 1))
	wantProblem(t, problems, register.SeverityError, 1, "", "twice")
}

func TestPeopleKnownByNumberOnlyNeedAKey(t *testing.T) {
	t.Parallel()
	text := admission(t, ";", cells{})
	_, problems := register.ParseList([]byte(text), "list.csv", mustMap(t, admissionMapping), register.Reading{On: on})
	wantProblem(t, problems, register.SeverityError, 2, "", "no key for pseudonyms")
	one, _ := parseAdmission(t, text)
	other, _ := register.ParseList([]byte(text), "list.csv", mustMap(t, admissionMapping), register.Reading{On: on, Pseudonym: register.KeyedPseudonym([]byte("another"))})
	again, _ := parseAdmission(t, text)
	if one.Persons[0].SourceID != again.Persons[0].SourceID {
		t.Error("a pseudonym has to be the same in every import")
	}
	if one.Enrolments[0].PersonSourceID == other.Enrolments[0].PersonSourceID {
		t.Error("another key has to give other pseudonyms")
	}
}
