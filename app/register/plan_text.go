package register

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// shownRows is how many rows of one heading the text lists; JSON has all of them.
const shownRows = 50

var pluralWords = map[Noun][2]string{
	NounInstitution: {"institution", "institutions"}, NounGroup: {"group", "groups"}, NounPerson: {"person", "persons"},
	NounEnrolment: {"enrolment", "enrolments"}, NounGuardianship: {"guardianship", "guardianships"}, NounStaffRole: {"staff role", "staff roles"},
}

func plural(noun Noun) string { return pluralWords[noun][1] }

var attentionWords = map[AttentionKind]string{
	GuardianAdded:     "gets another guardian; it starts inactive",
	CustodyGained:     "the register now says legal custody",
	CustodyLost:       "the register no longer says legal custody; look at the access",
	ProtectionRaised:  "the identity is now protected, or protected more strictly",
	ProtectionLowered: "the identity is no longer protected, or less strictly; make sure before you rely on it",
	NumberChanged:     "the identity number has changed; make sure that it is the same person",
}

// Text renders the plan for people, as the dry run shows it: calm, in full words, with what needs a look first.
func (p Plan) Text() string {
	var out strings.Builder
	fmt.Fprintf(&out, "What importing %s would change\n", firstOf(p.Source, "this file"))
	if p.Empty() {
		out.WriteString("\nNothing: the register and Budstikke already say the same.\n")
	}
	out.WriteString("\n" + p.table())
	list(&out, "Please decide first", p.Holds, func(h Hold) (string, string) { return h.Reason, "" })
	list(&out, "Please have a look", p.Attention, func(a Attention) (string, string) { return a.Label, attentionWords[a.Kind] })
	list(&out, "Children who leave an institution (every access through them there ends)", p.Departures, func(d Departure) (string, string) { return d.Label, "" })
	section(&out, NounInstitution, p.Institutions)
	section(&out, NounGroup, p.Groups)
	section(&out, NounPerson, p.Persons)
	section(&out, NounEnrolment, p.Enrolments)
	section(&out, NounGuardianship, p.Guardianships)
	section(&out, NounStaffRole, p.StaffRoles)
	list(&out, "Left out", p.Unresolved, func(u Unresolved) (string, string) { return pluralWords[u.Noun][0] + ": " + u.Label, u.Reason })
	out.WriteString("\nNew guardianships start inactive: nobody gets access and nobody is written to until the head activates them.\n")
	out.WriteString("Nothing is deleted. Rows that end keep their history.\n")
	return out.String()
}

func (p Plan) table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "  %-15s %8s %8s %8s %8s %10s\n", "", "new", "changed", "ending", "kept", "unchanged")
	for _, t := range p.tallies() {
		fmt.Fprintf(&out, "  %-15s %8d %8d %8d %8d %10d\n", plural(t.noun), t.creates, t.updates, t.ends, t.kept, t.unchanged)
	}
	return out.String()
}

func section[T keyed](out *strings.Builder, noun Noun, s Section[T]) {
	words := plural(noun)
	line := func(c Change[T]) (string, string) { return c.Label, c.Reason }
	list(out, "New "+words, s.Creates, func(c Change[T]) (string, string) {
		if c.Returns {
			return c.Label, "is in the register again"
		}
		return c.Label, ""
	})
	list(out, "Changed "+words, s.Updates, func(c Change[T]) (string, string) {
		var fields []string
		for _, f := range c.Fields {
			fields = append(fields, fmt.Sprintf("%s: %s → %s", strings.ReplaceAll(f.Field, "_", " "), f.Old, f.New))
		}
		return c.Label, strings.Join(fields, "; ")
	})
	list(out, "Ending "+words, s.Ends, line)
	list(out, "Kept as they are: "+words, s.Kept, line)
}

// list writes a heading and its rows in alphabetical order; rows that read the same (protected persons do) are counted.
func list[T any](out *strings.Builder, title string, rows []T, words func(T) (label, note string)) {
	if len(rows) == 0 {
		return
	}
	type line struct {
		text string
		n    int
	}
	counts := map[string]int{}
	for _, row := range rows {
		label, note := words(row)
		if note != "" {
			label += " – " + note
		}
		counts[label]++
	}
	lines := make([]line, 0, len(counts))
	for text, n := range counts {
		lines = append(lines, line{text, n})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.text, b.text) })
	title = fmt.Sprintf("%s: %d", title, len(rows))
	fmt.Fprintf(out, "\n%s\n%s\n", title, strings.Repeat("-", utf8.RuneCountInString(title)))
	for i, l := range lines {
		if i == shownRows {
			fmt.Fprintf(out, "  … and %d more (--json lists all of them)\n", len(lines)-i)
			return
		}
		if l.n > 1 {
			l.text += fmt.Sprintf(" (%d times)", l.n)
		}
		fmt.Fprintf(out, "  %s\n", l.text)
	}
}
