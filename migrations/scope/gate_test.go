package scope_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// gate answers as it is told and remembers what it was asked.
type gate struct {
	noun   string
	id     uuid.UUID
	answer error
	asked  int
	facts  scope.Facts
}

func (g *gate) About() (string, uuid.UUID) { return g.noun, g.id }

func (g *gate) Admit(_ scope.Person, f scope.Facts) error {
	g.asked, g.facts = g.asked+1, f
	return g.answer
}

func (g *gate) Unnamed() error { return g.answer }

// Nobody reads or writes through a gated door before somebody decided about it, and what is refused leaves nothing behind.
func TestNothingPassesAGatedDoorUndecided(t *testing.T) {
	t.Parallel()
	b := setup(t)
	door, s := b.API.Gated(), scope.ByToken(b.here, b.digest, scope.Guardian)
	const look = "select count(*) from app.persons"
	write := func(ctx context.Context) error {
		return door.WithScope(ctx, s, func(tx *scope.Tx) error {
			_, err := tx.Exec(ctx, "insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at) values ($1, '\\x01', '\\x01', now())", b.here)
			return err
		})
	}
	read := func(ctx context.Context) (n int, err error) {
		err = door.Reader(s).QueryRow(ctx, look).Scan(&n)
		return n, err
	}
	for name, c := range map[string]struct {
		ctx  context.Context
		want error
	}{
		"without a gate": {t.Context(), scope.ErrNoGate},
		"refused":        {scope.WithGate(t.Context(), &gate{answer: scope.ErrRefused}), scope.ErrRefused},
		"unknown":        {scope.WithGate(t.Context(), &gate{answer: scope.ErrUnknown}), scope.ErrUnknown},
		"by a program":   {scope.ByProgram(t.Context()), scope.ErrRefused}, // it has no business with anybody's credential
	} {
		if n, err := read(c.ctx); !errors.Is(err, c.want) || n != 0 {
			t.Errorf("%s: read %d, %v, want %v", name, n, err, c.want)
		}
		if err := write(c.ctx); !errors.Is(err, c.want) {
			t.Errorf("%s: write %v, want %v", name, err, c.want)
		}
	}
	var left int
	if err := b.Admin.QueryRow(t.Context(), "select count(*) from app.idempotency_keys").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows of refused writes are left, %v", left, err)
	}
	if n, err := read(scope.WithGate(t.Context(), &gate{})); err != nil || n != 1 {
		t.Errorf("admitted: read %d, %v", n, err)
	}
	if err := door.WithScope(scope.ByProgram(t.Context()), scope.Of(b.here, scope.SignIn), func(tx *scope.Tx) error {
		_, err := tx.Exec(t.Context(), "select 1")
		return err
	}); err != nil {
		t.Errorf("a program by itself: %v", err)
	}
}

// The gate hears what the database knows, and of another municipality's things that there are none.
func TestGateHearsTheFacts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	child, institution := uuid.New(), uuid.New()
	b.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'C', 'D', now())`, b.here, child)
	b.exec(t, `insert into app.institutions (municipality_id, id, kind, name, created_at) values ($1, $2, 'school', 'S', now())`, b.here, institution)
	b.exec(t, `insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at) values ($1, gen_random_uuid(), $2, $3, now())`, b.here, child, institution)
	b.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at) values ($1, gen_random_uuid(), $2, $3, true, '', now())`,
		b.here, child, b.person)
	foreign := uuid.New()
	b.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'E', 'F', now())`, b.elsewhere, foreign)
	ask := func(noun string, id uuid.UUID) scope.Facts {
		t.Helper()
		g := &gate{noun: noun, id: id}
		var n int
		if err := b.API.Reader(scope.ByToken(b.here, b.digest, scope.Guardian)).QueryRow(scope.WithGate(t.Context(), g), "select 1").Scan(&n); err != nil || g.asked != 1 {
			t.Fatalf("%s: %v, asked %d times", noun, err, g.asked)
		}
		return g.facts
	}
	if f := ask("child", child); !f.Found || f.Relation != "inactive" || f.Access || f.Moment.IsZero() {
		t.Errorf("an inactive guardian: %+v", f)
	}
	b.exec(t, "update app.guardianships set status = 'active'")
	if f := ask("child", child); !f.Access || f.Relation != "active" {
		t.Errorf("an active guardian: %+v", f)
	}
	if f := ask("institution", institution); !f.Place {
		t.Errorf("their institution: %+v", f)
	}
	for _, noun := range []string{"child", "absence", "conversation", "institution", "guardianship", "alert"} {
		if f := ask(noun, foreign); f.Found || f.Access || f.Place || len(f.Roles) != 0 {
			t.Errorf("%s of another municipality: %+v", noun, f)
		}
	}
}

// A flow that drops the first refusal and goes on is refused again with every statement, and its commit keeps nothing (P1).
func TestRefusalThatIsDroppedStaysOne(t *testing.T) {
	t.Parallel()
	b := setup(t)
	door, s := b.API.Gated(), scope.ByToken(b.here, b.digest, scope.Guardian)
	const write = "insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at) values ($1, '\\x01', '\\x01', now())"
	for name, c := range map[string]struct {
		scope scope.Scope
		gate  scope.Gate
		want  error
	}{
		"refused":    {s, &gate{answer: scope.ErrRefused}, scope.ErrRefused},
		"unknown":    {s, &gate{answer: scope.ErrUnknown}, scope.ErrUnknown},
		"no session": {scope.ByToken(b.here, [32]byte{}, scope.Guardian), &gate{}, scope.ErrNoSession},
	} {
		ctx := scope.WithGate(t.Context(), c.gate)
		err := door.WithScope(ctx, c.scope, func(tx *scope.Tx) error {
			if _, err := tx.Exec(ctx, "select 1"); err == nil {
				t.Errorf("%s: let in", name)
			}
			if _, err := tx.Exec(ctx, write, b.here); err == nil {
				t.Errorf("%s: wrote after it", name)
			}
			if rows, err := tx.Query(ctx, "select 1"); err == nil {
				rows.Close()
				t.Errorf("%s: asked after it", name)
			}
			var n int
			if err := tx.QueryRow(ctx, "select 1").Scan(&n); err == nil {
				t.Errorf("%s: read a row after it", name)
			}
			if tx.Refused() == nil {
				t.Errorf("%s: does not say that it was refused", name)
			}
			tx.Last(write, b.here)
			return nil
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: committed with %v, want %v", name, err, c.want)
		}
	}
	var left int
	if err := b.Admin.QueryRow(t.Context(), "select count(*) from app.idempotency_keys").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows of refused writes are left, %v", left, err)
	}
}
