package trail_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/trail"
)

// Whoever tries something a thousand times leaves four entries and one count, whatever ids they make up; a child who is really there is named.
func TestRefusalsCannotFillTheDisk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	for range 1000 {
		if err := b.refuse(uuid.New()); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.refuse(b.child); err != nil {
		t.Fatal(err)
	}
	rows, err := b.Admin.Query(ctx, "select times from audit.entries where outcome = 'refused' order by seq")
	if err != nil {
		t.Fatal(err)
	}
	times, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil || !slices.Equal(times, []int{1, 10, 100, 1000, 1}) {
		t.Errorf("entries at %v, %v", times, err)
	}
	var counts int
	var named uuid.UUID
	if err := b.Admin.QueryRow(ctx, "select count(*) from audit.tallies").Scan(&counts); err != nil || counts != 2 {
		t.Errorf("%d counts, %v", counts, err)
	}
	if err := b.Admin.QueryRow(ctx, "select person_id from audit.entries order by seq desc limit 1").Scan(&named); err != nil || named != b.child {
		t.Errorf("the last entry names %s, %v", named, err)
	}
	b.Clock.Advance(8 * 24 * time.Hour)
	if err := b.API.WithScope(ctx, scope.Of(b.here, scope.SignIn), func(tx *scope.Tx) error { return trail.ForgetTallies(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
	if err := b.Admin.QueryRow(ctx, "select count(*) from audit.tallies").Scan(&counts); err != nil || counts != 0 {
		t.Errorf("%d counts after a week, %v", counts, err)
	}
	if seq, problem := b.found(t, nil); seq != 0 {
		t.Errorf("entry %d: %s", seq, problem)
	}
}

// Nobody can change, delete or invent an entry through the program's login, whoever they are, nor read one.
func TestNobodyChangesTheTrail(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	b.fill(t, b.here, 3)
	for _, sql := range []string{
		"update audit.entries set roles = 'x'", "delete from audit.entries", "truncate audit.entries", "insert into audit.entries select * from audit.entries",
		"update audit.heads set seq = 1", "delete from audit.heads", "truncate audit.heads",
	} {
		if _, err := b.API.Pool().Exec(ctx, sql); err == nil {
			t.Errorf("the API's login may %s", sql)
		}
		switch _, err := b.Admin.Exec(ctx, sql); {
		case sql == "update audit.heads set seq = 1": // the owner of the tables may, and Verify finds it
		case err == nil:
			t.Errorf("the owner may %s without taking the trigger off", sql)
		}
	}
	for _, caller := range []scope.Caller{scope.Guardian, scope.Staff, scope.Applicant, scope.SignIn, scope.Machine, scope.Register} {
		var n int
		if err := b.API.Reader(scope.Of(b.here, caller)).QueryRow(ctx, "select count(*) from audit.entries").Scan(&n); err != nil || n != 0 {
			t.Errorf("as %s %d entries are seen, %v", caller, n, err)
		}
	}
}
