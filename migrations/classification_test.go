package migrations_test

import (
	"slices"
	"testing"

	"budstikke.example/migrations"
	"budstikke.example/migrations/article30"
	"budstikke.example/migrations/pgtest"
)

// Every column of every table of ours is classified, and nothing is that does not exist (V3): a column comes into being together with the
// decision what it is for, on which legal basis and how long it is kept.
func TestEveryColumnIsClassified(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	classified, err := article30.Parse(migrations.Classification)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range classified {
		names = append(names, c.String())
	}
	columns := rows(t, d, `select format('%s.%s.%s', n.nspname, c.relname, a.attname)
		from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
		where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'public') and c.relkind in ('r', 'p') and not c.relispartition
		  and a.attnum > 0 and not a.attisdropped order by n.nspname, c.relname, a.attnum`)
	if len(columns) < 200 {
		t.Fatalf("only %d columns found", len(columns))
	}
	for _, column := range columns {
		if !slices.Contains(names, column) {
			t.Errorf("%s has no line in migrations/classification.tsv: table, column, class (none, personal, sensitive, identity, secret), subject, "+
				"purpose, basis, retention, separated by tabs; the words are in migrations/article30/words.go", column)
		}
	}
	for _, name := range names {
		if !slices.Contains(columns, name) {
			t.Errorf("%s stands in migrations/classification.tsv and there is no such column", name)
		}
	}
}
