package months_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/months"
	"budstikke.example/migrations/pgtest"
)

// house is a database whose owner is bound by row-level security, with one person who is told things.
type house struct {
	*pgtest.Earlier
	here, person uuid.UUID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{Earlier: pgtest.Before(t, "month_partitions"), here: uuid.New(), person: uuid.New()}
	h.exec(t, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'granby', 'Granby', 'SE', 'sv', 'Europe/Stockholm', now())`, h.here)
	h.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now())`, h.here, h.person)
	return h
}

func (h *house) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := h.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (h *house) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := h.Admin.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// rights names, for each role but the owner, what it may do with a delivery or with some of its columns: later migrations narrow an update to what becomes of it.
func (h *house) rights(t *testing.T) (rights []string) {
	t.Helper()
	if err := h.Admin.QueryRow(context.Background(), `select coalesce(array_agg(distinct r.role || ' ' || r.privilege order by r.role || ' ' || r.privilege), '{}') from (
		select a.grantee::regrole::text as role, a.privilege_type as privilege from pg_class c cross join lateral aclexplode(c.relacl) a
			where c.oid = 'notify.deliveries'::regclass and a.grantee <> c.relowner
		union all select a.grantee::regrole::text, a.privilege_type from pg_attribute c cross join lateral aclexplode(c.attacl) a
			where c.attrelid = 'notify.deliveries'::regclass) r`).Scan(&rights); err != nil {
		t.Fatal(err)
	}
	return rights
}

// tell writes an event of a moment with one notice in the app and one dead attempt of it, and returns its id.
func (h *house) tell(t *testing.T, at time.Time, state string) uuid.UUID {
	t.Helper()
	id := uuid.Must(uuid.NewV7())
	for i := range 6 {
		id[i] = byte(at.UnixMilli() >> (40 - 8*i))
	}
	h.exec(t, `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
		values ($1, $2, 'message_posted', 'routine', $2, $3, $3::timestamptz + interval '3 days')`, h.here, id, at)
	h.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, channel, state, created_at, alone)
		values ($1, $2, $2, 'routine', $3, 'self', 'in_app', $4, $5, false)`, h.here, id, h.person, state, at)
	h.exec(t, `insert into notify.attempts (municipality_id, delivery_id, attempt, fence, outcome, status, reason, finished_at)
		values ($1, $2, 1, 1, 'throttled', 429, '', $3)`, h.here, id, at)
	return id
}

func (h *house) parts(t *testing.T) string {
	t.Helper()
	list, err := months.Parts(context.Background(), h.Owner, "notify.deliveries")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range list {
		names = append(names, p.Month.Format("2006-01"))
	}
	return strings.Join(names, " ")
}

// What there was becomes the first part as it stands, and whoever may touch a table reaches its parts through it only.
func TestWhatThereWasIsTheFirstMonth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	now := time.Now().UTC()
	old, fresh := h.tell(t, now.AddDate(-2, 0, 0), "sent"), h.tell(t, now, "sent")
	before := h.rights(t)
	if len(before) == 0 {
		t.Fatal("nobody but its owner has a right on the table")
	}
	policies := h.count(t, `select count(*) from pg_policies where schemaname = 'notify'`)
	h.Upgrade(t)
	if n := h.count(t, `select count(*) from notify.deliveries d join notify.attempts a on a.delivery_id = d.id where d.id in ($1, $2)`, old, fresh); n != 2 {
		t.Errorf("%d of 2 notices are there", n)
	}
	after := h.rights(t)
	for _, right := range before { // later migrations may grant more
		if !slices.Contains(after, right) {
			t.Errorf("%s is lost", right)
		}
	}
	if n := h.count(t, `select count(*) from pg_policies p join pg_class c on c.oid = format('%I.%I', p.schemaname, p.tablename)::regclass
		where p.schemaname = 'notify' and not c.relispartition`); n != policies {
		t.Errorf("%d policies, there were %d", n, policies)
	}
	if n := h.count(t, `select count(*) from pg_class c cross join lateral aclexplode(c.relacl) a where c.relispartition and c.relkind = 'r' and a.grantee <> c.relowner`); n != 0 {
		t.Errorf("%d rights on parts: they go round the policies of the table", n)
	}
	if n := h.count(t, `select count(*) from pg_class c join pg_attribute a on a.attrelid = c.oid where c.relispartition and a.attacl is not null`); n != 0 {
		t.Errorf("rights on %d columns of parts: they go round the policies of the table", n)
	}
	month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, time.UTC)
	want := []string{}
	for n := range 4 {
		want = append(want, month.AddDate(0, n, 0).Format("2006-01"))
	}
	if got := h.parts(t); got != strings.Join(want, " ") {
		t.Errorf("months %s, want %v", got, want)
	}
}

// B3: a month in which something waits is kept; one that is over goes with its events, and what is younger stays.
func TestAMonthIsDroppedWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Upgrade(t)
	ctx, now := context.Background(), time.Now().UTC()
	for _, ago := range []int{14, 13, 12} {
		at := time.Date(now.Year(), now.Month(), 15, 0, 0, 0, 0, time.UTC).AddDate(0, -ago, 0)
		h.tell(t, at, "sent") // before its month is made: it lies in the part for the rest
		if _, err := h.Owner.Exec(ctx, "select scope.make_month('notify.deliveries', $1), scope.make_month('notify.attempts', $1)", at.AddDate(0, 0, -14)); err != nil {
			t.Fatal(err)
		}
	}
	if rest, err := months.Rest(ctx, h.Owner); err != nil || len(rest) != 0 {
		t.Fatalf("what lay in the part for the rest did not move into its month: %v, %v", rest, err)
	}
	waits := h.tell(t, now.AddDate(0, -13, 0), "pending")
	today := h.tell(t, now, "sent")
	done, err := months.Drop(ctx, h.Owner, now, 12)
	if err != nil || len(done.Parts) != 2 || len(done.Kept) != 1 || done.Events != 1 {
		t.Fatalf("%+v, %v: want one month of two tables dropped with its event, and one kept", done, err)
	}
	h.exec(t, "update notify.deliveries set state = 'dead' where id = $1", waits)
	done, err = months.Drop(ctx, h.Owner, now, 12)
	if err != nil || len(done.Parts) != 2 || len(done.Kept) != 0 || done.Events != 2 {
		t.Fatalf("%+v, %v: want the second month dropped with both its events", done, err)
	}
	for _, table := range []string{"notify.events", "notify.deliveries", "notify.attempts"} {
		if n := h.count(t, "select count(*) from "+table); n != 2 {
			t.Errorf("%d rows of %s, want that of a year ago and that of today", n, table)
		}
	}
	if n := h.count(t, "select count(*) from notify.deliveries where id = $1", today); n != 1 {
		t.Error("today's is gone")
	}
	if _, err := months.Drop(ctx, h.Owner, now, 0); err == nil {
		t.Error("the present month was dropped")
	}
}

// Whoever reads for long keeps a month from going, and nobody from reading and writing.
func TestALongReaderHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Upgrade(t)
	ctx, now := context.Background(), time.Now().UTC()
	if _, err := h.Owner.Exec(ctx, "select scope.make_month('notify.deliveries', '2020-01-01'), scope.make_month('notify.attempts', '2020-01-01')"); err != nil {
		t.Fatal(err)
	}
	reader, err := h.Admin.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Exec(ctx, "select count(*) from notify.deliveries"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		done, err := months.Drop(ctx, h.Owner, now, 12)
		if err == nil && len(done.Parts) != 2 {
			err = fmt.Errorf("%+v", done)
		}
		ended <- err
	}()
	for range 5 {
		h.tell(t, now, "sent")
	}
	if err := reader.Rollback(ctx); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What is looked for by id is looked for in one month, however many there are.
func TestALookUpVisitsOneMonth(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.Upgrade(t)
	id := h.tell(t, time.Now().UTC(), "sent")
	for name, sql := range map[string]string{
		"by id": `update notify.deliveries d set reason = 'x' from unnest($1::uuid[], $2::uuid[]) r (m, id) where d.municipality_id = r.m and d.id = r.id`,
		"of an event": `select from notify.events e join notify.deliveries d on d.municipality_id = e.municipality_id
			and d.id between notify.first_of(e.id) and notify.last_of(e.id) and d.event_id = e.id where e.municipality_id = any ($1) and e.id = any ($2)`,
	} {
		tx, err := h.Admin.Begin(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(context.Background(), "set local enable_hashjoin = off; set local enable_mergejoin = off; set local plan_cache_mode = force_generic_plan"); err != nil {
			t.Fatal(err)
		}
		found, err := tx.Query(context.Background(), "explain (analyze, costs off, timing off) "+sql, []uuid.UUID{h.here}, []uuid.UUID{id})
		if err != nil {
			t.Fatal(err)
		}
		visited, plan := 0, ""
		for found.Next() {
			var line string
			if err := found.Scan(&line); err != nil {
				t.Fatal(err)
			}
			plan += line + "\n"
			if strings.Contains(line, "on deliveries_") && strings.Contains(line, "Scan") && strings.Contains(line, "actual") {
				visited++
			}
		}
		if err := found.Err(); err != nil {
			t.Fatal(err)
		}
		if visited != 1 {
			t.Errorf("%s: %d parts are visited:\n%s", name, visited, plan)
		}
		_ = tx.Rollback(context.Background())
	}
}
