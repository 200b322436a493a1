package article30

import (
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
)

// WriteJSON writes the record for machines.
func (r Record) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}

// WriteMarkdown writes the record for people.
func (r Record) WriteMarkdown(w io.Writer) error {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	line("# Record of processing activities (GDPR Article 30(1))\n")
	for _, field := range r.who() {
		line("- **%s**: %s", field[0], field[1])
	}
	for _, a := range r.Activities {
		line("\n## %s\n", a.Title)
		for _, field := range a.fields() {
			line("- **%s**: %s", field[0], field[1])
		}
	}
	line("\n## Security measures (Art. 30(1)(g), Art. 32(1))\n")
	for _, measure := range r.Measures {
		line("- %s", measure)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

var page = template.Must(template.New("record").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Record of processing activities</title>
<h1>Record of processing activities (GDPR Article 30(1))</h1>
<dl>{{range .Who}}<dt>{{index . 0}}</dt><dd>{{index . 1}}</dd>
{{end}}</dl>
{{range .Activities}}<h2>{{.Title}}</h2>
<dl>{{range .Fields}}<dt>{{index . 0}}</dt><dd>{{index . 1}}</dd>
{{end}}</dl>
{{end}}<h2>Security measures (Art. 30(1)(g), Art. 32(1))</h2>
<ul>{{range .Measures}}<li>{{.}}</li>
{{end}}</ul>
</html>
`))

// WriteHTML writes the record as a page.
func (r Record) WriteHTML(w io.Writer) error {
	type section struct {
		Title  string
		Fields [][2]string
	}
	var sections []section
	for _, a := range r.Activities {
		sections = append(sections, section{a.Title, a.fields()})
	}
	return page.Execute(w, map[string]any{"Who": r.who(), "Activities": sections, "Measures": r.Measures})
}

func (r Record) who() [][2]string {
	list := [][2]string{
		{"Controller (a)", r.Controller.Name + ", " + r.Controller.Country},
		{"Contact (a)", r.Controller.Contact},
		{"Data protection officer (a)", r.Controller.Officer},
	}
	if r.Controller.Joint != "" {
		list = append(list, [2]string{"Joint controller (a)", r.Controller.Joint})
	}
	return append(list, [2]string{"Made on", r.MadeOn})
}

func (a Activity) fields() [][2]string {
	var kept, tables []string
	for _, r := range a.Retention {
		by := "carried out by the municipality"
		if r.Enforced {
			by = "carried out by the program"
		}
		kept = append(kept, r.Text+" ("+by+")")
	}
	for _, table := range slices.Sorted(maps.Keys(a.Tables)) {
		tables = append(tables, fmt.Sprintf("%s (%d columns)", table, a.Tables[table]))
	}
	return [][2]string{
		{"Purposes (b)", a.Purposes},
		{"Data subjects (c)", strings.Join(a.Subjects, "; ")},
		{"Personal data (c)", a.Data + a.care()},
		{"Recipients (d)", strings.Join(a.Recipients, "; ")},
		{"Transfers to third countries (e)", a.Transfers},
		{"Time limits (f)", strings.Join(kept, "; ")},
		{"Legal basis", strings.Join(a.Bases, "; ")},
		{"Where it lies", strings.Join(tables, ", ")},
	}
}

// care says which of the columns need more than ordinary care.
func (a Activity) care() string {
	var parts []string
	for _, class := range []Class{Sensitive, Identity, Secret} {
		if n := a.Classes[class]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, class))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (columns that need special care: " + strings.Join(parts, ", ") + ")"
}
