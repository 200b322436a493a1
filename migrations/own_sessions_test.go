package migrations_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/pgtest"
)

// A write asks for the sessions that it made itself, ended ones too (auth.still_stands). It finds them by their person: there are more of others every day.
func TestSessionsOfAPersonAreFoundByKey(t *testing.T) {
	t.Parallel()
	tx, err := pgtest.New(t).Admin.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	if _, err := tx.Exec(context.Background(), "set local enable_seqscan = off"); err != nil { // the table is empty: only what cannot be otherwise reads it whole
		t.Fatal(err)
	}
	rows, err := tx.Query(context.Background(), "explain select from auth.sessions s where s.municipality_id = $1 and s.person_id = $2 and s.xmin = '1'::xid", uuid.New(), uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") || !strings.Contains(text, "person_id = ") {
		t.Errorf("they are looked for so:\n%s", text)
	}
}
