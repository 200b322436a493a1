package trail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// varied leaves entries of every shape in two municipalities: a look at children, an act of nobody in particular, a refusal, a failed proof.
func varied(t *testing.T) (b *bundle, other uuid.UUID) {
	t.Helper()
	b = setup(t)
	other = uuid.New()
	b.exec(t, `insert into app.municipalities values ($1, 'm-' || left($2, 8), 'M', 'NO', 'nb', 'Europe/Oslo', '1', now())`, other, other.String())
	b.fill(t, b.here, 2)
	if err := b.refuse(b.child); err != nil {
		t.Fatal(err)
	}
	if err := b.act(b.here, trail.Act{Operation: "SetReviewRule", Class: "access_decision", Institution: uuid.New()}); err != nil {
		t.Fatal(err)
	}
	b.fill(t, other, 1)
	err := b.API.WithScope(context.Background(), scope.Of(other, scope.SignIn), func(tx *scope.Tx) error {
		return trail.Refuse(context.Background(), tx, "StartStaffSession", "sign_in", uuid.Nil, trail.Failed)
	})
	if err != nil {
		t.Fatal(err)
	}
	b.fill(t, other, 1)
	return b, other
}

// unbound takes away what stands in the way of somebody who owns the server: triggers and checks. Numbers and columns stay as wide as they are.
func (b *bundle) unbound(t *testing.T) {
	t.Helper()
	b.tamper(t, `do $$ declare c record; begin
		for c in select conrelid::regclass as t, conname from pg_constraint where conrelid in ('audit.entries'::regclass, 'audit.heads'::regclass) and contype in ('c', 'p') loop
			execute format('alter table %s drop constraint %I', c.t, c.conname);
		end loop; end $$`)
}

// keep notes how the trail is, and restore puts it back.
func (b *bundle) keep(t *testing.T) {
	t.Helper()
	b.exec(t, "create table public.entries as select * from audit.entries")
	b.exec(t, "create table public.heads as select * from audit.heads")
}

func (b *bundle) restore(t *testing.T) {
	t.Helper()
	b.exec(t, `do $$ begin
		delete from audit.entries; insert into audit.entries select * from public.entries;
		delete from audit.heads; insert into audit.heads select * from public.heads;
		end $$`)
}

// cell is a value of the trail as it is stored.
type cell struct {
	municipality        uuid.UUID
	table, column, kind string
	seq                 int64
	size                int // in bytes; of ids, all together
}

func (b *bundle) cells(t *testing.T) (list []cell) {
	t.Helper()
	rows, err := b.Admin.Query(context.Background(), `select c.table_name, c.column_name, c.udt_name from information_schema.columns c
		where c.table_schema = 'audit' and c.table_name in ('entries', 'heads')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var columns []cell
	for rows.Next() {
		var c cell
		if err := rows.Scan(&c.table, &c.column, &c.kind); err != nil {
			t.Fatal(err)
		}
		columns = append(columns, c)
	}
	for _, c := range columns {
		send, ok := map[string]string{"uuid": "16", "bytea": "octet_length(%s)", "text": "octet_length(%s)", "int8": "8", "int4": "4", "date": "4", "timestamptz": "8",
			"_uuid": "16 * cardinality(%s)"}[c.kind]
		if !ok {
			t.Fatalf("%s.%s is of type %s: say how a byte of it is changed", c.table, c.column, c.kind)
		}
		send = strings.ReplaceAll(send, "%s", c.column)
		rows, err := b.Admin.Query(context.Background(), fmt.Sprintf("select municipality_id, seq, %s from audit.%s where %s is not null order by 1, 2", send, c.table, c.column))
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			found := c
			if err := rows.Scan(&found.municipality, &found.seq, &found.size); err != nil {
				t.Fatal(err)
			}
			list = append(list, found)
		}
		rows.Close()
	}
	return list
}

// flipped is the expression that has one bit of one byte changed.
func (c cell) flipped(i int) string {
	bit := i % 8
	switch name := c.column; c.kind {
	case "uuid":
		return fmt.Sprintf("encode(set_byte(uuid_send(%s), %d, get_byte(uuid_send(%[1]s), %[2]d) # %[3]d), 'hex')::uuid", name, i, 1<<bit)
	case "bytea":
		return fmt.Sprintf("set_byte(%s, %d, get_byte(%[1]s, %[2]d) # %[3]d)", name, i, 1<<bit)
	case "text": // one of the lower bits, so that a letter stays one
		return fmt.Sprintf("convert_from(set_byte(convert_to(%s, 'UTF8'), %d, get_byte(convert_to(%[1]s, 'UTF8'), %[2]d) # %[3]d), 'UTF8')", name, i, 1<<(bit%4))
	case "int8":
		return fmt.Sprintf("%s # (1::bigint << %d)", name, 8*i+bit)
	case "int4":
		return fmt.Sprintf("%s # (1 << %d)", name, 8*i+bit)
	case "date":
		return fmt.Sprintf("date '2000-01-01' + ((%s - date '2000-01-01') # (1 << %d))", name, 8*i+bit)
	case "timestamptz":
		return fmt.Sprintf("%s + (1::bigint << %d) * interval '1 microsecond'", name, 8*i+bit)
	default: // _uuid
		element := fmt.Sprintf("%s[%d]", c.column, 1+i/16)
		one := cell{column: element, kind: "uuid"}
		return fmt.Sprintf("%s[:%d] || %s || %[1]s[%[4]d:]", c.column, i/16, one.flipped(i%16), 2+i/16)
	}
}

// B5: flip a bit in any byte of any stored value of two municipalities' trails, and verify says in which entry; what Postgres would not store at
// all is not counted.
func TestEveryStoredByteOfTheTrailCounts(t *testing.T) {
	t.Parallel()
	b, other := varied(t)
	b.unbound(t)
	b.keep(t)
	last := map[uuid.UUID]int64{b.here: 4, other: 3}
	for m, n := range last {
		if seq, problem := b.foundIn(t, m, nil); seq != 0 {
			t.Fatalf("an untouched trail of %d entries: entry %d: %s", n, seq, problem)
		}
	}
	flips, impossible := 0, 0
	for _, c := range b.cells(t) {
		for i := range c.size {
			_, err := b.Admin.Exec(context.Background(), fmt.Sprintf("update audit.%s set %s = %s where municipality_id = '%s' and seq = %d", c.table, c.column, c.flipped(i), c.municipality, c.seq))
			if refused := (*pgconn.PgError)(nil); errors.As(err, &refused) && strings.HasPrefix(refused.Code, "22") {
				impossible++ // no such date, no such text
				continue
			} else if err != nil {
				t.Fatal(err)
			}
			flips++
			seq, problem := b.foundIn(t, c.municipality, nil)
			if problem == "" || seq != c.seq && c.column != "seq" { // another number is found where it stands or where it is missing
				t.Errorf("byte %d of %s.%s in entry %d of %s: verify says %d: %s", i, c.table, c.column, c.seq, c.municipality, seq, problem)
			}
			b.restore(t)
		}
	}
	t.Logf("%d bytes flipped and found; %d that Postgres does not store", flips, impossible)
	if flips < 1500 || impossible > flips/20 {
		t.Errorf("%d bytes flipped, %d impossible", flips, impossible)
	}
}

// B5: cut either chain at any entry, with its head or without, swap two of its entries, or exchange the trails of two municipalities: verify says
// where. What was cut off with its head, and was not anchored yet, is beyond it: that is what the anchor of each hour is for.
func TestEveryCutAndSwapIsFound(t *testing.T) {
	t.Parallel()
	b, other := varied(t)
	b.unbound(t)
	key, err := trail.ParseKey("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
	if err != nil {
		t.Fatal(err)
	}
	anchors := map[uuid.UUID][]trail.Anchor{}
	for _, m := range []uuid.UUID{b.here, other} {
		head, err := trail.HeadOf(context.Background(), b.API, m)
		if err != nil {
			t.Fatal(err)
		}
		anchors[m] = []trail.Anchor{key.Sign(head, b.Clock.Now())}
	}
	b.fill(t, b.here, 2) // after the last anchor
	b.keep(t)
	try := func(m uuid.UUID, want int64, what string, statements ...string) {
		t.Helper()
		for _, sql := range statements {
			b.exec(t, sql)
		}
		if seq, problem := b.foundIn(t, m, anchors[m]); seq != want {
			t.Errorf("%s: verify says %d, want %d: %s", what, seq, want, problem)
		}
		b.restore(t)
	}
	const anchored = 4 // the last entry that an anchor holds, of six
	for cut := int64(0); cut < 6; cut++ {
		only := fmt.Sprintf("municipality_id = '%s'", b.here)
		behind := fmt.Sprintf("delete from audit.entries where %s and seq > %d", only, cut)
		try(b.here, cut+1, fmt.Sprintf("cut after %d", cut), behind)
		want := cut + 1
		if cut >= anchored {
			want = 0
		}
		try(b.here, want, fmt.Sprintf("cut after %d with its head", cut), behind, "delete from audit.heads where "+only,
			fmt.Sprintf("insert into audit.heads select municipality_id, month, seq, hash from audit.entries where %s and seq = %d", only, cut))
		if cut > 0 {
			try(b.here, cut, fmt.Sprintf("entry %d deleted", cut), fmt.Sprintf("delete from audit.entries where %s and seq = %d", only, cut))
			try(b.here, 1, fmt.Sprintf("the first %d deleted", cut), fmt.Sprintf("delete from audit.entries where %s and seq <= %d", only, cut))
			try(b.here, cut, fmt.Sprintf("%d and %d swapped", cut, cut+1),
				fmt.Sprintf("update audit.entries set seq = case seq when %d then %d else %[1]d end where %[3]s and seq in (%[1]d, %[2]d)", cut, cut+1, only))
		}
	}
	exchange := []string{
		fmt.Sprintf("update audit.%%s set municipality_id = case municipality_id when '%s' then '%s'::uuid else '%[1]s'::uuid end", b.here, other),
	}
	exchange = []string{fmt.Sprintf(exchange[0], "entries"), fmt.Sprintf(exchange[0], "heads")}
	try(b.here, 1, "two municipalities exchanged", exchange...)
	try(other, 1, "and the other", exchange...)
	gone := []string{fmt.Sprintf("delete from audit.entries where municipality_id = '%s'", other), fmt.Sprintf("delete from audit.heads where municipality_id = '%s'", other)}
	try(other, 1, "a whole municipality gone", gone...)
	try(b.here, 0, "which says nothing of the other", gone...)
	try(b.here, 7, "one slipped in at the end", fmt.Sprintf(`insert into audit.entries select (jsonb_populate_record(e, jsonb_build_object('seq', 7, 'previous', e.hash))).*
		from audit.entries e where municipality_id = '%s' and seq = 6`, b.here), "update audit.entries e set hash = audit.digest(e) where seq = 7")
	// A rewritten end that was signed a second time, because the hour came round, is found by the first anchor of it.
	head, err := trail.HeadOf(context.Background(), b.API, b.here)
	if err != nil {
		t.Fatal(err)
	}
	anchors[b.here] = append(anchors[b.here], key.Sign(head, b.Clock.Now()))
	b.exec(t, "update audit.entries e set roles = 'owner' where seq = 6")
	b.exec(t, "update audit.entries e set hash = audit.digest(e) where seq = 6")
	b.exec(t, fmt.Sprintf("update audit.heads set hash = (select hash from audit.entries where seq = 6) where municipality_id = '%s'", b.here))
	if head, err = trail.HeadOf(context.Background(), b.API, b.here); err != nil {
		t.Fatal(err)
	}
	for _, order := range [][]trail.Anchor{append(anchors[b.here], key.Sign(head, b.Clock.Now())), append([]trail.Anchor{key.Sign(head, b.Clock.Now())}, anchors[b.here]...)} {
		if seq, problem := b.foundIn(t, b.here, order); seq != 5 {
			t.Errorf("written anew and anchored again: verify says %d: %s", seq, problem)
		}
	}
}

// B5: flip a bit in any byte of the file of the anchors, or cut any byte off its end, and the line is named; the others still count.
func TestEveryByteOfTheAnchorsCounts(t *testing.T) {
	t.Parallel()
	key, err := trail.ParseKey("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
	if err != nil {
		t.Fatal(err)
	}
	file := trail.File{Path: t.TempDir() + "/anchors"}
	at := moment(t, "2026-11-22T07:08:09.123456Z")
	for seq := range int64(4) {
		head := trail.Head{Municipality: uuid.UUID{15: byte(seq % 2)}, Seq: seq + 1, Hash: bytes.Repeat([]byte{byte(seq)}, 32)}
		if err := file.Append(context.Background(), []trail.Anchor{key.Sign(head, at)}); err != nil {
			t.Fatal(err)
		}
	}
	text := readFile(t, file.Path)
	if found, err := key.ReadAnchors(bytes.NewReader(text)); err != nil || len(found[uuid.UUID{}])+len(found[uuid.UUID{15: 1}]) != 4 {
		t.Fatalf("untouched: %v, %v", found, err)
	}
	lineOf := func(i int) int { return 1 + bytes.Count(text[:i], []byte("\n")) }
	check := func(what string, changed []byte, line, left int) {
		t.Helper()
		found, err := key.ReadAnchors(bytes.NewReader(changed))
		var wrong *trail.Misread
		if !errors.As(err, &wrong) || wrong.Line != line {
			t.Errorf("%s: %v, want line %d", what, err, line)
		}
		n := 0
		for _, anchors := range found {
			n += len(anchors)
		}
		if n < left {
			t.Errorf("%s: only %d anchors are left of 4", what, n)
		}
	}
	for i := range text {
		for _, bit := range []int{5, i % 8} { // the first makes another case of a letter, which some readers of JSON take for the same
			changed := bytes.Clone(text)
			changed[i] ^= 1 << bit
			check(fmt.Sprintf("bit %d of byte %d", bit, i), changed, lineOf(i), 2) // at an end two lines become one
		}
		if i%7 != 0 {
			continue // as good as any other
		}
		if i > 0 && text[i-1] != '\n' {
			check(fmt.Sprintf("cut at %d", i), text[:i], lineOf(i), lineOf(i)-1)
		}
		check(fmt.Sprintf("byte %d left out", i), append(bytes.Clone(text[:i]), text[i+1:]...), lineOf(i), 2)
		check(fmt.Sprintf("a space before byte %d", i), append(append(bytes.Clone(text[:i]), ' '), text[i:]...), lineOf(i), 3)
	}
}

// What a crash cut off does not spoil what is appended after it.
func TestAnchorsGoOnAfterACrash(t *testing.T) {
	t.Parallel()
	key, err := trail.ParseKey("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=")
	if err != nil {
		t.Fatal(err)
	}
	file := trail.File{Path: t.TempDir() + "/anchors"}
	anchor := key.Sign(trail.Head{Municipality: uuid.UUID{1}, Seq: 3, Hash: make([]byte, 32)}, moment(t, "2026-11-22T07:08:09Z"))
	for _, cut := range []bool{false, true, false} {
		if err := file.Append(context.Background(), []trail.Anchor{anchor}); err != nil {
			t.Fatal(err)
		}
		if cut {
			writeFile(t, file.Path, readFile(t, file.Path)[:len(readFile(t, file.Path))-40])
		}
	}
	found, err := key.ReadAnchors(bytes.NewReader(readFile(t, file.Path)))
	var wrong *trail.Misread
	if len(found[uuid.UUID{1}]) != 2 || !errors.As(err, &wrong) || wrong.Line != 2 {
		t.Errorf("%d anchors are read, %v", len(found[uuid.UUID{1}]), err)
	}
}
