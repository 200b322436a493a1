package walk_test

import (
	"testing"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/migrations/scope"
)

// chief owns one institution and heads the other, whose owner heads the first.
type chief struct {
	person, heads uuid.UUID // heads is the role that the other may end
	token         string
}

// Two who put each other out of their work at the same moment take turns (V9, V15): the first to begin is carried out, the second is refused and nothing of it
// is done. It goes past the program, which would try once more what the database gives up.
func TestWhoPutEachOtherOutTakeTurns(t *testing.T) {
	t.Parallel()
	x := newExit(t)
	role := func(of, _ chief, _ string) func(tx *scope.Tx) error {
		return x.says("select app.end_staff_role($1, null)", of.heads)
	}
	leave := func(of, _ chief, at string) func(tx *scope.Tx) error {
		return x.says("select app.keep_leave($1, $2, $3, now(), null, now())", newID(), of.person, x.institution(at))
	}
	for name, by := range map[string][2]func(of, by chief, at string) func(tx *scope.Tx) error{
		"role and role": {role, role}, "leave and leave": {leave, leave}, "role and leave": {role, leave}, "leave and role": {leave, role},
	} {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // one after the other: who waits is counted
			a, b := x.chiefs()
			second := make(chan error, 1)
			must(t, x.desk(a, func(tx *scope.Tx) error {
				if err := by[0](b, a, kindergarten)(tx); err != nil {
					return err
				}
				go func() { second <- x.desk(b, by[1](a, b, school)) }()
				over := x.untilEnds(t, second, 1)
				if over != nil {
					t.Errorf("the second did not wait: %v", *over)
					second <- *over
				}
				return nil
			}))
			if err := <-second; !refused(err) {
				t.Errorf("the second to begin: %v", err)
			}
			if n := one[int](x.town, `select count(*) from app.staff_roles r where r.person_id = $1 and r.ended_at is null
				and exists (select from auth.sessions s where s.person_id = r.person_id and s.ended_at is null)
				and not exists (select from app.staff_leaves l where l.person_id = r.person_id)`, a.person); n != 2 {
				t.Errorf("the first keeps %d roles, want both", n)
			}
		})
	}
}

// chiefs are two who can end each other's work: each owns what the other heads.
func (x *exit) chiefs() (a, b chief) {
	x.tb.Helper()
	_, a.person = x.enter("Chief")
	_, b.person = x.enter("Chief")
	for _, r := range []struct {
		of       *chief
		at, role string
	}{{&a, kindergarten, "owner"}, {&a, school, "head"}, {&b, school, "owner"}, {&b, kindergarten, "head"}} {
		id := newID()
		if r.role == "head" {
			r.of.heads = id
		}
		x.exec(`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, $2, $3, $4, $5, $6)`,
			x.here, id, r.of.person, x.institution(r.at), r.role, x.Clock.Now())
	}
	a.token, b.token = x.sessionOf(a.person, scope.Staff, 0), x.sessionOf(b.person, scope.Staff, 0)
	return a, b
}

// desk opens a transaction of somebody who, right before its commit, asks whether they still stand.
func (x *exit) desk(c chief, fn func(tx *scope.Tx) error) error {
	k, err := auth.ParseToken(c.token)
	if err != nil {
		return err
	}
	return x.API.WithScope(x.tb.Context(), scope.ByToken(x.here, k.Digest, scope.Staff), func(tx *scope.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		me, err := tx.Person(x.ctx)
		if err != nil {
			return err
		}
		_, err = tx.Exec(x.ctx, "select auth.still_stands($1, $2)", me.Session, me.ID)
		return err
	})
}
