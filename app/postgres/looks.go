package postgres

import (
	"context"
	"encoding/binary"
	"math"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/auth/access"
)

// Look is a look at a child's data by staff (B5).
type Look struct {
	At      time.Time
	Roles   []string // of whoever looked, at that moment
	Purpose access.Purpose

	number int64 // in the trail, for the cursor
}

// Trace is what a head is told of a look, a decision or an attempt at a child's data.
type Trace struct {
	Look
	Actor   uuid.UUID // uuid.Nil when nobody was known
	Name    string    // "" when nobody was known, or when the caller does not meet them
	Caller  string    // the kind of caller
	Outcome string
	Times   int
}

// Looks returns a page of the looks of staff at one of the guardian's children, the latest first; whoever looked is named by role only. Faults:
// not_found, cursor_invalid.
func (f Family) Looks(ctx context.Context, child uuid.UUID, page Page) (Slice[Look], error) {
	before, err := page.entry()
	if err != nil {
		return Slice[Look]{}, err
	}
	return Read(ctx, f, func(t *FamilyTx) (Slice[Look], error) {
		if _, err := t.Child(ctx, child); err != nil {
			return Slice[Look]{}, err
		}
		size := page.size()
		// sqlc does not know the columns of a function that returns a table.
		rows, err := t.Query(ctx, "select seq, at, roles, class from audit.own_looks($1, $2, $3)", child, before, size+1)
		if err != nil {
			return Slice[Look]{}, err
		}
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Look, error) {
			var l Look
			var roles string
			err := row.Scan(&l.number, &l.At, &roles, &l.Purpose)
			l.Roles = rolesOf(roles)
			return l, err
		})
		return cut(list, size, func(l Look) Look { return l }, func(l Look) string { return entryCursor(l.number) }), err
	})
}

// Traces returns a page of what the trail says of a child that the caller answers for, the latest first. Faults: not_found, cursor_invalid.
func (o Office) Traces(ctx context.Context, child uuid.UUID, page Page) (Slice[Trace], error) {
	before, err := page.entry()
	if err != nil {
		return Slice[Trace]{}, err
	}
	return Read(ctx, o, func(t *OfficeTx) (Slice[Trace], error) {
		var headed bool
		if err := t.QueryRow(ctx, "select $1::uuid in (select app.headed_children())", child).Scan(&headed); err != nil || !headed {
			return Slice[Trace]{}, orNotFound(err)
		}
		size := page.size()
		rows, err := t.Query(ctx, `select l.seq, l.at, l.actor_id, n.given, n.family, l.caller, l.roles, l.class,
				l.outcome, l.times
			from audit.headed_looks($1, $2, $3) l
			left join app.persons p on p.municipality_id = scope.municipality() and p.id = l.actor_id
			cross join lateral (select l.caller in ('guardian', 'applicant') and $1::uuid = any ((select app.aliased_persons())::uuid[]) as kept) k -- B8
			cross join lateral (select case when k.kept then '' else coalesce(p.given_name, '') end as given,
				case when k.kept then '' else coalesce(p.family_name, '') end as family) n
			order by l.seq desc`, child, before, size+1)
		if err != nil {
			return Slice[Trace]{}, err
		}
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Trace, error) {
			var c Trace
			var actor *uuid.UUID
			var given, family, roles string
			err := row.Scan(&c.number, &c.At, &actor, &given, &family, &c.Caller, &roles, &c.Purpose, &c.Outcome, &c.Times)
			c.Name, c.Roles = fullName(given, family), rolesOf(roles)
			if actor != nil {
				c.Actor = *actor
			}
			return c, err
		})
		t.looked(child)
		return cut(list, size, func(c Trace) Trace { return c }, func(c Trace) string { return entryCursor(c.number) }), err
	})
}

// orNotFound is the error itself, or not found where there is none.
func orNotFound(err error) error {
	if err == nil {
		return app.ErrNotFound
	}
	return err
}

func rolesOf(text string) []string {
	if text == "" {
		return []string{}
	}
	return strings.Split(text, ",")
}

// entry reads the cursor of a list of the trail: the number of the entry that the page comes after, in the form of a row's cursor. Fault:
// cursor_invalid.
func (p Page) entry() (int64, error) {
	row, err := p.row()
	if err != nil || row == nil {
		return math.MaxInt64, err
	}
	seq := binary.BigEndian.Uint64(row[8:])
	if binary.BigEndian.Uint64(row[:8]) != 0 || seq > math.MaxInt64 {
		return 0, app.ErrCursorInvalid
	}
	return int64(seq), nil
}

func entryCursor(seq int64) string {
	var row uuid.UUID
	binary.BigEndian.PutUint64(row[8:], uint64(seq)) //nolint:gosec // positive
	return rowCursor(row)
}
