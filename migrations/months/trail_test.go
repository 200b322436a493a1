package months_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/months"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/trail"
)

// archive is a database with a trail of some municipalities, whose owner is bound by row-level security.
type archive struct {
	*pgtest.Earlier
	a, b uuid.UUID
	now  time.Time
}

func newArchive(t *testing.T) *archive {
	t.Helper()
	return &archive{Earlier: pgtest.Before(t, "months_of_the_trail"), a: uuid.New(), b: uuid.New(), now: time.Now().UTC()}
}

func (x *archive) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := x.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// ago is a day in the month so many months before this one.
func (x *archive) ago(n int) time.Time {
	return time.Date(x.now.Year(), x.now.Month(), 10, 0, 0, 0, 0, time.UTC).AddDate(0, -n, 0)
}

// act leaves n entries of a moment in a municipality's chain.
func (x *archive) act(t *testing.T, m uuid.UUID, at time.Time, n int) {
	t.Helper()
	x.exec(t, `with opened as materialized (select scope.open($1, $2, 'staff'))
		select audit.record($3, 'ListInstitutionChildren', 'children', 'head', gen_random_uuid(), '{}', null, null, null, 'done', 1)
		from opened, generate_series(1, $4)`, m, uuid.New(), at, n)
}

func (x *archive) verify(t *testing.T, m uuid.UUID, anchors ...trail.Anchor) (trail.State, *trail.Finding) {
	t.Helper()
	state, err := trail.Verify(context.Background(), x.API, m, anchors)
	var found *trail.Finding
	if err != nil && !errors.As(err, &found) {
		t.Fatal(err)
	}
	return state, found
}

// drop drops what ended 24 months ago.
func (x *archive) drop(t *testing.T) (dropped, kept int) {
	t.Helper()
	done, err := months.DropTrail(context.Background(), x.Owner, x.now, months.ShortestTrail)
	if err != nil {
		t.Fatal(err)
	}
	return len(done.Parts), len(done.Kept)
}

// months makes the parts of the trail for some months that are over.
func (x *archive) months(t *testing.T, ago ...int) {
	t.Helper()
	for _, n := range ago {
		if _, err := x.Owner.Exec(context.Background(), "select scope.make_month('audit.entries', date_trunc('month', $1::date)::date)", x.ago(n)); err != nil {
			t.Fatal(err)
		}
	}
}

// B5: what there was becomes the first part as it stands, nothing of it changes, and entries go on being added to the same chain.
func TestTheTrailIsCutIntoMonths(t *testing.T) {
	t.Parallel()
	x := newArchive(t)
	x.act(t, x.a, x.ago(1), 5)
	x.act(t, x.a, x.now, 5)
	x.Upgrade(t)
	x.act(t, x.a, x.now, 3)
	x.act(t, x.b, x.now, 2)
	for m, want := range map[uuid.UUID]int64{x.a: 13, x.b: 2} {
		if state, found := x.verify(t, m); found != nil || state.Entries != want || state.Sealed.Last != 0 {
			t.Errorf("%+v, %v, want %d entries", state, found, want)
		}
	}
	for what, sql := range map[string]string{
		"changed": "update audit.entries set operation = 'X'", "deleted": "delete from audit.entries", "emptied": "truncate audit.entries",
		"a seal emptied": "truncate audit.seals",
	} {
		if _, err := x.Owner.Exec(context.Background(), sql); err == nil {
			t.Errorf("the trail can be %s", what)
		}
	}
}

// B5: a month whose time is over goes as a whole, and what is left is verified from its seal on.
func TestTheTrailGoesOnFromASeal(t *testing.T) {
	t.Parallel()
	x := newArchive(t)
	x.Upgrade(t)
	x.months(t, 26, 25, 24)
	x.act(t, x.a, x.ago(26), 4)
	x.act(t, x.a, x.ago(25), 3)
	x.act(t, x.b, x.ago(25), 6) // of it nothing is left
	x.act(t, x.a, x.ago(24), 2)
	x.act(t, x.a, x.now, 5)
	whole, _ := x.verify(t, x.a)
	if dropped, kept := x.drop(t); dropped != 2 || kept != 0 {
		t.Fatalf("%d months were dropped and %d kept, want 2 and none", dropped, kept)
	}
	state, found := x.verify(t, x.a)
	if found != nil || state.Entries != 7 || state.Sealed.Last != 7 || state.Head.Seq != whole.Head.Seq {
		t.Errorf("after two months went: %+v, %v", state, found)
	}
	if state, found := x.verify(t, x.b); found != nil || state.Entries != 0 || state.Sealed.Last != 6 {
		t.Errorf("of which nothing is left: %+v, %v", state, found)
	}
	if dropped, kept := x.drop(t); dropped != 0 || kept != 0 {
		t.Errorf("the second time %d months were dropped and %d kept", dropped, kept)
	}
	x.act(t, x.b, x.now, 1)
	if state, found := x.verify(t, x.b); found != nil || state.Entries != 1 {
		t.Errorf("going on after a seal: %+v, %v", state, found)
	}
	// What anchors say of the last entry that was dropped must be what the seal says, and what no anchor holds after it is told.
	if _, found := x.verify(t, x.a, trail.Anchor{Municipality: x.a, Seq: 7, Hash: make([]byte, sha256.Size)}); found == nil || found.Seq != 7 {
		t.Errorf("a seal that is not what was anchored: %v", found)
	}
	if state, found := x.verify(t, x.a, trail.Anchor{Municipality: x.a, Seq: 3, Hash: make([]byte, sha256.Size)}); found != nil || state.Loose != 8 {
		t.Errorf("with anchors of what is gone only: %+v, %v", state, found)
	}
}

// B5: what whoever owns the server does to seals, or to what they seal, shows.
func TestSealsHideNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql string
		seq int64
	}{
		"more was taken than the seal says":        {"delete from audit.entries where seq = 8", 8},
		"the rest of the month, with a new seal":   {"update audit.seals set last = 8, hash = (select hash from audit.entries where seq = 8)", 8},
		"a month that is kept, with a new seal":    {"insert into audit.seals select municipality_id, month, 8, 9, decode(repeat('00', 32), 'hex'), now() from audit.entries where seq = 9; delete from audit.entries where seq < 10", 10},
		"the seal was changed":                     {"update audit.seals set hash = decode(repeat('01', 32), 'hex')", 8},
		"the seal is gone":                         {"delete from audit.seals", 1},
		"an entry slipped in before the seal":      {"update audit.entries set seq = 5 where seq = 12", 5},
		"the end was cut off together with a seal": {"delete from audit.entries where seq > 11", 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := newArchive(t)
			x.Upgrade(t)
			x.months(t, 25, 24)
			x.act(t, x.a, x.ago(25), 7)
			x.act(t, x.a, x.ago(24), 2)
			x.act(t, x.a, x.now, 5)
			if dropped, _ := x.drop(t); dropped != 1 {
				t.Fatalf("%d months were dropped", dropped)
			}
			x.exec(t, "alter table audit.entries disable trigger all")
			x.exec(t, "alter table audit.seals disable trigger all")
			for _, sql := range strings.Split(c.sql, "; ") {
				x.exec(t, sql)
			}
			if state, found := x.verify(t, x.a); found == nil || found.Seq != c.seq {
				t.Errorf("found %v (%+v), want entry %d", found, state, c.seq)
			}
		})
	}
}

// A month whose entries do not follow the chain is evidence, and is kept, with those after it.
func TestABrokenMonthOfTheTrailIsKept(t *testing.T) {
	t.Parallel()
	x := newArchive(t)
	x.Upgrade(t)
	x.months(t, 26, 25)
	x.act(t, x.a, x.ago(26), 4)
	x.act(t, x.a, x.ago(25), 4)
	x.exec(t, "alter table audit.entries disable trigger all")
	x.exec(t, "delete from audit.entries where seq = 2")
	if dropped, kept := x.drop(t); dropped != 0 || kept != 1 {
		t.Errorf("%d months were dropped and %d kept, want none and one", dropped, kept)
	}
	if _, found := x.verify(t, x.a); found == nil || found.Seq != 2 {
		t.Errorf("found %v, want entry 2", found)
	}
	if _, err := months.DropTrail(context.Background(), x.Owner, x.now, months.ShortestTrail-1); err == nil {
		t.Error("the trail can be dropped before its time")
	}
}

// What has no month is told by any login, and no more once its month is made.
func TestStateTellsWhatHasNoMonth(t *testing.T) {
	t.Parallel()
	x := newArchive(t)
	x.Upgrade(t)
	standing := func() months.Standing {
		t.Helper()
		list, err := months.State(context.Background(), x.API.Pool(), x.now)
		if err != nil || len(list) != 3 || list[2].Table != "audit.entries" {
			t.Fatalf("%+v, %v", list, err)
		}
		return list[2]
	}
	if got := standing(); got.Ahead != months.Ahead || got.Rest != 0 {
		t.Errorf("at first: %+v", got)
	}
	x.act(t, x.a, x.now.AddDate(0, 5, 0), 2)
	if got := standing(); got.Rest == 0 {
		t.Errorf("with entries of no month: %+v", got)
	}
	later := x.now.AddDate(0, 3, 0)
	if _, err := months.Make(context.Background(), x.Owner, later); err != nil {
		t.Fatal(err)
	}
	got := standing()
	for again := 0; got.Rest != 0 && again < 100; again++ { // what PostgreSQL itself was reading at that moment cannot be cut off; the next night does it
		if _, err := months.Make(context.Background(), x.Owner, later); err != nil {
			t.Fatal(err)
		}
		got = standing()
	}
	if got.Rest != 0 || got.Ahead != 2*months.Ahead {
		t.Errorf("after the months were made: %+v", got)
	}
	if state, found := x.verify(t, x.a); found != nil || state.Entries != 2 {
		t.Errorf("after the entries moved: %+v, %v", state, found)
	}
}
