package boot

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Table writes every setting, by section: its variable, its present value (secrets as ***), the commands
// that cannot do without it, and what it means.
func Table(w io.Writer, s Settings) error {
	out := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	section := ""
	for _, f := range fields(&s) {
		if f.section != section {
			section = f.section
			fmt.Fprintln(out, strings.ToUpper(section))
		}
		needed := ""
		if len(f.needed) > 0 {
			needed = "Needed by " + strings.Join(f.needed, ", ") + ". "
		}
		if f.secret() {
			needed += "Or " + f.name + "_FILE. "
		}
		fmt.Fprintf(out, "  %s\t%s\t%s\n", f.name, f.shown(), needed+f.help)
	}
	return out.Flush()
}

// shown is the present value as a person writes it.
func (f field) shown() string {
	text := fmt.Sprintf("%v", f.value.Interface())
	if items, ok := f.value.Interface().([]string); ok {
		text = strings.Join(items, ",")
	}
	if text == "" {
		return "(not set)"
	}
	return text
}
