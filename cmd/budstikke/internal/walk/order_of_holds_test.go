package walk_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/auth"
	"budstikke.example/migrations/scope"
)

// puttingOut is a way of ending what somebody was let in by, and who that is.
type puttingOut struct {
	name string
	of   func(t *testing.T, x *exit) *leaver
	end  func(x *exit, l *leaver) func(tx *scope.Tx) error
}

var puttingsOut = []puttingOut{
	{"deactivation", oneChild, func(x *exit, l *leaver) func(tx *scope.Tx) error { return x.deactivates(l.guardianship) }},
	{"end of a guardian's account", oneChild, func(x *exit, l *leaver) func(tx *scope.Tx) error { return x.endsGuardian(l.guardianship) }},
	{"end of a role", anEmployee, func(x *exit, l *leaver) func(tx *scope.Tx) error {
		return x.says("select app.end_staff_role($1, null)", l.role)
	}},
	{"leave", anEmployee, func(x *exit, l *leaver) func(tx *scope.Tx) error {
		return x.says("select app.keep_leave($1, $2, $3, now(), null, now())", newID(), l.person, x.institution(kindergarten))
	}},
	{"end of an account for work", anEmployee, func(x *exit, l *leaver) func(tx *scope.Tx) error { return x.endsWork(l.person) }},
}

// TestEndingsAndWritesTakeTurns holds a write and an ending of whoever writes open at the same time, in both orders (V15): neither is given up because each
// waits for the other. A write that holds its ground is carried out, and the ending comes after it; of an ending that has begun the write is refused. It goes
// past the program, which would try once more what was given up.
func TestEndingsAndWritesTakeTurns(t *testing.T) {
	t.Parallel()
	x := newExit(t)
	x.exec("create function public.wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(4242); return new; end $$")
	for _, table := range []string{"app.guardianship_access", "app.staff_roles", "auth.sessions"} {
		x.exec("create trigger zz_wait_here before update on " + table + " for each row execute function public.wait_here()")
	}
	for _, p := range puttingsOut {
		for _, early := range []bool{false, true} { // what outlasts a request holds its ground from early on
			t.Run(fmt.Sprintf("%s comes second, early %t", p.name, early), func(t *testing.T) { //nolint:paralleltest // one after the other: who waits is counted
				l, goOn := p.of(t, x), make(chan struct{})
				w := x.writes(t, l, early, goOn)
				select {
				case <-w.stands:
				case err := <-w.over:
					t.Fatalf("the write was refused before anything ended: %v", err)
				}
				ended := make(chan error, 1)
				go func() { ended <- x.ends(&begun{}, p.end(x, l)) }()
				over := x.untilEnds(t, ended, 1)
				close(goOn)
				if err := <-w.over; err != nil {
					t.Errorf("the write was begun first: %v", err)
				}
				if over == nil {
					err := <-ended
					over = &err
				}
				if *over != nil {
					t.Errorf("the ending came second: %v", *over)
				}
				x.isOut(t, l)
			})
			t.Run(fmt.Sprintf("%s comes first, early %t", p.name, early), func(t *testing.T) { //nolint:paralleltest // as above
				l, goOn := p.of(t, x), make(chan struct{})
				close(goOn)
				hold, err := x.Admin.Begin(x.ctx)
				must(t, err)
				defer func() { _ = hold.Rollback(context.WithoutCancel(x.ctx)) }()
				_, err = hold.Exec(x.ctx, "select pg_advisory_xact_lock($1)", heldHere)
				must(t, err)
				ended := make(chan error, 1)
				go func() { ended <- x.ends(&begun{}, p.end(x, l)) }()
				if over := x.untilEnds(t, ended, 1); over != nil {
					t.Fatalf("the ending did not wait: %v", *over)
				}
				w := x.writes(t, l, early, goOn)
				if over := x.untilEnds(t, w.over, 2); over != nil {
					t.Fatalf("the write did not wait: %v", *over)
				}
				must(t, hold.Commit(x.ctx))
				if err := <-ended; err != nil {
					t.Errorf("the ending came first: %v", err)
				}
				if err := <-w.over; !refused(err) {
					t.Errorf("the write came second: %v", err)
				}
				x.isOut(t, l)
			})
		}
	}
}

// refused tells whether a transaction was not carried out because its ground was gone, which is no deadlock.
func refused(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, scope.ErrNoSession) || errors.As(err, &pg) && pg.Code == "40001"
}

// writing is a transaction of somebody who is let in, which has something to commit.
type writing struct {
	stands chan struct{} // closed when it has asked whether it still stands, or, early, when it has held its ground
	over   chan error
}

// writes begins one, which asks for its ground right before its commit as every write of the program does.
func (x *exit) writes(t *testing.T, l *leaver, early bool, goOn <-chan struct{}) writing {
	t.Helper()
	c, err := auth.ParseToken(l.session.access)
	must(t, err)
	w := writing{stands: make(chan struct{}), over: make(chan error, 1)}
	go func() {
		w.over <- x.API.WithScope(x.tb.Context(), scope.ByToken(x.here, c.Digest, l.kind), func(tx *scope.Tx) error {
			if _, err := tx.Exec(x.ctx, "select pg_current_xact_id()"); err != nil {
				return err
			}
			if early {
				if err := tx.Hold(x.ctx); err != nil {
					return err
				}
				close(w.stands)
				<-goOn
			}
			me, err := tx.Person(x.ctx)
			if err != nil {
				return err
			}
			_, err = tx.Exec(x.ctx, "select auth.still_stands($1, $2)", me.Session, me.ID)
			if !early && err == nil {
				close(w.stands)
				<-goOn
			}
			return err
		})
	}()
	return w
}

// deactivates takes a guardian's access away as SaveDecision does.
func (x *exit) deactivates(guardianship uuid.UUID) func(tx *scope.Tx) error {
	return func(tx *scope.Tx) error {
		_, err := tx.Exec(x.ctx, `insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
			select municipality_id, gen_random_uuid(), guardianship_id, institution_id, 'inactive', 'Flyttar.', scope.person(), now()
			from app.guardianship_access where guardianship_id = $1`, guardianship)
		if err != nil {
			return err
		}
		_, err = tx.Exec(x.ctx, `update app.guardianship_access set status = 'inactive', version = version + 1, changed_at = now(), changed_by = scope.person()
			where guardianship_id = $1`, guardianship)
		return err
	}
}

// says has the database do something that answers whether it was done.
func (x *exit) says(sql string, args ...any) func(tx *scope.Tx) error {
	return func(tx *scope.Tx) error {
		var done bool
		if err := tx.QueryRow(x.ctx, sql, args...).Scan(&done); err != nil {
			return err
		}
		if !done {
			return fmt.Errorf("%s was not done", sql)
		}
		return nil
	}
}

// untilEnds returns when so many wait for a lock, which gives nil, or when a transaction is over.
func (x *exit) untilEnds(t *testing.T, ended chan error, waiting int) (over *error) {
	t.Helper()
	must(t, x.until(func() bool {
		select {
		case err := <-ended:
			over = &err
			return true
		default:
			return x.waiting() >= waiting
		}
	}))
	return over
}

// isOut checks that the ending has taken the session along.
func (x *exit) isOut(t *testing.T, l *leaver) {
	t.Helper()
	path := "/v1/guardian/children"
	if l.kind == scope.Staff {
		path = "/v1/staff/institutions"
	}
	if got := x.doIn(t, call{path: path, token: l.session.access}); got.status < 400 {
		t.Errorf("who was put out is answered %s", got.wire())
	}
}
