package trail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/google/uuid"

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
	Month        time.Time // of the last entry
	Seq          int64     // 0 for a chain without entries
	Hash         []byte
}

// State is what there is of a chain that is intact.
type State struct {
	Head       Head
	Entries    int64
	Sealed     Seal      // of the last month that was dropped; its Last is 0 for a chain that is there from its first entry
	Loose      int64     // the first entry that no anchor holds; 0 for none. What it and those after it say can be rewritten by who owns the server
	LooseSince time.Time // when that entry was made
}

// batch is how many entries are read at a time: few enough that the statement is short and the memory small.
const batch = 5000

// Seal is the end of a month that was dropped because its time was over: what the first entry that is left follows.
type Seal struct {
	Month time.Time
	Last  int64 // the last entry of that month; it and all before it are gone
	Hash  []byte
}

// Verify recomputes the chain of one municipality from its first entry, or from the seal of the last month that was dropped, and compares it with its head and with the anchors, which are those of
// this municipality in any order. Errors: *Finding for the first entry that is wrong; the database's.
func Verify(ctx context.Context, db *scope.DB, municipality uuid.UUID, anchors []Anchor) (State, error) {
	sealed, err := sealOf(ctx, db, municipality)
	if err != nil {
		return State{}, err
	}
	for {
		state, err := verify(ctx, db, municipality, anchors, sealed)
		var found *Finding
		if !errors.As(err, &found) {
			return state, err
		}
		// A month that is dropped while this reads looks like entries that are missing.
		now, failed := sealOf(ctx, db, municipality)
		if failed != nil || now.Last == sealed.Last {
			return state, err
		}
		sealed = now
	}
}

// verify is Verify from a seal on.
func verify(ctx context.Context, db *scope.DB, municipality uuid.UUID, anchors []Anchor, sealed Seal) (State, error) {
	// The head first: entries that come after it while this reads are verified as well, and do not look like a tail that grew by itself.
	head, err := HeadOf(ctx, db, municipality)
	if err != nil {
		return State{}, err
	}
	c := checker{municipality: municipality, head: head, sealed: sealed, last: Entry{Seq: math.MinInt64}, previous: make([]byte, sha256.Size)}
	if c.sealed.Last > 0 {
		c.last.Month, c.last.Hash, c.seq, c.previous = c.sealed.Month, c.sealed.Hash, c.sealed.Last, c.sealed.Hash
	}
	if err := c.anchor(anchors); err != nil {
		return State{}, err
	}
	for {
		entries, err := after(ctx, db, municipality, c.last, batch)
		var unread *unreadable
		if err != nil && !errors.As(err, &unread) {
			return State{}, err
		}
		for i := range entries {
			if err := c.next(&entries[i]); err != nil {
				return State{}, err
			}
		}
		if unread != nil {
			return State{}, c.wrong(c.seq+1, "a column of it cannot be read any more: %v", unread.error)
		}
		if len(entries) < batch {
			break
		}
	}
	// And again: an entry and the end of its chain are written together, so that by now the end is where the last entry is, or further.
	if c.now, err = HeadOf(ctx, db, municipality); err != nil {
		return State{}, err
	}
	if err := c.end(); err != nil {
		return State{}, err
	}
	return State{Head: head, Entries: c.seq - c.sealed.Last, Sealed: c.sealed, Loose: c.loose, LooseSince: c.looseSince}, nil
}

// HeadOf returns the end of a municipality's chain as the database has it.
func HeadOf(ctx context.Context, db *scope.DB, municipality uuid.UUID) (Head, error) {
	head := Head{Municipality: municipality}
	rows, err := db.Reader(scope.Of(municipality, scope.Auditor)).Query(ctx,
		"select month, seq, hash from audit.heads where municipality_id = scope.municipality()")
	if err != nil {
		return head, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&head.Month, &head.Seq, &head.Hash); err != nil {
			return head, err
		}
	}
	return head, rows.Err()
}

// sealOf returns the seal of the last month of a municipality's chain that was dropped; the zero value when none was.
func sealOf(ctx context.Context, db *scope.DB, municipality uuid.UUID) (Seal, error) {
	var s Seal
	rows, err := db.Reader(scope.Of(municipality, scope.Auditor)).Query(ctx,
		"select month, last, hash from audit.seals where municipality_id = scope.municipality() order by month desc limit 1")
	if err != nil {
		return s, err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&s.Month, &s.Last, &s.Hash); err != nil {
			return s, err
		}
	}
	return s, rows.Err()
}

// unreadable is a row that no program of ours can have written.
type unreadable struct{ error }

// after returns what comes after an entry, also a second one of the same number. Error: *unreadable, together with the entries before that row.
func after(ctx context.Context, db *scope.DB, municipality uuid.UUID, last Entry, limit int) (entries []Entry, err error) {
	rows, err := db.Reader(scope.Of(municipality, scope.Auditor)).Query(ctx, "select "+entryColumns+` from audit.entries
		where municipality_id = scope.municipality() and (seq, month) > ($1, $2::date) order by seq, month limit $3`, last.Seq, last.Month, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return entries, &unreadable{err}
		}
		entries = append(entries, e)
	}
	return entries, rows.Err()
}

// checker walks along a chain.
type checker struct {
	municipality uuid.UUID
	anchors      map[int64][]Anchor // more than one of an entry: each of them must agree
	most         int64              // the last entry that was anchored
	sealed       Seal
	head, now    Head // before the entries were read, and after
	last         Entry
	seq          int64
	previous     []byte
	anchored     int64 // the last entry that agreed with its anchors
	loose        int64
	looseSince   time.Time
}

func (c *checker) wrong(seq int64, problem string, args ...any) error {
	return &Finding{Municipality: c.municipality, Seq: seq, Problem: fmt.Sprintf(problem, args...)}
}

// anchor takes the anchors up. Of what was dropped, only its last entry can still be compared with them.
func (c *checker) anchor(anchors []Anchor) error {
	c.anchors = make(map[int64][]Anchor, len(anchors))
	for _, a := range anchors {
		c.anchors[a.Seq] = append(c.anchors[a.Seq], a)
		c.most = max(c.most, a.Seq)
		if c.sealed.Last > 0 && a.Seq == c.sealed.Last && !bytes.Equal(a.Hash, c.sealed.Hash) {
			return c.wrong(a.Seq, "the seal of the month that was dropped is not what was anchored at %s", a.At.Format("2006-01-02 15:04:05"))
		}
	}
	c.most = max(c.most, c.sealed.Last)
	c.anchored = c.sealed.Last
	return nil
}

func (c *checker) next(e *Entry) error {
	expected := c.seq + 1
	switch digest := e.Digest(); {
	case e.Seq < 1:
		return c.wrong(e.Seq, "no entry has such a number: it was changed, or slipped in")
	case e.Seq <= c.sealed.Last:
		return c.wrong(e.Seq, "it is of a month that was dropped: it was slipped in")
	case e.Seq == c.seq:
		return c.wrong(e.Seq, "there are two of them")
	case e.Seq != expected:
		return c.wrong(expected, "it is missing; the next one there is %d", e.Seq)
	case !bytes.Equal(digest[:], e.Hash):
		return c.wrong(e.Seq, "its columns do not fit its hash: it was changed, swapped with another, or slipped in")
	case !bytes.Equal(e.Previous, c.previous):
		return c.wrong(e.Seq, "it does not follow the entry before it, which was changed and hashed anew, or it was slipped in")
	case e.Seq == c.sealed.Last+1 && c.sealed.Last > 0 && !e.Month.After(c.sealed.Month):
		return c.wrong(e.Seq, "the month that it is of was dropped: more is gone than the seal says, or it was slipped in")
	case e.Month.Before(c.last.Month):
		return c.wrong(e.Seq, "its month lies before that of the entry before it")
	}
	if e.Seq == c.head.Seq && !c.head.names(e) {
		return c.wrong(e.Seq, "it is not the one that the end of the chain names")
	}
	for _, a := range c.anchors[e.Seq] {
		if !bytes.Equal(a.Hash, e.Hash) {
			return c.wrong(c.anchored+1, "the trail from here on was written anew: entry %d is not the one that was anchored at %s", e.Seq,
				a.At.Format("2006-01-02 15:04:05"))
		}
	}
	if len(c.anchors[e.Seq]) > 0 {
		c.anchored = e.Seq
	}
	if e.Seq == c.most+1 {
		c.loose, c.looseSince = e.Seq, e.At
	}
	c.last, c.seq, c.previous = *e, e.Seq, e.Hash
	return nil
}

// names tells whether the end of the chain is this entry.
func (h Head) names(e *Entry) bool { return bytes.Equal(h.Hash, e.Hash) && h.Month.Equal(e.Month) }

// end finds what was cut off, and what was added without the end of the chain being moved.
func (c *checker) end() error {
	switch {
	case c.seq < c.head.Seq:
		return c.wrong(c.seq+1, "the end of the trail was cut off: there were %d entries", c.head.Seq)
	case c.seq < c.most:
		return c.wrong(c.seq+1, "the end of the trail was cut off: entry %d was anchored", c.most)
	case c.head.Seq <= 0 && c.now.Seq <= 0 && c.seq > 0:
		return c.wrong(c.seq, "the end of the chain is not kept any more")
	case c.seq > c.now.Seq:
		return c.wrong(c.now.Seq+1, "it was slipped in: the chain ended before it")
	case c.seq == c.now.Seq && c.seq > 0 && !c.now.names(&c.last):
		return c.wrong(c.seq, "it is not the one that the end of the chain names")
	}
	return nil
}
