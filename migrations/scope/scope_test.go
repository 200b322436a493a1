package scope_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
)

type bundle struct {
	*pgtest.Database
	here, elsewhere uuid.UUID // two municipalities
	person, session uuid.UUID // a guardian of the first, and their session
	digest          [32]byte
}

func setup(t *testing.T) *bundle {
	t.Helper()
	b := &bundle{
		Database: pgtest.New(t), here: uuid.New(), elsewhere: uuid.New(), person: uuid.New(), session: uuid.New(),
		digest: sha256.Sum256([]byte("token")),
	}
	account := uuid.New()
	for _, m := range []uuid.UUID{b.here, b.elsewhere} {
		b.exec(t, `insert into app.municipalities values ($1, 'm-' || left($2, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, m, m.String())
	}
	b.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now())`, b.here, b.person)
	b.exec(t, `insert into auth.accounts values ($1, $2, $3, 'guardian', now())`, b.here, account, b.person)
	b.exec(t, `insert into auth.sessions values ($1, $2, $3, 'guardian', $4, $5, true, now(), $6)`,
		b.here, b.session, b.digest[:], b.person, account, b.Clock.Now().Add(time.Hour))
	return b
}

func (b *bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := b.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// me asks who the transaction runs for, through the same settings that row-level security reads.
func me(ctx context.Context, tx *scope.Tx) (municipality, person uuid.UUID, err error) {
	err = tx.QueryRow(ctx, "select scope.municipality(), scope.person()").Scan(&municipality, &person)
	return municipality, person, err
}

func TestTokenOpensItsPersonsScope(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	err := b.API.WithScope(ctx, scope.ByToken(b.here, b.digest, scope.Guardian), func(tx *scope.Tx) error {
		municipality, person, err := me(ctx, tx)
		if err != nil {
			return err
		}
		if municipality != b.here || person != b.person {
			t.Errorf("scope is %s %s, want %s %s", municipality, person, b.here, b.person)
		}
		who, err := tx.Person(ctx)
		if err != nil {
			return err
		}
		if who.ID != b.person || who.Session != b.session || who.Caller != scope.Guardian || !who.Strong {
			t.Errorf("Person = %+v", who)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	other := sha256.Sum256([]byte("another token"))
	cases := map[string]struct {
		scope scope.Scope
		want  error
	}{
		"unknown token":           {scope.ByToken(b.here, other, scope.Guardian), scope.ErrNoSession},
		"another municipality":    {scope.ByToken(b.elsewhere, b.digest, scope.Guardian), scope.ErrNoSession},
		"another kind of caller":  {scope.ByToken(b.here, b.digest, scope.Staff), scope.ErrOtherCaller},
		"no kind of caller":       {scope.ByToken(b.here, b.digest), scope.ErrOtherCaller},
		"the zero scope":          {scope.Scope{}, scope.ErrNoSession},
		"a municipality of zeros": {scope.ByToken(uuid.Nil, b.digest, scope.Guardian), scope.ErrNoSession},
	}
	for name, c := range cases {
		ran := false
		err := b.API.WithScope(ctx, c.scope, func(tx *scope.Tx) error {
			if _, _, err := me(ctx, tx); err != nil {
				return err
			}
			ran = true
			return nil
		})
		if !errors.Is(err, c.want) || ran {
			t.Errorf("%s: WithScope = %v, ran %t, want %v", name, err, ran, c.want)
		}
		var n int
		if err := b.API.Reader(c.scope).QueryRow(ctx, "select 1").Scan(&n); !errors.Is(err, c.want) {
			t.Errorf("%s: Reader = %v, want %v", name, err, c.want)
		}
	}
}

// V15: what ended is refused by the statement that would have let it in, without any cache between.
func TestEndedSessionIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	s := scope.ByToken(b.here, b.digest, scope.Guardian)
	ask := func() error {
		var n int
		return b.API.Reader(s).QueryRow(ctx, "select 1").Scan(&n)
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	b.exec(t, "update auth.sessions set ended_at = now()")
	if err := ask(); !errors.Is(err, scope.ErrNoSession) {
		t.Fatalf("after the end: %v, want ErrNoSession", err)
	}
	b.exec(t, "update auth.sessions set ended_at = null")
	b.Clock.Advance(2 * time.Hour)
	if err := ask(); !errors.Is(err, scope.ErrNoSession) {
		t.Fatalf("after the expiry: %v, want ErrNoSession", err)
	}
}

// A connection that served one scope must show nothing of it to whoever gets it next.
func TestScopeDoesNotOutliveItsTransaction(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	s := scope.ByToken(b.here, b.digest, scope.Guardian)
	for range 50 {
		if err := b.API.WithScope(ctx, s, func(tx *scope.Tx) error { _, _, err := me(ctx, tx); return err }); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := b.API.Reader(s).QueryRow(ctx, "select 1").Scan(&n); err != nil {
			t.Fatal(err)
		}
	}
	for range 50 {
		var left string
		if err := b.API.Pool().QueryRow(ctx, "select concat(scope.municipality(), scope.person(), scope.caller())").Scan(&left); err != nil {
			t.Fatal(err)
		}
		if left != "" {
			t.Fatalf("a connection still carries the scope %q", left)
		}
		var rows int
		if err := b.API.Pool().QueryRow(ctx, "select count(*) from app.persons").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		if rows != 0 {
			t.Fatalf("without a scope %d persons are visible, want 0", rows)
		}
	}
}

// B14: what a guardian asks, and a sign-in, is planned once for a connection and by keys; what others ask, for what they ask it about, also by a connection that had a guardian's
// transaction before.
func TestPlansOfAGuardianAreMadeOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for range 2 {
		for _, c := range []struct {
			scope scope.Scope
			want  string
		}{
			{scope.ByToken(b.here, b.digest, scope.Guardian), "force_generic_plan, off, off"},
			{scope.Of(b.here, scope.SignIn), "force_generic_plan, off, off"},
			{scope.ByToken(b.here, b.digest, scope.Guardian, scope.Applicant), "auto, on"},
			{scope.Of(b.here, scope.Register), "auto, on"},
		} {
			const modes = "select current_setting('plan_cache_mode') || ', ' || current_setting('enable_seqscan') || case current_setting('enable_seqscan') when 'off' then ', ' || current_setting('jit') else '' end"
			var alone, within string
			if err := b.API.Reader(c.scope).QueryRow(t.Context(), modes).Scan(&alone); err != nil || alone != c.want {
				t.Errorf("%+v, one query: %q, %v", c.scope, alone, err)
			}
			err := b.API.WithScope(t.Context(), c.scope, func(tx *scope.Tx) error {
				return tx.QueryRow(t.Context(), modes).Scan(&within)
			})
			if err != nil || within != c.want {
				t.Errorf("%+v, a transaction: %q, %v", c.scope, within, err)
			}
		}
	}
}

func TestRollbackKeepsNothingAndFreesTheConnection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	s := scope.Of(b.here, scope.Register)
	boom := errors.New("boom")
	for range 40 { // more often than the pool has connections
		err := b.API.WithScope(ctx, s, func(tx *scope.Tx) error {
			if _, err := tx.Exec(ctx, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'X', 'Y', $3)`,
				b.here, uuid.New(), tx.Now); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("WithScope = %v, want boom", err)
		}
		err = b.API.WithScope(ctx, s, func(tx *scope.Tx) error {
			_, err := tx.Exec(ctx, "select 1/0")
			return err
		})
		if err == nil {
			t.Fatal("a failing first statement gave no error")
		}
	}
	var rows int
	if err := b.Admin.QueryRow(ctx, "select count(*) from app.persons").Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != 1 {
		t.Fatalf("%d persons after rolled back inserts, want the one of the set-up", rows)
	}
}

func TestQueryInTheFirstBatchReturnsItsRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx := context.Background()
	err := b.API.WithScope(ctx, scope.Of(b.here, scope.Register), func(tx *scope.Tx) error {
		rows, err := tx.Query(ctx, "select generate_series(1, 1000)")
		if err != nil {
			return err
		}
		sum := 0
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				return err
			}
			sum += n
		}
		if err := rows.Err(); err != nil || sum != 500500 {
			t.Errorf("sum = %d, err = %v", sum, err)
		}
		_, err = tx.Exec(ctx, "select 1")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
