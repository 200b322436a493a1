package trail_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

type bundle struct {
	*pgtest.Database
	here, child uuid.UUID
}

func setup(t testing.TB) *bundle {
	t.Helper()
	b := &bundle{Database: pgtest.New(t), here: uuid.New(), child: uuid.New()}
	b.exec(t, `insert into app.municipalities values ($1, 'm-' || left($2, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, b.here, b.here.String())
	b.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now())`, b.here, b.child)
	return b
}

func (b *bundle) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := b.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// act leaves an entry in a transaction of its own.
func (b *bundle) act(m uuid.UUID, a trail.Act) error {
	ctx := context.Background()
	return b.API.WithScope(ctx, scope.Of(m, scope.Staff), func(tx *scope.Tx) error { return a.Leave(ctx, tx) })
}

func (b *bundle) refuse(tried uuid.UUID) error {
	ctx := context.Background()
	return b.API.WithScope(ctx, scope.Of(b.here, scope.Staff), func(tx *scope.Tx) error {
		return trail.Refuse(ctx, tx, "GetGuardianship", "guardianships", tried, trail.Refused)
	})
}

// fill leaves n entries, each with every column set, by the database's own function, some hundred in one transaction.
func (b *bundle) fill(t testing.TB, m uuid.UUID, n int) {
	t.Helper()
	const most = 200 // the head has as many versions until the transaction ends
	for ; n > most; n -= most {
		b.fill(t, m, most)
	}
	ctx := context.Background()
	err := b.API.WithScope(ctx, scope.Of(m, scope.Staff), func(tx *scope.Tx) error {
		if _, err := tx.Exec(ctx, "select scope.open($1, $2, 'staff')", m, uuid.New()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `select audit.record($1, 'ListInstitutionChildren', 'children', 'head,leader', gen_random_uuid(),
			array[$2::uuid, gen_random_uuid(), gen_random_uuid()], gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'done', 1)
			from generate_series(1, $3::int)`, tx.Now, b.child, n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// tamper does what nobody can do through the program: it changes the trail as somebody who owns the server.
func (b *bundle) tamper(t testing.TB, statements ...string) {
	t.Helper()
	b.exec(t, "alter table audit.entries disable trigger all")
	b.exec(t, "alter table audit.heads disable trigger all")
	for _, sql := range statements {
		b.exec(t, sql)
	}
}

// found verifies a chain and returns the first entry that is wrong, 0 for none.
func (b *bundle) found(t testing.TB, anchors []trail.Anchor) (int64, string) {
	t.Helper()
	return b.foundIn(t, b.here, anchors)
}

// foundIn is the same of another municipality's.
func (b *bundle) foundIn(t testing.TB, m uuid.UUID, anchors []trail.Anchor) (int64, string) {
	t.Helper()
	_, err := trail.Verify(context.Background(), b.API, m, anchors)
	var wrong *trail.Finding
	switch {
	case err == nil:
		return 0, ""
	case errors.As(err, &wrong):
		return wrong.Seq, wrong.Problem
	}
	t.Fatal(fmt.Errorf("verify: %w", err))
	return 0, ""
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func writeFile(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
