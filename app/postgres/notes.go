package postgres

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/migrations/seal"
)

// A note says what a child has. It is sealed before it leaves the program, so that neither a stolen table nor its write-ahead log shows it (P15),
// and bound to its absence, so that one moved to another row does not open. Who may read it, the database decides as before: app.shown_absences
// gives a note or an empty one, and this file opens what it gives.

// notePrefix begins every sealed note; the key's version and the sealed bytes in base64 follow. A note from before has no such beginning.
const notePrefix = "sealed:"

// errNoKeys means that a note was to be written or read by a process that was not given the keys.
var errNoKeys = errors.New("postgres: notes are sealed, and this process was given no keys")

// WithKeys returns the same DB for a process that writes and reads what people write; keys seal it.
func (db *DB) WithKeys(keys *seal.Keyring) *DB {
	with := *db
	with.keys = keys
	return &with
}

func noteBinding(municipality, absence uuid.UUID) []string {
	return []string{municipality.String(), "app.absences", "note", absence.String()}
}

// sealNote is what is stored for a note; an empty one stays empty, so that the database can tell that there is none.
func (t tx) sealNote(absence uuid.UUID, note string) (string, error) {
	if note == "" {
		return "", nil
	}
	if t.keys == nil {
		return "", errNoKeys
	}
	sealed, version, err := t.keys.Seal([]byte(note), noteBinding(t.Municipality(), absence)...)
	if err != nil {
		return "", fmt.Errorf("postgres: seal a note: %w", err)
	}
	return notePrefix + strconv.Itoa(int(version)) + ":" + base64.RawStdEncoding.EncodeToString(sealed), nil
}

// openNote opens what the database gave of an absence's note.
func (t tx) openNote(a *app.Absence) error { return openNote(t.keys, t.Municipality(), a) }

func openNote(keys *seal.Keyring, municipality uuid.UUID, a *app.Absence) error {
	rest, sealed := strings.CutPrefix(a.Note, notePrefix)
	if !sealed {
		return nil
	}
	if keys == nil {
		return errNoKeys
	}
	number, text, _ := strings.Cut(rest, ":")
	version, err := strconv.ParseInt(number, 10, 16)
	if err != nil {
		return fmt.Errorf("postgres: the note of absence %s: %w", a.ID, seal.ErrNotAuthentic)
	}
	raw, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		return fmt.Errorf("postgres: the note of absence %s: %w", a.ID, seal.ErrNotAuthentic)
	}
	plain, err := keys.Open(raw, seal.KeyVersion(version), noteBinding(municipality, a.ID)...)
	if err != nil {
		return fmt.Errorf("postgres: the note of absence %s: %w", a.ID, err)
	}
	a.Note = string(plain)
	return nil
}
