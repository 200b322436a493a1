package register

import (
	"fmt"
	"slices"
)

// gathering collects rows into a roster and notices when two rows say different things about the same person,
// institution or relation. Both readers use it.
type gathering struct {
	file     string
	roster   Roster
	problems Problems

	institutions  map[string]placed
	groups        map[string]placed
	persons       map[string]placed
	numbers       map[string]string // country and number → source id
	enrolments    map[string]placed
	guardianships map[string]placed
	staffRoles    map[string]placed
}

// placed is where a row stands in its slice and which line said it first.
type placed struct{ at, line int }

func newGathering(file string) *gathering {
	return &gathering{file: file, roster: Roster{Source: file},
		institutions: map[string]placed{}, groups: map[string]placed{}, persons: map[string]placed{}, numbers: map[string]string{},
		enrolments: map[string]placed{}, guardianships: map[string]placed{}, staffRoles: map[string]placed{}}
}

// finish gives the sorted roster, or an empty one when an error was found.
func (g *gathering) finish(roster Roster) (Roster, Problems) {
	if g.problems.Failed() {
		return Roster{}, g.problems
	}
	for i := range roster.Persons {
		// Contact details of a strictly protected person are not worth the risk of keeping them.
		if p := &roster.Persons[i]; p.Protected == ProtectionStrict {
			p.Email, p.Mobile = "", ""
		}
	}
	roster.sort()
	return roster, g.problems
}

// keep adds a row unless its key is known; then it returns the row that is there and the line that said it.
func keep[T keyed](rows *[]T, known map[string]placed, line int, item T) (earlier *T, earlierLine int) {
	key := item.Key()
	if spot, found := known[key]; found {
		return &(*rows)[spot.at], spot.line
	}
	known[key] = placed{len(*rows), line}
	*rows = append(*rows, item)
	return nil, 0
}

func (g *gathering) institution(row row, i Institution) {
	earlier, line := keep(&g.roster.Institutions, g.institutions, row.line(), i)
	if earlier == nil {
		return
	}
	if earlier.Kind != i.Kind || earlier.Ownership != i.Ownership || earlier.NationalNumber != i.NationalNumber {
		row.fault("", fmt.Sprintf("The institution %s has another kind, ownership or number than in line %d.", quoted(i.Name), line))
	} else if earlier.Name != i.Name {
		row.warn("", fmt.Sprintf("The institution %s is written differently in line %d; that name is used.", quoted(i.Name), line))
	}
}

func (g *gathering) group(row row, group Group) {
	earlier, line := keep(&g.roster.Groups, g.groups, row.line(), group)
	if earlier == nil {
		return
	}
	if earlier.InstitutionSourceID != group.InstitutionSourceID {
		row.fault("", fmt.Sprintf("The group %s belongs to another institution in line %d.", quoted(group.Name), line))
	} else if fold(earlier.Name) != fold(group.Name) {
		row.warn("", fmt.Sprintf("The group %s is written differently in line %d; that name is used.", quoted(group.Name), line))
	}
}

// person adds a person or joins what two rows say. Numbers and dates of birth must agree; for names and hints the first
// row counts; the strictest protection wins.
func (g *gathering) person(row row, p Person) {
	if !p.NationalID.IsZero() {
		number := string(p.NationalID.Country()) + p.NationalID.Digits()
		if other, taken := g.numbers[number]; taken && other != p.SourceID {
			row.fault("", fmt.Sprintf("The identity number of this person belongs to somebody with another id in line %d.", g.persons[other].line))
			return
		}
		g.numbers[number] = p.SourceID
	}
	earlier, line := keep(&g.roster.Persons, g.persons, row.line(), p)
	if earlier == nil {
		return
	}
	switch {
	case !earlier.NationalID.IsZero() && !p.NationalID.IsZero() && earlier.NationalID != p.NationalID:
		row.fault("", fmt.Sprintf("The same id has another identity number in line %d.", line))
		return
	case !earlier.BirthDate.IsZero() && !p.BirthDate.IsZero() && !earlier.BirthDate.Equal(p.BirthDate):
		row.fault("", fmt.Sprintf("The same person has another date of birth in line %d.", line))
		return
	}
	if earlier.NationalID.IsZero() {
		earlier.NationalID = p.NationalID
	}
	if earlier.BirthDate.IsZero() {
		earlier.BirthDate = p.BirthDate
	}
	if earlier.GivenName != p.GivenName || earlier.FamilyName != p.FamilyName {
		row.warn("", fmt.Sprintf("The same person's name is written differently in line %d; that name is used.", line))
	}
	if earlier.Protected != p.Protected && earlier.ProtectionStated && p.ProtectionStated {
		row.warn("", fmt.Sprintf("The protection of the same person differs from line %d; the stricter one is used.", line))
	}
	earlier.Protected = max(earlier.Protected, p.Protected)
	earlier.ProtectionStated = earlier.ProtectionStated || p.ProtectionStated
	earlier.Email = g.hint(row, earlier.Email, p.Email, "e-mail address", line)
	earlier.Mobile = g.hint(row, earlier.Mobile, p.Mobile, "mobile number", line)
	earlier.Username = g.hint(row, earlier.Username, p.Username, "user name", line)
}

func (g *gathering) hint(row row, earlier, now, what string, line int) string {
	if earlier != "" && now != "" && earlier != now {
		row.warn("", fmt.Sprintf("The same person has another %s in line %d; that one is used.", what, line))
	}
	return firstOf(earlier, now)
}

func (g *gathering) enrolment(row row, e Enrolment) {
	earlier, line := keep(&g.roster.Enrolments, g.enrolments, row.line(), e)
	if earlier != nil && (!earlier.From.Equal(e.From) || !earlier.Until.Equal(e.Until)) {
		row.fault("", fmt.Sprintf("The same child is in the same group in line %d with other dates.", line))
	}
}

func (g *gathering) guardianship(row row, relation Guardianship) {
	earlier, line := keep(&g.roster.Guardianships, g.guardianships, row.line(), relation)
	if earlier == nil {
		return
	}
	if earlier.Legal != relation.Legal {
		row.fault("", fmt.Sprintf("Line %d says something else about whether this guardian has legal custody of the child.", line))
	}
	earlier.LegalStated = earlier.LegalStated || relation.LegalStated
	earlier.Basis = firstOf(earlier.Basis, relation.Basis)
}

// staffRole adds a role; the groups of several rows for the same role are joined.
func (g *gathering) staffRole(row row, s StaffRole) {
	slices.Sort(s.GroupSourceIDs)
	s.GroupSourceIDs = slices.Compact(s.GroupSourceIDs)
	earlier, line := keep(&g.roster.StaffRoles, g.staffRoles, row.line(), s)
	if earlier == nil {
		return
	}
	if !earlier.From.Equal(s.From) || !earlier.Until.Equal(s.Until) {
		row.fault("", fmt.Sprintf("The same person has the same role in line %d with other dates.", line))
		return
	}
	earlier.GroupSourceIDs = append(earlier.GroupSourceIDs, s.GroupSourceIDs...)
	slices.Sort(earlier.GroupSourceIDs)
	earlier.GroupSourceIDs = slices.Compact(earlier.GroupSourceIDs)
}
