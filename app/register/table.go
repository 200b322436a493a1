package register

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The largest file that is read: far above any municipality's list, far below what would hurt the process.
const (
	maxFileBytes = 64 << 20
	maxRows      = 1_000_000
	maxColumns   = 500
)

// table reads one CSV text row by row and gives every problem its place.
type table struct {
	file     string
	heads    []string       // headings as written
	place    map[string]int // folded heading → index
	twice    map[string]bool
	forget   map[int]bool // columns whose cells are dropped unread (passwords)
	reader   *csv.Reader
	firstRow int // lines cut off before the heading (Excel's "sep=")
	problems *Problems
}

// row is one record of a table.
type row struct {
	*table
	cells []string
	lines []int // the line of each cell
}

// openTable reads the heading row. It returns nil after reporting why there is none. Columns named in forget are
// never handed out.
func openTable(text, file string, delimiter rune, problems *Problems, forget ...string) *table {
	t := &table{file: file, place: map[string]int{}, twice: map[string]bool{}, forget: map[int]bool{}, problems: problems}
	if first, rest, found := strings.Cut(text, "\n"); found && strings.HasPrefix(fold(first), "sep=") {
		text, t.firstRow = rest, 1
	}
	t.reader = csv.NewReader(strings.NewReader(text))
	t.reader.Comma = delimiter
	t.reader.FieldsPerRecord = -1
	heads, err := t.reader.Read()
	if err != nil {
		t.report(Problem{Line: 1 + t.firstRow, Severity: SeverityError, Reason: "The heading row can not be read: " + csvReason(err)})
		return nil
	}
	if len(heads) > maxColumns {
		t.report(Problem{Line: 1 + t.firstRow, Severity: SeverityError, Reason: fmt.Sprintf("The file has more than %d columns.", maxColumns)})
		return nil
	}
	for i, head := range heads {
		key := fold(head)
		t.heads = append(t.heads, strings.TrimSpace(strings.TrimPrefix(head, "\uFEFF")))
		if _, seen := t.place[key]; seen {
			t.twice[key] = true
			continue
		}
		t.place[key] = i
	}
	for i, head := range t.heads {
		for _, name := range forget {
			if fold(head) == fold(name) {
				t.forget[i] = true
			}
		}
	}
	return t
}

func (t *table) has(head string) bool {
	_, found := t.place[fold(head)]
	return found
}

func (t *table) report(p Problem) {
	p.File = t.file
	t.problems.add(p)
}

// each calls read for every row that has the shape of the heading row; the others are reported.
func (t *table) each(read func(row)) {
	for n := 0; ; n++ {
		cells, err := t.reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if n >= maxRows {
			t.report(Problem{Severity: SeverityError, Reason: fmt.Sprintf("The file has more than %d rows.", maxRows)})
			return
		}
		if err != nil {
			line := 0
			if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
				line = parse.StartLine + t.firstRow
			}
			t.report(Problem{Line: line, Severity: SeverityError, Reason: csvReason(err)})
			continue
		}
		r := row{table: t, cells: cells, lines: make([]int, len(cells))}
		for i := range cells {
			line, _ := t.reader.FieldPos(i)
			r.lines[i] = line + t.firstRow
		}
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue // the empty rows that spreadsheets leave at the end
		}
		if len(cells) > len(t.heads) { // even when the last ones are empty: the others may be shifted
			r.fault("", fmt.Sprintf("The row has %d cells but the heading row has %d. A cell probably contains the separator without quotation marks around it.", len(cells), len(t.heads)))
			continue
		}
		for i := range r.cells {
			if t.forget[i] {
				r.cells[i] = ""
			}
		}
		read(r)
	}
}

// line is where the row starts.
func (r row) line() int { return r.lines[0] }

// raw gives the cell under a heading as it stands; empty when the column or the cell is missing. Some spreadsheets
// leave out empty cells at the end of a row.
func (r row) raw(head string) string {
	i, found := r.place[fold(head)]
	if !found || i >= len(r.cells) {
		return ""
	}
	return r.cells[i]
}

// text gives the cleaned cell under a heading; ok is false after reporting that it can not be taken.
func (r row) text(head string) (text string, ok bool) {
	text, reason := clean(r.raw(head))
	if reason != "" {
		r.fault(head, reason)
		return "", false
	}
	if twiceConverted(text) {
		p := r.problem(head, SeverityWarning, "The text looks as if å, ä, ö, æ or ø had been destroyed in an earlier conversion. Look at it in the source (further rows are not reported).")
		r.problems.addOnce("twice converted "+r.file, p)
	}
	return text, true
}

func (r row) problem(head string, severity Severity, reason string) Problem {
	p := Problem{File: r.file, Line: r.line(), Severity: severity, Reason: reason}
	if i, found := r.place[fold(head)]; found && head != "" {
		p.Column, p.ColumnName = i+1, heading(r.heads[i])
		if i < len(r.lines) {
			p.Line = r.lines[i]
		}
	}
	return p
}

// fault reports an error in a cell; an empty heading means the whole row.
func (r row) fault(head, reason string) {
	r.problems.add(r.problem(head, SeverityError, reason))
}

// warn reports what was left out or assumed.
func (r row) warn(head, reason string) {
	r.problems.add(r.problem(head, SeverityWarning, reason))
}

// csvReason says in plain words what encoding/csv found; its own text could repeat what stands in the row.
func csvReason(err error) string {
	switch {
	case errors.Is(err, io.EOF):
		return "The file has no rows."
	case errors.Is(err, csv.ErrBareQuote):
		return "A quotation mark stands in the middle of a cell. Remove it, or put the whole cell into quotation marks and double the one inside."
	case errors.Is(err, csv.ErrQuote):
		return "A quotation mark that starts in this row is not closed, or something follows after the closing one."
	default:
		return "The row can not be read as CSV."
	}
}
