// Package article30 makes a municipality's record of processing activities (GDPR Art. 30(1), V3) out of the classification of the columns, so
// that the record can say nothing that the tables do not hold and leave nothing out that they do.
//
// It is pure: it opens no database, and imports migrations for the text of the classification only. Start reading at record.go; what the
// words of the classification mean is in words.go.
package article30

import (
	"fmt"
	"slices"
	"strings"
)

// Class is how much care a column needs.
type Class string

// The classes.
const (
	None      Class = "none"      // says nothing about a person
	Personal  Class = "personal"  // about a person (Art. 4(1))
	Sensitive Class = "sensitive" // of a special category or as good as (Art. 9), or written in free text that may become so
	Identity  Class = "identity"  // a national identity number, sealed, or the index by which it is found (Art. 87)
	Secret    Class = "secret"    // opens something: a digest of a token, a second factor
)

// Column is one line of the classification. The words of its last four fields are explained in words.go; a dash means that there is none.
type Column struct {
	Table     string // schema.table
	Name      string
	Class     Class
	Subject   string // about whom
	Purpose   string // the processing activity that it belongs to
	Basis     string // the legal basis
	Retention string // when it goes
}

// header is the first line of the classification.
const header = "table\tcolumn\tclass\tsubject\tpurpose\tbasis\tretention"

// Parse reads the classification. An error names every line that is not understood: an unknown word, a column named twice, a class that says
// nothing about a person together with a person, or the other way round.
func Parse(text string) ([]Column, error) {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if lines[0] != header {
		return nil, fmt.Errorf("article30: the first line must be %q", header)
	}
	var list []Column
	var mistakes []string
	seen := map[string]bool{}
	for i, line := range lines[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != 7 {
			mistakes = append(mistakes, fmt.Sprintf("line %d has %d fields, want 7", i+2, len(fields)))
			continue
		}
		c := Column{fields[0], fields[1], Class(fields[2]), fields[3], fields[4], fields[5], fields[6]}
		if seen[c.String()] {
			mistakes = append(mistakes, fmt.Sprintf("line %d: %s is named twice", i+2, c))
		}
		seen[c.String()] = true
		for _, mistake := range c.mistakes() {
			mistakes = append(mistakes, fmt.Sprintf("line %d: %s %s", i+2, c, mistake))
		}
		list = append(list, c)
	}
	if len(mistakes) > 0 {
		return nil, fmt.Errorf("article30: %s", strings.Join(mistakes, "\n"))
	}
	return list, nil
}

// String is the column's name as the database says it.
func (c Column) String() string { return c.Table + "." + c.Name }

func (c Column) mistakes() []string {
	var list []string
	known := func(what, word string, ok bool) {
		if !ok {
			list = append(list, fmt.Sprintf("has the %s %q, which words.go does not know", what, word))
		}
	}
	classes := []Class{None, Personal, Sensitive, Identity, Secret}
	known("class", string(c.Class), slices.Contains(classes, c.Class))
	_, activity := activities[c.Purpose]
	known("purpose", c.Purpose, activity)
	_, kept := retentions[c.Retention]
	known("retention", c.Retention, kept)
	if c.Class == None {
		if c.Subject != "-" || c.Basis != "-" {
			list = append(list, "says nothing about a person and yet has a subject or a legal basis")
		}
		return list
	}
	_, subject := subjects[c.Subject]
	known("subject", c.Subject, subject)
	_, basis := bases[c.Basis]
	known("basis", c.Basis, basis)
	return list
}
