package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"budstikke.example/cmd/budstikke/internal/scan"
)

// TestNothingSecretIsLeftBehind plays the whole story and then reads everything that a thief could: a dump of every table, the write-ahead log,
// Redis and all logs (P8, P15). No identity number that its check digits confirm is in it, none of the register files in any spelling, no token
// and no password that somebody was given, and no word of a note.
func TestNothingSecretIsLeftBehind(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	began := one[string](t, v, "select pg_current_wal_lsn()::text")
	v.live(t)
	note := "Hemligheten" + strings.ReplaceAll(uuid.NewString(), "-", "") // nobody else's, since others may write to the same log
	day := time.Now().AddDate(0, 0, 40).Format(time.DateOnly)
	v.applicant.do(t, http.MethodPost, "/v1/guardian/children/"+v.child+"/absences", map[string]any{
		"startsOn": day, "endsOn": day, "reason": "family", "note": "Vi åker bort. " + note, "locale": "sv",
	})
	eventually(t, "everything has been sent", func() bool {
		return v.count(t, `select count(*) from notify.deliveries where state in ('pending', 'sending', 'retry')`) == 0
	})

	words := map[string][]string{"note": {note}, "token": {v.applicant.token, v.second.token, v.head.token, v.leader.token}}
	for _, n := range v.numbers {
		words["identity number of the register"] = append(words["identity number of the register"], n, n[:8]+"-"+n[8:], n[2:8]+"-"+n[8:])
	}
	for _, login := range v.logins {
		words["password"] = append(words["password"], login.Password)
	}
	everything, err := scan.New(time.Now(), words)
	if err != nil {
		t.Fatal(err)
	}
	only, err := scan.New(time.Time{}, words) // the log holds other databases of the server, and bytes that look like anything
	if err != nil {
		t.Fatal(err)
	}
	look := func(s *scan.Scanner, where string, r io.Reader) {
		t.Helper()
		found, err := s.Scan(where, r)
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		for _, f := range found {
			t.Error(f)
		}
	}
	tables := v.dump(t, func(table string, r io.Reader) { look(everything, "table "+table, r) })
	if tables < 20 {
		t.Errorf("only %d tables were dumped", tables)
	}
	v.writeAheadLog(t, began, func(name string, r io.Reader) { look(only, "write-ahead log "+name, r) })
	if keys := v.belt(t, func(key string, r io.Reader) { look(everything, "Redis "+key, r) }); keys == 0 {
		t.Error("Redis holds nothing to look at")
	}
	if err := v.Close(soon(t)); err != nil {
		t.Errorf("stopping: %v", err)
	}
	if log := v.log.String(); len(log) < 1000 {
		t.Errorf("only %d bytes were logged", len(log))
	} else {
		look(everything, "log", strings.NewReader(log))
	}
}

func one[T any](t *testing.T, v *village, sql string, args ...any) (value T) {
	t.Helper()
	if err := v.Admin.QueryRow(soon(t), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// dump gives every table of the database as a dump has it.
func (v *village) dump(t *testing.T, each func(table string, r io.Reader)) int {
	t.Helper()
	rows, err := v.Admin.Query(soon(t), `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		r, w := io.Pipe()
		go func() {
			_, err := v.Admin.PgConn().CopyTo(soon(t), w, "copy "+table+" to stdout")
			_ = w.CloseWithError(err)
		}()
		each(table, r)
		_, _ = io.Copy(io.Discard, r)
	}
	return len(tables)
}

// writeAheadLog gives the segments of the log since a place in it.
func (v *village) writeAheadLog(t *testing.T, since string, each func(name string, r io.Reader)) {
	t.Helper()
	rows, err := v.Admin.Query(soon(t), `select name from pg_ls_waldir()
		where name >= pg_walfile_name($1::pg_lsn) and name <= pg_walfile_name(pg_current_wal_lsn()) and length(name) = 24 order by name limit 24`, since)
	if err != nil {
		t.Fatal(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(names) == 0 {
		t.Fatalf("%d segments of the log, %v", len(names), err)
	}
	const chunk = 1 << 20
	for _, name := range names {
		r, w := io.Pipe()
		go func() {
			for at := 0; ; at += chunk {
				var raw []byte
				err := v.Admin.QueryRow(soon(t), "select pg_read_binary_file('pg_wal/' || $1, $2, $3, true)", name, at, chunk).Scan(&raw)
				if err == nil {
					_, err = w.Write(raw)
				}
				if err != nil || len(raw) < chunk {
					_ = w.CloseWithError(err)
					return
				}
			}
		}()
		each(name, r)
		_, _ = io.Copy(io.Discard, r)
	}
}

// belt gives every key of Redis with what is in it.
func (v *village) belt(t *testing.T, each func(key string, r io.Reader)) int {
	t.Helper()
	options, err := redis.ParseURL(v.Servers.Redis.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	defer c.Close()
	keys, err := c.Keys(soon(t), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		raw, err := c.Dump(soon(t), key).Result()
		if err != nil {
			continue // it has ended since
		}
		each(key, strings.NewReader(key+"\n"+raw))
		if entries, err := c.XRange(soon(t), key, "-", "+").Result(); err == nil {
			each(key, strings.NewReader(fmt.Sprint(entries)))
		}
	}
	return len(keys)
}
