package trail_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// B5, P14: whichever column of an entry is changed, by whomever, verify says which entry it is. The columns are asked of the database, so that a
// new one is tried as well.
func TestAChangeOfAnyColumnIsFoundInItsEntry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fill(t, b.here, 40)
	if seq, problem := b.found(t, nil); seq != 0 {
		t.Fatalf("an untouched trail: entry %d: %s", seq, problem)
	}
	changes := map[string]string{
		"uuid": "set_bit(uuid_send(%s), 127, 1 - get_bit(uuid_send(%[1]s), 127))", "bytea": "set_byte(%s, 31, get_byte(%[1]s, 31) # 1)",
		"text": "overlay(%s placing 'x' from 1 for 1)", "bigint": "%s # 64", "integer": "%s + 1", "date": "(%s - interval '1 month')::date",
		"timestamp with time zone": "%s + interval '1 microsecond'", "uuid[]": "%s[2:3]",
	}
	rows, err := b.Admin.Query(context.Background(), `select a.attname || ':' || format_type(a.atttypid, a.atttypmod) from pg_attribute a
		where a.attrelid = 'audit.entries'::regclass and a.attnum > 0 and not a.attisdropped and a.attname <> 'municipality_id'`)
	if err != nil {
		t.Fatal(err)
	}
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(columns) != 17 {
		t.Fatalf("%d columns, %v", len(columns), err)
	}
	b.tamper(t, "create table public.kept as select * from audit.entries",
		"alter table audit.entries drop constraint entries_outcome_check") // an owner can do that too
	for _, column := range columns {
		name, kind, _ := strings.Cut(column, ":")
		change, ok := changes[kind]
		if !ok {
			t.Fatalf("column %s is of type %s: say how it is changed", name, kind)
		}
		expression := fmt.Sprintf(change, name)
		if kind == "uuid" {
			expression = "encode(" + expression + ", 'hex')::uuid"
		}
		b.exec(t, "update audit.entries set "+name+" = "+expression+" where seq = 17")
		if seq, problem := b.found(t, nil); seq != 17 {
			t.Errorf("%s changed in entry 17: verify says %d: %s", name, seq, problem)
		}
		b.exec(t, "delete from audit.entries")
		b.exec(t, "insert into audit.entries select * from public.kept")
	}
}

// One byte of any of them, also what is null or empty becoming something and the other way round.
func TestEmptyAndNullAreNotTheSame(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 3 {
		if err := b.act(b.here, trail.Act{Operation: "Look", Class: "children"}); err != nil {
			t.Fatal(err)
		}
	}
	b.tamper(t, "create table public.kept as select * from audit.entries")
	for _, change := range []string{
		"person_id = gen_random_uuid()", "resource_id = institution_id, institution_id = gen_random_uuid()", "roles = 'head'",
		"operation = 'Loo', class = 'kchildren'", "children = array[gen_random_uuid()]", "actor_id = gen_random_uuid()",
	} {
		b.exec(t, "update audit.entries set "+change+" where seq = 2")
		if seq, problem := b.found(t, nil); seq != 2 {
			t.Errorf("%s: verify says %d: %s", change, seq, problem)
		}
		b.exec(t, "delete from audit.entries")
		b.exec(t, "insert into audit.entries select * from public.kept")
	}
}

// What is deleted, swapped, slipped in, hashed anew or cut off is found where it begins.
func TestWhatIsDoneToTheChainIsFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fill(t, b.here, 30)
	key, err := trail.ParseKey("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
	if err != nil {
		t.Fatal(err)
	}
	anchorOf := func() trail.Anchor {
		head, err := trail.HeadOf(context.Background(), b.API, b.here)
		if err != nil {
			t.Fatal(err)
		}
		return key.Sign(head, b.Clock.Now())
	}
	anchors := []trail.Anchor{anchorOf()}
	b.fill(t, b.here, 30)
	anchors = append(anchors, anchorOf())
	if seq, problem := b.found(t, anchors); seq != 0 {
		t.Fatalf("an untouched trail: entry %d: %s", seq, problem)
	}
	b.tamper(t, "create table public.kept as select * from audit.entries", "create table public.head as select * from audit.heads")
	rehash := `do $$ declare e audit.entries; p bytea; begin
		for e in select * from audit.entries order by seq loop
			if p is not null then e.previous := p; end if;
			p := audit.digest(e);
			update audit.entries set previous = e.previous, hash = p where seq = e.seq;
		end loop;
		update audit.heads set hash = p, seq = (select max(seq) from audit.entries); end $$`
	cases := []struct {
		name      string
		wrong     int64
		statement []string
	}{
		{"one deleted", 17, []string{"delete from audit.entries where seq = 17"}},
		{"the first deleted", 1, []string{"delete from audit.entries where seq = 1"}},
		{"two swapped", 17, []string{"update audit.entries set seq = 99 where seq = 17", "update audit.entries set seq = 17 where seq = 18",
			"update audit.entries set seq = 18 where seq = 99"}},
		{"one slipped in", 17, []string{"update audit.entries set seq = seq + 1000 where seq > 16", "update audit.entries set seq = seq - 999 where seq > 1000",
			"insert into audit.entries select * from public.kept where seq = 17", "update audit.entries set actor_id = gen_random_uuid() where seq = 17"}},
		{"one twice", 17, []string{"update audit.entries set month = (month + interval '1 month')::date where seq = 18",
			"update audit.entries set seq = 17 where seq = 18"}},
		{"one changed and hashed anew", 18, []string{"update audit.entries set roles = 'owner' where seq = 17",
			"update audit.entries e set hash = audit.digest(e) where seq = 17"}},
		{"the last changed and hashed anew", 60, []string{"update audit.entries set roles = 'owner' where seq = 60",
			"update audit.entries e set hash = audit.digest(e) where seq = 60"}},
		{"the end cut off", 51, []string{"delete from audit.entries where seq > 50"}},
		{"the end cut off with its head", 51, []string{"delete from audit.entries where seq > 50",
			"update audit.heads h set seq = 50, hash = e.hash from audit.entries e where e.seq = 50"}},
		{"everything deleted", 1, []string{"delete from audit.entries", "delete from audit.heads"}},
		{"the head alone deleted", 60, []string{"delete from audit.heads"}},
		{"changed and everything after it hashed anew", 31, []string{"update audit.entries set roles = 'owner' where seq = 40", rehash}},
		{"the whole chain hashed anew", 1, []string{"update audit.entries set roles = 'owner' where seq = 3", rehash}},
	}
	for _, c := range cases {
		for _, sql := range c.statement {
			b.exec(t, sql)
		}
		if seq, problem := b.found(t, anchors); seq != c.wrong {
			t.Errorf("%s: verify says %d, want %d: %s", c.name, seq, c.wrong, problem)
		}
		b.exec(t, "delete from audit.entries")
		b.exec(t, "delete from audit.heads")
		b.exec(t, "insert into audit.entries select * from public.kept")
		b.exec(t, "insert into audit.heads select * from public.head")
	}
	if seq, problem := b.found(t, anchors); seq != 0 {
		t.Errorf("put back as it was: %d: %s", seq, problem)
	}
}

// An entry leaves with its act or not at all, also when many act at once; no number is left out and none is given twice.
func TestEntriesAndTheirActsCommitTogether(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for n := range 25 {
				err := b.API.WithScope(ctx, scope.Of(b.here, scope.Register), func(tx *scope.Tx) error {
					if _, err := tx.Exec(ctx, `insert into app.persons (municipality_id, id, given_name, family_name, created_at)
						values ($1, $2, 'X', 'Y', $3)`, b.here, uuid.New(), tx.Now); err != nil {
						return err
					}
					if err := (trail.Act{Operation: "Import", Class: "import", Institution: b.here}).Leave(ctx, tx); err != nil {
						return err
					}
					if n%5 == worker%5 {
						return context.Canceled
					}
					return nil
				})
				if (err != nil) != (n%5 == worker%5) {
					t.Errorf("WithScope = %v", err)
				}
			}
		})
	}
	wait.Wait()
	if seq, problem := b.found(t, nil); seq != 0 {
		t.Errorf("entry %d: %s", seq, problem)
	}
	var persons, entries int
	if err := b.Admin.QueryRow(ctx, "select (select count(*) from app.persons) - 1, (select count(*) from audit.entries)").Scan(&persons, &entries); err != nil {
		t.Fatal(err)
	}
	if persons != 160 || entries != 160 {
		t.Errorf("%d acts and %d entries, want 160 of each", persons, entries)
	}
}

// P14: 100,000 entries are verified while somebody waits for it.
func TestAHundredThousandEntriesAreVerified(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it writes 100,000 entries")
	}
	b := setup(t)
	const n = 100_000
	b.fill(t, b.here, 1)
	// The chain goes on as audit.record would have it, written by one statement.
	b.exec(t, `do $$ declare e audit.entries; begin
		select * into e from audit.entries;
		for i in 2..100000 loop
			e.seq := i; e.previous := e.hash; e.actor_id := gen_random_uuid(); e.hash := audit.digest(e);
			insert into audit.entries values (e.*);
		end loop;
		update audit.heads set seq = e.seq, hash = e.hash; end $$`)
	start := time.Now()
	if seq, problem := b.found(t, nil); seq != 0 {
		t.Fatalf("entry %d: %s", seq, problem)
	}
	took := time.Since(start)
	t.Logf("%d entries verified in %s", n, took.Round(time.Millisecond))
	if took > 30*time.Second {
		t.Errorf("verifying took %s", took)
	}
	b.tamper(t, "update audit.entries set times = 2 where seq = 77777")
	if seq, problem := b.found(t, nil); seq != 77777 {
		t.Errorf("verify says %d: %s", seq, problem)
	}
}
