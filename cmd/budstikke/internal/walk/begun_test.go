package walk_test

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth"
	"budstikke.example/auth/store"
	"budstikke.example/migrations/scope"
)

// beginning is something that outlasts the request that makes it, and what it stands on.
type beginning struct {
	name  string
	table string // where its row is written
	of    func(t *testing.T, x *exit) *begun
}

// begun is one of them, about to be made.
type begun struct {
	begin func() reply
	by    string // whose session ends it; the head's when empty
	end   func(tx *scope.Tx) error
	opens func(reply) bool // whether anything of what was made opens something, or is left to
}

// held keeps whatever is written into a table waiting right after its row, for as long as somebody holds this lock.
const heldHere = 4242

// TestWhatBeginsWhileItsGroundEnds lets each of them begin at the moment at which its ground ends (V15, V12, H4), in both orders: while the ending is not
// committed yet, and so that the ending comes when the row is written and not yet committed. Either it is refused, or it is ended with its ground.
func TestWhatBeginsWhileItsGroundEnds(t *testing.T) {
	t.Parallel()
	x := newExit(t)
	x.exec(`create function public.wait_here() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(4242); return null; end $$`)
	tables := map[string]bool{}
	for _, b := range beginnings {
		if !tables[b.table] {
			tables[b.table] = true
			x.exec("create trigger zz_wait_here after insert or update on " + b.table + " for each statement execute function public.wait_here()")
		}
		for order, race := range map[string]func(*testing.T, *begun) reply{"it ends first": x.endsFirst, "it begins first": x.beginsFirst} {
			t.Run(b.name+", "+order, func(t *testing.T) { //nolint:paralleltest // one after the other: who waits is counted
				x.boss = x.session("Heddavina", scope.Staff, 0) // the oldest of so many sessions ends
				n := b.of(t, x)
				if got := race(t, n); got.status >= http.StatusInternalServerError || n.opens(got) {
					t.Errorf("answered %d %s, and something is open", got.status, got.code)
				}
			})
		}
	}
}

// ends opens a transaction of whoever ends it.
func (x *exit) ends(n *begun, fn func(tx *scope.Tx) error) error {
	c, err := auth.ParseToken(cmp.Or(n.by, x.boss))
	if err != nil {
		return err
	}
	return x.API.WithScope(x.tb.Context(), scope.ByToken(x.here, c.Digest, scope.Staff), fn)
}

// endsFirst begins while the ending has been made and is not committed.
func (x *exit) endsFirst(t *testing.T, n *begun) reply {
	t.Helper()
	answered := make(chan reply, 1)
	must(t, x.ends(n, func(tx *scope.Tx) error {
		if err := n.end(tx); err != nil {
			return err
		}
		go func() { answered <- n.begin() }()
		if err := x.untilWaiting(answered); err != nil {
			return err
		}
		notYet(t, answered)
		return nil
	}))
	return <-answered
}

// beginsFirst ends when the row is written and not committed.
func (x *exit) beginsFirst(t *testing.T, n *begun) reply {
	t.Helper()
	hold, err := x.Admin.Begin(x.ctx)
	must(t, err)
	defer func() { _ = hold.Rollback(context.WithoutCancel(x.ctx)) }()
	_, err = hold.Exec(x.ctx, "select pg_advisory_xact_lock($1)", heldHere)
	must(t, err)
	answered, ended := make(chan reply, 1), make(chan error, 1)
	go func() { answered <- n.begin() }()
	must(t, x.untilWaiting(answered))
	notYet(t, answered)
	go func() { ended <- x.ends(n, n.end) }()
	early := x.untilEither(t, ended)
	must(t, hold.Commit(x.ctx))
	got := <-answered
	if early == nil {
		must(t, <-ended)
	} else {
		must(t, *early)
	}
	return got
}

// notYet makes sure that an answer is waited for: of one that was given before, the test would say nothing.
func notYet(t *testing.T, answered chan reply) {
	t.Helper()
	select {
	case early := <-answered:
		t.Fatalf("it did not wait: %s", early.wire())
	default:
	}
}

// untilWaiting returns when somebody waits for a lock, or has been answered; what was answered is put back.
func (x *exit) untilWaiting(answered chan reply) error {
	return x.until(func() bool {
		select {
		case r := <-answered:
			answered <- r
			return true
		default:
			return x.waiting() > 0
		}
	})
}

// untilEither returns when the ending waits for what has begun, which gives nil, or is over.
func (x *exit) untilEither(t *testing.T, ended chan error) (over *error) {
	t.Helper()
	must(t, x.until(func() bool {
		select {
		case err := <-ended:
			over = &err
			return true
		default:
			return x.waiting() > 1
		}
	}))
	return over
}

// waiting counts who waits for a lock.
func (x *exit) waiting() int {
	return one[int](x.town, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
}

func (x *exit) until(true func() bool) error {
	ctx, cancel := context.WithTimeout(x.ctx, time.Minute)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !true() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("neither waits nor is over: %w", ctx.Err())
		}
	}
	return nil
}

// endsWork ends what somebody signs in with to work at the kindergarten.
func (x *exit) endsWork(person uuid.UUID) func(tx *scope.Tx) error {
	return func(tx *scope.Tx) error {
		ended, err := store.EndStaffAccount(x.ctx, tx, person, x.institution(kindergarten))
		if err == nil && !ended {
			err = fmt.Errorf("the account of %s was not ended", person)
		}
		return err
	}
}
