package migrations_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"budstikke.example/migrations/pgtest"
)

// B14: the rehearsal of a fresh connection goes on when one of its statements fails, for it is carried out for nobody. So each has to be one that PostgreSQL
// understands: one that no longer fits its function would rehearse nothing, and nobody would be told. What the API may call is not asked here.
func TestEachStatementOfTheRehearsalIsUnderstood(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	source := rows(t, d, `select prosrc from pg_proc where oid = 'app.rehearse()'::regprocedure`)[0]
	_, list, _ := strings.Cut(source, "array array[")
	list, _, found := strings.Cut(list, "] loop")
	if !found {
		t.Fatal("app.rehearse holds no list of statements")
	}
	statements := regexp.MustCompile(`'((?:[^']|'')*)'`).FindAllStringSubmatch(list, -1)
	if len(statements) < 10 {
		t.Fatalf("app.rehearse rehearses %d statements", len(statements))
	}
	ctx := context.Background()
	conn, err := d.API.Pool().Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for _, s := range statements {
		statement := strings.ReplaceAll(s[1], "''", "'")
		if _, err := conn.Exec(ctx, "prepare rehearsed (uuid, uuid, uuid) as "+statement); err != nil {
			t.Errorf("%s: %v", statement, err)
			continue
		}
		if _, err := conn.Exec(ctx, "deallocate rehearsed"); err != nil {
			t.Fatal(err)
		}
	}
}
