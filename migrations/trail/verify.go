package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
)

// Finding is the first thing that is wrong with a municipality's chain.
type Finding struct {
	Municipality uuid.UUID
	Seq          int64  // the first entry that is wrong; where entries are missing, the first of them
	Problem      string // in words, for the person who looks after the system
}

// Error says where and what.
func (f *Finding) Error() string {
	return fmt.Sprintf("the audit trail of municipality %s is not intact: entry %d: %s", f.Municipality, f.Seq, f.Problem)
}

// Head is the end of a chain.
type Head struct {
	Municipality uuid.UUID
	Seq          int64 // 0 for a chain without entries
	Hash         []byte
}

// batch is how many entries are read at a time: few enough that the statement is short and the memory small.
const batch = 5000

// Verify recomputes the chain of one municipality from its first entry and compares it with its head and with the anchors, which are those of
// this municipality in any order. It returns the head that it found and how many entries there are. Errors: *Finding for the first entry that
// is wrong; the database's.
func Verify(ctx context.Context, db *scope.DB, municipality uuid.UUID, anchors []Anchor) (Head, int64, error) {
	// The head first: entries that come after it while this reads are verified as well, and do not look like a tail that grew by itself.
	head, err := HeadOf(ctx, db, municipality)
	if err != nil {
		return Head{}, 0, err
	}
	c := checker{municipality: municipality, anchors: byNumber(anchors), head: head}
	c.previous = make([]byte, sha256.Size)
	for {
		entries, err := after(ctx, db, municipality, c.last, batch)
		if err != nil {
			return Head{}, 0, err
		}
		for i := range entries {
			if err := c.next(&entries[i]); err != nil {
				return Head{}, c.seq, err
			}
		}
		if len(entries) < batch {
			break
		}
	}
	return head, c.seq, c.end()
}

// HeadOf returns the end of a municipality's chain as the database has it.
func HeadOf(ctx context.Context, db *scope.DB, municipality uuid.UUID) (Head, error) {
	head := Head{Municipality: municipality}
	rows, err := db.Reader(scope.Of(municipality, scope.Auditor)).Query(ctx,
		"select seq, hash from audit.heads where municipality_id = scope.municipality()")
	if err != nil {
		return head, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&head.Seq, &head.Hash); err != nil {
			return head, err
		}
	}
	return head, rows.Err()
}

// after returns what comes after an entry, also a second one of the same number.
func after(ctx context.Context, db *scope.DB, municipality uuid.UUID, last Entry, limit int) ([]Entry, error) {
	rows, err := db.Reader(scope.Of(municipality, scope.Auditor)).Query(ctx, "select "+entryColumns+` from audit.entries
		where municipality_id = scope.municipality() and (seq, month) > ($1, $2::date) order by seq, month limit $3`, last.Seq, last.Month, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scanEntry)
}

// checker walks along a chain.
type checker struct {
	municipality uuid.UUID
	anchors      map[int64]Anchor
	head         Head
	last         Entry
	seq          int64
	previous     []byte
	anchored     int64 // the last entry that agreed with an anchor
}

func (c *checker) wrong(seq int64, problem string, args ...any) error {
	return &Finding{Municipality: c.municipality, Seq: seq, Problem: fmt.Sprintf(problem, args...)}
}

func (c *checker) next(e *Entry) error {
	expected := c.seq + 1
	switch digest := e.Digest(); {
	case e.Seq == c.seq:
		return c.wrong(e.Seq, "there are two of them")
	case e.Seq != expected:
		return c.wrong(expected, "it is missing; the next one there is %d", e.Seq)
	case digest != [sha256.Size]byte(e.Hash):
		return c.wrong(e.Seq, "its columns do not fit its hash: it was changed, swapped with another, or slipped in")
	case !bytes.Equal(e.Previous, c.previous):
		return c.wrong(e.Seq, "it does not follow the entry before it, which was changed and hashed anew, or it was slipped in")
	case e.Month.Before(c.last.Month):
		return c.wrong(e.Seq, "its month lies before that of the entry before it")
	}
	if e.Seq == c.head.Seq && !bytes.Equal(e.Hash, c.head.Hash) {
		return c.wrong(e.Seq, "it is not the one that the end of the chain names")
	}
	if anchor, ok := c.anchors[e.Seq]; ok {
		if !bytes.Equal(anchor.Hash, e.Hash) {
			return c.wrong(c.anchored+1, "the trail from here on was written anew: entry %d is not the one that was anchored at %s", e.Seq,
				anchor.At.Format("2006-01-02 15:04:05"))
		}
		c.anchored = e.Seq
	}
	c.last, c.seq, c.previous = *e, e.Seq, e.Hash
	return nil
}

// end finds what was cut off.
func (c *checker) end() error {
	if c.seq < c.head.Seq {
		return c.wrong(c.seq+1, "the end of the trail was cut off: there were %d entries", c.head.Seq)
	}
	most := int64(0)
	for seq := range c.anchors {
		most = max(most, seq)
	}
	if c.seq < most {
		return c.wrong(c.seq+1, "the end of the trail was cut off: entry %d was anchored", most)
	}
	if c.head.Seq == 0 && c.seq > 0 {
		return c.wrong(c.seq, "the end of the chain is not kept any more")
	}
	return nil
}

func byNumber(anchors []Anchor) map[int64]Anchor {
	list := make(map[int64]Anchor, len(anchors))
	for _, a := range anchors {
		list[a.Seq] = a
	}
	return list
}
