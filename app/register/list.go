package register

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// listReader holds what is known so far while a list is read row by row.
type listReader struct {
	mapping Mapping
	reading Reading
	table   *table
	roster  *gathering
}

// ParseList reads the list that a municipality exports from its spreadsheet, as the mapping describes it. name is only
// used to tell people where a problem is. When a single error is found the roster is empty: nothing of a bad file is
// half applied. Columns that the mapping does not name are ignored, with a warning each.
//
// A list creates institutions and groups that its rows mention but never ends them (L1: a department without children
// today still exists). Admission lists speak about enrolments and guardianships, staff lists about staff roles, so
// that both may belong to the same source without ending each other's rows.
func ParseList(file []byte, name string, mapping Mapping, reading Reading) (Roster, Problems) {
	r := &listReader{mapping: mapping, reading: reading, roster: newGathering(name)}
	r.read(file)
	roster := r.roster.roster
	roster.Coverage = map[Noun]Coverage{NounInstitution: CoveragePartial, NounGroup: CoveragePartial, NounPerson: CoveragePartial}
	if mapping.Kind == ListStaff {
		roster.Coverage[NounStaffRole] = mapping.Covers
		roster.GroupsStated = mapping.Covers == CoverageFull && (mapping.names(fieldGroupID) || mapping.names(fieldGroupName))
	} else {
		roster.Coverage[NounEnrolment], roster.Coverage[NounGuardianship] = mapping.Covers, mapping.Covers
	}
	return r.roster.finish(roster)
}

func (r *listReader) read(file []byte) {
	fault := func(line int, reason string) {
		r.roster.problems.add(Problem{File: r.roster.file, Line: line, Reason: reason, Severity: SeverityError})
	}
	switch {
	case r.reading.On.IsZero():
		fault(0, "The day of the import is not set, so identity numbers can not be judged.")
		return
	case len(file) > maxFileBytes:
		fault(0, "The file is larger than 64 MB. Split it, or export fewer columns.")
		return
	case r.mapping.Kind != ListAdmission && r.mapping.Kind != ListStaff:
		fault(0, "The mapping does not say what kind of list this is.")
		return
	}
	text, line, reason := decode(file, r.mapping.Encoding)
	if reason != "" {
		fault(line, reason)
		return
	}
	delimiter := r.mapping.Delimiter
	if delimiter == 0 {
		if delimiter = sniffDelimiter(text); delimiter == 0 {
			delimiter = ';'
		}
	}
	if r.table = openTable(text, r.roster.file, delimiter, &r.roster.problems); r.table == nil || !r.checkHeadings() {
		return
	}
	rows := 0
	r.table.each(func(row row) {
		rows++
		if r.mapping.Kind == ListStaff {
			r.staffRow(row)
		} else {
			r.admissionRow(row)
		}
	})
	if rows == 0 {
		fault(0, "The file has a heading row but no rows below it that can be read. An empty list is never taken as “everybody has left”.")
	}
}

// checkHeadings reports columns that the mapping names and the file lacks, and columns that nobody reads.
func (r *listReader) checkHeadings() bool {
	at := Problem{Line: 1 + r.table.firstRow, Severity: SeverityError}
	complete, used := true, map[string]bool{}
	for _, field := range Fields(r.mapping.Kind) {
		head := r.mapping.Columns[field]
		if head == "" {
			continue
		}
		used[fold(head)] = true
		switch {
		case !r.table.has(head):
			at.Reason = fmt.Sprintf("The column %s, which the mapping names for “%s”, is not in the heading row. The headings are: %s.", quoted(head), field, r.headings())
		case r.table.twice[fold(head)]:
			at.Reason = fmt.Sprintf("The column %s is there twice; it is not clear which one is meant.", quoted(head))
		default:
			continue
		}
		complete = false
		r.table.report(at)
	}
	for i, head := range r.table.heads {
		if complete && head != "" && !used[fold(head)] {
			r.table.report(Problem{Line: at.Line, Column: i + 1, ColumnName: heading(head), Severity: SeverityWarning, Reason: "The mapping does not name this column; it is ignored."})
		}
	}
	return complete
}

func (r *listReader) headings() string {
	var shown []string
	for i, head := range r.table.heads {
		if i == 20 {
			shown = append(shown, "…")
			break
		}
		shown = append(shown, quoted(head))
	}
	return strings.Join(shown, ", ")
}

// value is the cell of a field, or its default when there is no such column or the cell is empty. ok is false when the
// cell can not be taken, which has then been reported.
func (r *listReader) value(row row, field Field) (text string, ok bool) {
	if head := r.mapping.Columns[field]; head != "" {
		if text, ok = row.text(head); !ok {
			return "", false
		}
	}
	if text == "" {
		text = r.mapping.Defaults[field]
	}
	return text, true
}

// word is the meaning of a field's word; empty when there is none.
func (r *listReader) word(row row, field Field, kind WordKind) (meaning string, ok bool) {
	text, ok := r.value(row, field)
	if !ok || text == "" {
		return "", ok
	}
	if meaning, ok = r.mapping.meaning(kind, text); !ok {
		row.fault(r.mapping.Columns[field], fmt.Sprintf("%s is not a known word here. Correct it, or add it to the mapping under words, %s (%s).", quoted(text), kind, strings.Join(meanings[kind], ", ")))
	}
	return meaning, ok
}

// date is a field's day; the zero time when the cell is empty.
func (r *listReader) date(row row, field Field) (day time.Time, ok bool) {
	text, ok := r.value(row, field)
	if !ok || text == "" {
		return time.Time{}, ok
	}
	if day, ok = readDate(text, r.mapping.Dates); !ok {
		row.fault(r.mapping.Columns[field], "This is not a date in the form that the mapping names ("+r.dateForms()+").")
	}
	return day, ok
}

func (r *listReader) dateForms() string {
	var forms []string
	for _, layout := range r.mapping.Dates {
		forms = append(forms, strings.NewReplacer("2006", "YYYY", "01", "MM", "02", "DD").Replace(layout))
	}
	return strings.Join(forms, " or ")
}

// period reads a first and a last day.
func (r *listReader) period(row row, first, last Field) (from, until time.Time, ok bool) {
	from, fromOK := r.date(row, first)
	until, untilOK := r.date(row, last)
	if !fromOK || !untilOK {
		return from, until, false
	}
	if !from.IsZero() && !until.IsZero() && until.Before(from) {
		row.fault(r.mapping.Columns[last], "The last day lies before the first day.")
		return from, until, false
	}
	return from, until, true
}

// allOf says whether every check passed; every check runs, so that a row's problems are all reported at once.
func allOf(checks ...bool) bool { return !slices.Contains(checks, false) }
