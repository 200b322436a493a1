package trail

import (
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Entry is one row of the trail, as it stands in the table.
type Entry struct {
	Municipality uuid.UUID
	Month        time.Time // its first day
	Seq          int64
	At           time.Time
	Actor        *uuid.UUID
	Caller       string
	Roles        string
	Session      *uuid.UUID
	Operation    string
	Class        string
	Children     []uuid.UUID
	Person       *uuid.UUID
	Institution  *uuid.UUID
	Resource     *uuid.UUID
	Outcome      Outcome
	Times        int32
	Previous     []byte
	Hash         []byte
}

const entryColumns = `municipality_id, month, seq, at, actor_id, caller, roles, session_id, operation, class, children, person_id, institution_id,
	resource_id, outcome, times, previous, hash`

func scanEntry(row pgx.CollectableRow) (Entry, error) {
	var e Entry
	err := row.Scan(&e.Municipality, &e.Month, &e.Seq, &e.At, &e.Actor, &e.Caller, &e.Roles, &e.Session, &e.Operation, &e.Class, &e.Children,
		&e.Person, &e.Institution, &e.Resource, &e.Outcome, &e.Times, &e.Previous, &e.Hash)
	return e, err
}

// epoch is where Postgres counts days from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Digest is SHA-256 over every column but the hash, each with its length in front: what audit.digest computes in the database, written a second
// time so that neither can be changed without the other noticing.
func (e *Entry) Digest() [sha256.Size]byte {
	b := make([]byte, 0, 512)
	b = append(b, "budstikke audit 1"...)
	b = part(b, e.Municipality[:])
	b = number(b, uint64(e.Month.Sub(epoch)/(24*time.Hour)), 4) //nolint:gosec // days since the epoch, as Postgres writes them
	b = number(b, uint64(e.Seq), 8)                             //nolint:gosec // the same bits
	b = number(b, uint64(e.At.UnixMicro()), 8)                  //nolint:gosec // the same bits
	b = id(b, e.Actor)
	b = part(b, []byte(e.Caller))
	b = part(b, []byte(e.Roles))
	b = id(b, e.Session)
	b = part(b, []byte(e.Operation))
	b = part(b, []byte(e.Class))
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Children)*16)) //nolint:gosec // a page of ids
	for _, child := range e.Children {
		b = append(b, child[:]...)
	}
	b = id(b, e.Person)
	b = id(b, e.Institution)
	b = id(b, e.Resource)
	b = part(b, []byte(e.Outcome))
	b = number(b, uint64(e.Times), 4) //nolint:gosec // positive
	b = part(b, e.Previous)
	return sha256.Sum256(b)
}

func part(b, field []byte) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...) //nolint:gosec // a column's length
}

func number(b []byte, n uint64, size int) []byte {
	var wide [8]byte
	binary.BigEndian.PutUint64(wide[:], n)
	return part(b, wide[8-size:])
}

func id(b []byte, field *uuid.UUID) []byte {
	if field == nil {
		return append(b, 0xff, 0xff, 0xff, 0xff)
	}
	return part(b, field[:])
}
