package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres/internal/db"
	"budstikke.example/app/register"
)

// standing is what one source's records say and which rows they stand for.
type standing struct {
	state   register.State
	records map[register.Ref]record // by the key that keyed gives
	persons map[string]heldPerson   // by source id
	roles   map[string][]roleRecord // of each staff role; one role may be held in several groups, and has a row for each
}

type roleRecord struct {
	key   string
	said  staffRoleFields
	ended register.Ending
}

type record struct {
	row     uuid.UUID
	missing bool // a complete file no longer had it
}

type heldPerson struct {
	said  register.Person     // what this source said last, with the number that is on file
	level register.Protection // of the row, whoever said so
}

// keyed is the name under which a record is kept: its key, or a digest of one that is too long to be looked up by.
func keyed(key string) string {
	if utf8.RuneCountInString(key) <= 400 {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// standing reads the records of a source. An identity number that does not open means that the keys are not the ones it was sealed with, and
// fails: an import with the wrong keys would take every known person for a stranger.
func (t *registerTx) standing(ctx context.Context, source string) (standing, error) {
	s := standing{records: map[register.Ref]record{}, persons: map[string]heldPerson{}, roles: map[string][]roleRecord{}}
	persons, err := db.New().RegisterPersons(ctx, t.Tx, source)
	if err != nil {
		return s, err
	}
	for _, row := range persons {
		if err := t.person(&s, row); err != nil {
			return s, err
		}
	}
	rows, err := db.New().RegisterRows(ctx, t.Tx, source)
	if err != nil {
		return s, err
	}
	for _, row := range rows {
		s.records[register.Ref{Noun: register.Noun(row.Noun), Key: row.SourceID}] = record{row.RowID, row.Missing}
		if err := s.add(row); err != nil {
			return s, fmt.Errorf("postgres: a register record of noun %s: %w", row.Noun, err)
		}
	}
	s.joinRoles()
	return s, nil
}

func ending(missing, decided bool) register.Ending {
	switch {
	case missing:
		return register.EndedByImport
	case decided:
		return register.EndedByPerson
	default:
		return register.NotEnded
	}
}

func (t *registerTx) person(s *standing, row db.RegisterPersonsRow) error {
	var f personFields
	if err := json.Unmarshal(row.Fields, &f); err != nil {
		return fmt.Errorf("postgres: a register record of a person: %w", err)
	}
	p := f.value()
	if row.NationalIDSealed != nil && row.NationalIDKey != nil {
		plain, err := t.keys.Open(row.NationalIDSealed, *row.NationalIDKey, t.boundTo(row.RowID)...)
		if err != nil {
			return fmt.Errorf("postgres: an identity number does not open; are these the keys it was sealed with? %w", err)
		}
		country, digits, _ := strings.Cut(string(plain), ":")
		// A number that rules made later no longer know counts as none, and the file's takes its place.
		p.NationalID, _ = nationalid.Parse(nationalid.Country(country), digits, t.Now)
	}
	s.records[register.Ref{Noun: register.NounPerson, Key: row.SourceID}] = record{row.RowID, row.Missing}
	s.persons[p.SourceID] = heldPerson{p, level(row.ProtectedIdentity)}
	s.state.Persons = append(s.state.Persons, register.Known[register.Person]{Value: p, Ended: ending(row.Missing, false)})
	return nil
}

// boundTo is what a sealed identity number is bound to: it opens only in its own row (P15).
func (t *registerTx) boundTo(person uuid.UUID) []string {
	return []string{t.Tx.Municipality().String(), "app.persons", "national_id", person.String()}
}

func (s *standing) add(row db.RegisterRowsRow) error {
	ended := ending(row.Missing, row.Decided)
	switch register.Noun(row.Noun) {
	case register.NounInstitution:
		return remember[institutionFields](&s.state.Institutions, row.Fields, ended)
	case register.NounGroup:
		return remember[groupFields](&s.state.Groups, row.Fields, ended)
	case register.NounEnrolment:
		return remember[enrolmentFields](&s.state.Enrolments, row.Fields, ended)
	case register.NounGuardianship:
		return remember[guardianshipFields](&s.state.Guardianships, row.Fields, ended)
	default:
		var f staffRoleFields
		err := json.Unmarshal(row.Fields, &f)
		key := f.value().Key()
		s.roles[key] = append(s.roles[key], roleRecord{key: row.SourceID, said: f, ended: ended})
		return err
	}
}

func remember[F interface{ value() T }, T interface{ Key() string }](list *[]register.Known[T], fields []byte, ended register.Ending) error {
	var f F
	err := json.Unmarshal(fields, &f)
	*list = append(*list, register.Known[T]{Value: f.value(), Ended: ended})
	return err
}

// joinRoles makes one role of its records. A role that a person ended in one of its groups only is still in force, and that group is still
// among the register's own words.
func (s *standing) joinRoles() {
	for _, key := range slices.Sorted(maps.Keys(s.roles)) {
		records := s.roles[key]
		joined := register.Known[register.StaffRole]{Value: records[0].said.value(), Ended: register.EndedByImport}
		var groups []string
		for _, r := range records {
			if r.ended == register.EndedByImport {
				continue
			}
			if joined.Ended != register.NotEnded {
				joined.Value, joined.Ended = r.said.value(), r.ended
			}
			if r.said.Group != "" {
				groups = append(groups, r.said.Group)
			}
		}
		if joined.Ended != register.EndedByImport {
			slices.Sort(groups)
			joined.Value.GroupSourceIDs = groups
		}
		s.state.StaffRoles = append(s.state.StaffRoles, joined)
	}
}
