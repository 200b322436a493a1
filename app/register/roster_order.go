package register

import (
	"cmp"
	"slices"
	"strings"
)

// joinKey builds a key from parts without letting a separator inside a part forge another key.
func joinKey(parts ...string) string {
	escape := strings.NewReplacer("%", "%25", "|", "%7C")
	for i, part := range parts {
		parts[i] = escape.Replace(part)
	}
	return strings.Join(parts, "|")
}

// keyed is any row that a roster holds.
type keyed interface{ Key() string }

func sortByKey[T keyed](rows []T) {
	slices.SortFunc(rows, func(a, b T) int { return strings.Compare(a.Key(), b.Key()) })
}

// sort puts every slice into its promised order.
func (r *Roster) sort() {
	sortByKey(r.Institutions)
	sortByKey(r.Groups)
	sortByKey(r.Persons)
	sortByKey(r.Enrolments)
	sortByKey(r.Guardianships)
	sortByKey(r.StaffRoles)
	r.Ended, r.Restated = sortRefs(r.Ended), sortRefs(r.Restated)
}

func sortRefs(refs []Ref) []Ref {
	slices.SortFunc(refs, func(a, b Ref) int {
		return cmp.Or(strings.Compare(string(a.Noun), string(b.Noun)), strings.Compare(a.Key, b.Key))
	})
	return slices.Compact(refs)
}
