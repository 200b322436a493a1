package register

import (
	"fmt"
	"strings"
	"unicode"
)

// Severity says whether a problem stops the import.
type Severity string

const (
	// SeverityError: the file is not applied, not even the rows that can be read.
	SeverityError Severity = "error"
	// SeverityWarning: the file can be applied; the reason says what was left out or assumed.
	SeverityWarning Severity = "warning"
)

// MaxProblems is how many problems are listed; the rest are counted.
const MaxProblems = 1000

// Problem is one thing a person has to look at in the source. Reason is a whole sentence for somebody who knows the
// spreadsheet, not the program; it never repeats an identity number, a password or another long row of digits.
type Problem struct {
	File string `json:"file"`
	// Line counts from 1 and is the line where the cell starts; 0 when the problem is about the whole file.
	Line int `json:"line,omitempty"`
	// Column is the cell's place in the row, from 1; 0 when the problem is about the whole row.
	Column int `json:"column,omitempty"`
	// ColumnName is the heading of the column.
	ColumnName string   `json:"column_name,omitempty"`
	Reason     string   `json:"reason"`
	Severity   Severity `json:"severity"`
}

// String gives "file, line 4, column 3 (Personnummer): error: reason".
func (p Problem) String() string {
	var out strings.Builder
	out.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&out, ", line %d", p.Line)
	}
	if p.Column > 0 {
		fmt.Fprintf(&out, ", column %d", p.Column)
	}
	if p.ColumnName != "" {
		fmt.Fprintf(&out, " (%s)", p.ColumnName)
	}
	fmt.Fprintf(&out, ": %s: %s", p.Severity, p.Reason)
	return out.String()
}

// Problems are all problems of one reading. The zero value is "none".
type Problems struct {
	// List holds at most [MaxProblems] problems in the order in which they were found; when there are more, errors
	// push warnings out.
	List     []Problem `json:"list"`
	Errors   int       `json:"errors"`
	Warnings int       `json:"warnings"`

	once           map[string]bool
	listedWarnings int
}

// Failed says that at least one error was found: nothing of the file may be applied.
func (p Problems) Failed() bool { return p.Errors > 0 }

// Omitted is how many problems were counted but are not in List.
func (p Problems) Omitted() int { return p.Errors + p.Warnings - len(p.List) }

// String lists every problem on its own line and ends with the counts; empty when there is none.
func (p Problems) String() string {
	if p.Errors+p.Warnings == 0 {
		return ""
	}
	var out strings.Builder
	for _, problem := range p.List {
		out.WriteString(problem.String() + "\n")
	}
	if n := p.Omitted(); n > 0 {
		fmt.Fprintf(&out, "… and %d more that are not listed.\n", n)
	}
	fmt.Fprintf(&out, "%s, %s.\n", count(p.Errors, "error", "errors"), count(p.Warnings, "warning", "warnings"))
	if p.Failed() {
		out.WriteString("Nothing was imported. Correct the source and export the file again.\n")
	}
	return out.String()
}

func (p *Problems) add(problem Problem) {
	if problem.Severity == SeverityError {
		p.Errors++
	} else {
		p.Warnings++
	}
	if len(p.List) < MaxProblems {
		p.List = append(p.List, problem)
		if problem.Severity == SeverityWarning {
			p.listedWarnings++
		}
		return
	}
	if problem.Severity != SeverityError || p.listedWarnings == 0 {
		return
	}
	for i := len(p.List) - 1; i >= 0; i-- {
		if p.List[i].Severity == SeverityWarning {
			p.List = append(p.List[:i], p.List[i+1:]...)
			p.List = append(p.List, problem)
			p.listedWarnings--
			return
		}
	}
}

// addOnce adds the problem only the first time the key is seen: for what is wrong in the same way in every row.
func (p *Problems) addOnce(key string, problem Problem) {
	if p.once[key] {
		return
	}
	if p.once == nil {
		p.once = map[string]bool{}
	}
	p.once[key] = true
	p.add(problem)
}

// maxQuoted is how many characters of a cell a reason may repeat.
const maxQuoted = 40

// quoted repeats a cell's text inside a reason. What could be an identity number (five digits or more, because
// columns do get shifted) is not repeated, and neither are control characters.
func quoted(text string) string {
	digits := 0
	clean := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			digits++
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	if digits >= 5 {
		return "(a value with many digits, not repeated here)"
	}
	if runes := []rune(clean); len(runes) > maxQuoted {
		clean = string(runes[:maxQuoted]) + "…"
	}
	return "“" + clean + "”"
}

// heading makes a column name fit for a problem. A file without a heading row has data in its first line.
func heading(name string) string {
	q := quoted(name)
	return strings.TrimSuffix(strings.TrimPrefix(q, "“"), "”")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
