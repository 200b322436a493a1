package migrations_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"budstikke.example/migrations/pgtest"
)

// Tables with triggers that ask for transition tables cannot be distributed as they are, and docs/scale.md lists them for whoever tries: it names all of
// them, and no other.
func TestScaleNamesTablesWhoseTriggersAskForTransitionTables(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	want := rows(t, d, `
		select distinct format('%I.%I', n.nspname, c.relname) from pg_trigger g
		join pg_class c on c.oid = g.tgrelid join pg_namespace n on n.oid = c.relnamespace
		where g.tgoldtable is not null or g.tgnewtable is not null order by 1`)
	text, err := os.ReadFile("../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, found := strings.Cut(string(text), "*Triggers with transition tables*")
	item, _, ended := strings.Cut(after, "\n5. ")
	if !found || !ended {
		t.Fatal("docs/scale.md has no item on triggers with transition tables")
	}
	var named []string
	for _, m := range regexp.MustCompile("`([a-z_]+\\.[a-z_]+)`").FindAllStringSubmatch(item, -1) {
		named = append(named, m[1])
	}
	slices.Sort(named)
	if len(want) == 0 || !slices.Equal(named, want) {
		t.Errorf("docs/scale.md names %v, and the database has %v", named, want)
	}
}
