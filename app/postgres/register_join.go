package postgres

import (
	"context"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
)

// nameDigestPurpose keeps the digests of names apart from the blind indexes.
const nameDigestPurpose = "register_name"

// holdJoins finds the new records that have the identity number of somebody who has been let in here, and quite another name: one mistyped number
// would rename them and give them another family. Such a record is left out, with all that points at it, until a person has accepted it (B8, H11).
// Whoever nobody has let in, the register may name as it likes.
func (d *draft) holdJoins(ctx context.Context, holders map[nationalid.Number]holder) error {
	var joins []register.Person
	var rows []uuid.UUID
	for _, p := range unmatched(d, register.NounPerson, d.plan.Persons) {
		if same := holders[p.NationalID]; !p.NationalID.IsZero() && same.row != uuid.Nil && !d.renumber[same.row] && !sameName(p, same) {
			joins, rows = append(joins, p), append(rows, same.row)
		}
	}
	if len(joins) == 0 {
		return nil
	}
	entrusted, err := db.New().Entrusted(ctx, d.Tx, rows)
	if err != nil {
		return err
	}
	accepted, err := db.New().AcceptedJoins(ctx, d.Tx, db.AcceptedJoinsParams{Persons: rows, Since: new(d.Now.Add(-acceptedFor))})
	if err != nil {
		return err
	}
	left := map[string]bool{}
	for i, p := range joins {
		names := d.digestsOfName(p)
		if !slices.Contains(entrusted, rows[i]) {
			continue
		}
		if j := slices.IndexFunc(accepted, func(a db.AcceptedJoinsRow) bool { return a.RowID == rows[i] && slices.Contains(names, a.Wants) }); j >= 0 {
			d.joined[rows[i]] = append(d.joined[rows[i]], accepted[j].Wants)
			continue
		}
		d.joinsHeld[rows[i]] = append(d.joinsHeld[rows[i]], names[0])
		left[p.Key()] = true
	}
	d.leavePersonsOut(left)
	return nil
}

// digestsOfName names a name without telling it, by each index key there is: the newest first. Every register that says the same name has the same.
func (d *draft) digestsOfName(p register.Person) []string {
	folded := strings.Join(wordsOfName(p.GivenName), " ") + "|" + strings.Join(wordsOfName(p.FamilyName), " ")
	var names []string
	for _, digest := range d.keys.IndexVersions(nameDigestPurpose, d.Tx.Municipality(), folded) {
		names = append(names, "name "+hex.EncodeToString(digest.Sum[:8]))
	}
	return names
}

// leavePersonsOut takes new persons, and what points at them, out of the plan and says so. They are not known afterwards, so that the next import
// brings them anew.
func (d *draft) leavePersonsOut(keys map[string]bool) {
	d.plan.Persons.Creates = slices.DeleteFunc(d.plan.Persons.Creates, func(c register.Change[register.Person]) bool {
		if keys[c.Key] {
			d.plan.Unresolved = append(d.plan.Unresolved, register.Unresolved{Noun: register.NounPerson, Key: c.Key, Label: c.Label,
				Reason: "the identity number belongs to somebody with another name who has been let in here; it waits until a person has accepted it"})
		}
		return keys[c.Key]
	})
	leaveOut(d, register.NounEnrolment, &d.plan.Enrolments, func(e register.Enrolment) bool { return keys[e.PersonSourceID] })
	leaveOut(d, register.NounGuardianship, &d.plan.Guardianships, func(g register.Guardianship) bool { return keys[g.ChildSourceID] || keys[g.GuardianSourceID] })
	leaveOut(d, register.NounStaffRole, &d.plan.StaffRoles, func(s register.StaffRole) bool { return keys[s.PersonSourceID] })
}

func leaveOut[T interface{ Key() string }](d *draft, noun register.Noun, section *register.Section[T], points func(T) bool) {
	section.Creates = slices.DeleteFunc(section.Creates, func(c register.Change[T]) bool {
		if points(c.Item) {
			d.plan.Unresolved = append(d.plan.Unresolved, register.Unresolved{Noun: noun, Key: c.Key, Label: c.Label, Reason: "it points at a person who waits"})
			return true
		}
		return false
	})
}

// sameName tells whether a given name or a family name agrees: people marry, and registers differ in which of several names they keep.
func sameName(p register.Person, h holder) bool {
	return shareWord(p.GivenName, h.given) || shareWord(p.FamilyName, h.family)
}

func shareWord(a, b string) bool {
	words := wordsOfName(b)
	return slices.ContainsFunc(wordsOfName(a), func(word string) bool { return slices.Contains(words, word) })
}

// nordic are the ways in which registers write the same letter.
var nordic = strings.NewReplacer("æ", "a", "ae", "a", "ø", "o", "oe", "o", "aa", "a", "ð", "d", "þ", "th", "đ", "d", "ł", "l", "ß", "ss", "'", "", "’", "")

// wordsOfName are the words of a name without case, diacritics and hyphens.
func wordsOfName(name string) []string {
	plain := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(name))
	return strings.FieldsFunc(nordic.Replace(plain), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}
