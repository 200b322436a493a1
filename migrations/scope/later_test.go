package scope_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations/scope"
)

const (
	addPerson   = "insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'X', 'Y', $3)"
	countPeople = "select count(*) from app.persons where municipality_id = $1"
)

// What waits is seen by what is asked next, leaves with the commit when nothing is, and is gone with a transaction that is not committed.
func TestWhatWaitsLeavesInOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	add := func(tx *scope.Tx) {
		if _, err := tx.Later().Exec(t.Context(), addPerson, b.here, uuid.New(), tx.Now); err != nil {
			t.Error(err)
		}
	}
	count := func(tx *scope.Tx) (n int) {
		if err := tx.Later().QueryRow(t.Context(), countPeople, b.here).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	boom := errors.New("boom")
	var before int
	for name, c := range map[string]struct {
		do    func(tx *scope.Tx) error
		err   error
		after int // people more than before
	}{
		"before the first statement": {func(tx *scope.Tx) error {
			add(tx)
			if n := count(tx); n != before+1 {
				t.Errorf("%d people with one that waited, want %d", n, before+1)
			}
			return nil
		}, nil, 1},
		"between statements": {func(tx *scope.Tx) error {
			n := count(tx)
			add(tx)
			add(tx)
			if now := count(tx); now != n+2 {
				t.Errorf("%d people with two that waited, want %d", now, n+2)
			}
			return nil
		}, nil, 2},
		"with the commit": {func(tx *scope.Tx) error {
			count(tx)
			add(tx)
			return nil
		}, nil, 1},
		"alone": {func(tx *scope.Tx) error {
			add(tx)
			return nil
		}, nil, 1},
		"not at all": {func(tx *scope.Tx) error {
			add(tx)
			count(tx)
			add(tx)
			return boom
		}, boom, 0},
	} {
		var after int
		if err := b.Admin.QueryRow(t.Context(), countPeople, b.here).Scan(&before); err != nil {
			t.Fatal(err)
		}
		if err := b.API.WithScope(t.Context(), scope.Of(b.here, scope.Register), c.do); !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", name, err, c.err)
		}
		if err := b.Admin.QueryRow(t.Context(), countPeople, b.here).Scan(&after); err != nil || after != before+c.after {
			t.Errorf("%s: %d people more, want %d (%v)", name, after-before, c.after, err)
		}
	}
}

// A write that waits and fails is the error of what is asked next, or of the commit, and nothing is kept; a refusal of the gate comes first.
func TestWhatWaitsAndFailsCommitsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	twice := func(tx *scope.Tx) {
		for range 2 {
			if _, err := tx.Later().Exec(t.Context(), addPerson, b.here, b.person, tx.Now); err != nil {
				t.Error(err)
			}
		}
	}
	for name, do := range map[string]func(tx *scope.Tx) error{
		"the first statement": func(tx *scope.Tx) error { twice(tx); _, err := tx.Exec(t.Context(), "select 1"); return err },
		"a later one": func(tx *scope.Tx) error {
			if _, err := tx.Exec(t.Context(), "select 1"); err != nil {
				return err
			}
			twice(tx)
			return tx.QueryRow(t.Context(), countPeople, b.here).Scan(new(int))
		},
		"the commit": func(tx *scope.Tx) error { twice(tx); return nil },
		"the commit, of an error that was dropped": func(tx *scope.Tx) error {
			twice(tx)
			_, _ = tx.Exec(t.Context(), "select 1")
			return nil
		},
		"the commit, of a statement that had no time": func(tx *scope.Tx) error {
			if _, err := tx.Exec(t.Context(), "select 1"); err != nil {
				return err
			}
			twice(tx)
			over, cancel := context.WithCancel(t.Context())
			cancel()
			_, _ = tx.Exec(over, "select 1")
			return nil
		},
	} {
		err := b.API.WithScope(t.Context(), scope.Of(b.here, scope.Register), do)
		var pg *pgconn.PgError
		if err == nil || !strings.HasPrefix(name, "the commit, of") && (!errors.As(err, &pg) || pg.Code != "23505") {
			t.Errorf("%s: %v, want a violation of the key", name, err)
		}
	}
	refusal := &gate{answer: scope.ErrRefused}
	err := b.API.Gated().WithScope(scope.WithGate(t.Context(), refusal), scope.ByToken(b.here, b.digest, scope.Guardian), func(tx *scope.Tx) error {
		_, err := tx.Later().Exec(t.Context(), "insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at) values ($1, '\\x01', '\\x01', now())", b.here)
		return err
	})
	if !errors.Is(err, scope.ErrRefused) {
		t.Errorf("refused: %v", err)
	}
	var left int
	if err := b.Admin.QueryRow(t.Context(), "select (select count(*) from app.persons where id <> $1) + (select count(*) from app.idempotency_keys)", b.person).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows are left, %v", left, err)
	}
}
