package walk_test

import (
	"io"
	"strings"
	"testing"

	"budstikke.example/cmd/budstikke/internal/scan"
)

// nothingIsReadable looks through a dump of every table after everybody has used every operation: no identity number that its check digits
// confirm, nothing that has the form of a token, no session, no password, no note of an absence and no reason of a restriction (P15, B8).
func (w *walk) nothingIsReadable(t *testing.T) {
	t.Helper()
	words := map[string][]string{"sealed reason": {"Kvistbräda"}, "password": {headPassword, newPassword}}
	for _, given := range []string{"Bodvaris", "Ceciliana", "Hildegunnar", "Monsinora"} {
		words["note"] = append(words["note"], "anteckning"+given)
	}
	for _, a := range w.is {
		if len(a.token) > 20 {
			words["token"] = append(words["token"], a.token)
		}
	}
	scanner, err := scan.New(w.Clock.Now(), words)
	must(t, err)
	conn, err := w.Admin.Acquire(w.ctx)
	must(t, err)
	defer conn.Release()
	_, err = conn.Exec(w.ctx, "set bytea_output = 'escape'")
	must(t, err)
	tables := strings.Fields(one[string](w.town, `select string_agg(format('%I.%I', n.nspname, c.relname), ' ' order by 1)
		from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'm') and n.nspname in ('app', 'auth', 'notify', 'audit')`))
	if len(tables) < 60 {
		t.Errorf("only %d tables", len(tables))
	}
	for _, table := range tables {
		r, dump := io.Pipe()
		go func() {
			_, err := conn.Conn().PgConn().CopyTo(w.ctx, dump, "copy "+table+" to stdout")
			_ = dump.CloseWithError(err)
		}()
		found, err := scanner.Scan("table "+table, r)
		must(t, err)
		for _, f := range found {
			t.Error(f)
		}
	}
	_, err = conn.Exec(w.ctx, "reset bytea_output")
	must(t, err)
	found, err := scanner.Scan("log", strings.NewReader(w.log.String()))
	must(t, err)
	for _, f := range found {
		t.Error(f)
	}
}
