package main

import (
	"encoding/base32"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"budstikke.example/auth/totp"
)

// place is something that a thief could read.
type place struct {
	sort, name string
	from       io.Reader
}

func one[T any](t *testing.T, v *village, sql string, args ...any) (value T) {
	t.Helper()
	if err := v.Admin.QueryRow(soon(t), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// codeOf is what an authenticator app with this secret shows now.
func codeOf(t *testing.T, secret string) string {
	t.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.Code(raw, totp.Step(time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// everyPlace visits all of them.
func (v *village) everyPlace(t *testing.T, visit func(place)) {
	t.Helper()
	v.dump(t, visit)
	v.belt(t, visit)
	v.files(t, "write-ahead log", filepath.Join(v.Servers.Postgres.Folder(), "cluster", "pg_wal"), visit)
	v.files(t, "log", filepath.Join(v.Servers.Postgres.Folder(), "postgres.log"), visit)
	if v.Servers.Redis.Folder() != "" {
		v.files(t, "log", filepath.Join(v.Servers.Redis.Folder(), "redis.log"), visit)
	}
	log := v.log.String()
	if len(log) < 1000 {
		t.Errorf("only %d bytes were logged", len(log))
	}
	visit(place{"log", "log of API and worker", strings.NewReader(log)})
}

// dump gives every table of the database as a dump has it, with the unlogged ones, what the planner keeps of their contents, and large objects.
func (v *village) dump(t *testing.T, visit func(place)) {
	t.Helper()
	for _, sql := range []string{"analyze", "set bytea_output = 'escape'"} { // so that what is readable in a bytea is readable
		if _, err := v.Admin.Exec(soon(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	rows, err := v.Admin.Query(soon(t), `select case n.nspname when 'pg_catalog' then case c.relname when 'pg_largeobject' then 'large object' else 'statistics' end
			else 'table' end, format('%I.%I', n.nspname, c.relname)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind in ('r', 'm') and (n.nspname <> 'pg_catalog' or c.relname in ('pg_statistic', 'pg_largeobject', 'pg_description', 'pg_db_role_setting'))
			and n.nspname <> 'information_schema' order by 2`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p place, err error) { return p, row.Scan(&p.sort, &p.name) })
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range tables {
		r, w := io.Pipe()
		go func() {
			_, err := v.Admin.PgConn().CopyTo(soon(t), w, "copy "+p.name+" to stdout")
			_ = w.CloseWithError(err)
		}()
		p.from = r
		visit(p)
		_, _ = io.Copy(io.Discard, r)
	}
}

// files gives a file, or all below a folder.
func (v *village) files(t *testing.T, sort, path string, visit func(place)) {
	t.Helper()
	err := filepath.WalkDir(path, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		visit(place{sort, sort + " " + filepath.Base(path), file})
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// appendForEver has Redis keep a file of every command, so that what it held and holds no more can be looked at, too.
func (v *village) appendForEver(t *testing.T) {
	t.Helper()
	if v.Servers.Redis.Folder() == "" {
		return
	}
	c := v.redis(t)
	for _, setting := range [][2]string{{"rdbcompression", "no"}, {"appendfsync", "always"}, {"aof-use-rdb-preamble", "no"}, {"appendonly", "yes"}} {
		if err := c.ConfigSet(soon(t), setting[0], setting[1]).Err(); err != nil {
			t.Fatalf("%s: %v", setting[0], err)
		}
	}
}

func (v *village) redis(t *testing.T) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(v.Servers.Redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// belt gives every key of Redis with what is in it, and the files that Redis has written.
func (v *village) belt(t *testing.T, visit func(place)) {
	t.Helper()
	c := v.redis(t)
	keys, err := c.Keys(soon(t), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		raw, err := c.Dump(soon(t), key).Result()
		if err != nil {
			continue // it has ended since
		}
		content := key + "\n" + raw
		if entries, err := c.XRange(soon(t), key, "-", "+").Result(); err == nil {
			content += fmt.Sprint(entries)
		}
		visit(place{"Redis", "Redis " + key, strings.NewReader(content)})
	}
	if v.Servers.Redis.Folder() == "" {
		return
	}
	if err := c.Save(soon(t)).Err(); err != nil {
		t.Errorf("Redis writes no file: %v", err)
	}
	v.files(t, "Redis", v.Servers.Redis.Folder(), visit)
}

// complain makes Postgres refuse what holds a note and a number, in the ways in which a server tells its log of it: a statement, its parameters, and
// the row that broke a rule.
func (v *village) complain(t *testing.T, note string) {
	t.Helper()
	if _, err := v.Admin.Exec(soon(t), "create temporary table complaint (note text primary key check (note <> ''), number text not null)"); err != nil {
		t.Fatal(err)
	}
	const insert = "insert into complaint values ($1, nullif($2, ''))"
	if _, err := v.Admin.Exec(soon(t), insert, note, planted); err != nil {
		t.Fatal(err)
	}
	for i, do := range []func() error{
		func() error { _, err := v.Admin.Exec(soon(t), insert, note, planted); return err },
		func() error { _, err := v.Admin.Exec(soon(t), insert, note+" igen", ""); return err },
		func() error {
			_, err := v.Admin.Exec(soon(t), "select 1/0 as "+pgx.Identifier{note}.Sanitize()+" -- "+planted)
			return err
		},
	} {
		if do() == nil {
			t.Errorf("complaint %d was none", i)
		}
	}
	if _, err := v.Admin.Exec(soon(t), "drop table complaint"); err != nil {
		t.Fatal(err)
	}
}

// plant leaves a number, a note and a token in every place.
func (v *village) plant(t *testing.T, note string) {
	t.Helper()
	all := planted + " " + note + " " + v.head.token
	for _, sql := range []string{
		"create unlogged table public.planted as select '" + all + "'::text as words, convert_to('" + all + "', 'UTF8') as raw from generate_series(1, 100)",
		"create table public.logged as table public.planted",
		"select lo_from_bytea(0, convert_to('" + all + "', 'UTF8'))",
		"do $$ begin raise warning '" + all + "'; end $$",
	} {
		if _, err := v.Admin.Exec(soon(t), sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.redis(t).Set(soon(t), "planted", all, 0).Err(); err != nil {
		t.Fatal(err)
	}
}
