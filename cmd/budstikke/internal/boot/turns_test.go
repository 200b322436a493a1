package boot

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// B3: a server that stands still is not asked by everybody at once; whoever is done, gives up or takes too long lets the next one try.
func TestConnectionsAreOpenedInTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const atOnce = 2
		turns := newTurns(atOnce)
		made := make(chan net.Conn, 10)
		var asked atomic.Int32
		dial := func(ctx context.Context) (net.Conn, error) {
			return turns.dial(ctx, func(context.Context, string, string) (net.Conn, error) {
				asked.Add(1)
				c, _ := net.Pipe()
				return c, nil
			}, "tcp", "db:5432")
		}
		ctx, cancel := context.WithCancel(t.Context())
		for range 7 {
			go func() {
				if c, err := dial(ctx); err == nil {
					made <- c
				}
			}()
		}
		want := func(n int, after string) {
			t.Helper()
			if synctest.Wait(); int(asked.Load()) != n {
				t.Errorf("%s, %d were asked for, want %d", after, asked.Load(), n)
			}
		}
		want(atOnce, "at first")
		opened(<-made)
		want(atOnce+1, "when one is open")
		_ = (<-made).Close()
		want(atOnce+2, "when one was closed")
		for range atOnce {
			opened(<-made)
		}
		want(2*atOnce+2, "when those are open")
		cancel()
		want(2*atOnce+2, "when nobody waits any more")
		if _, err := dial(ctx); err == nil {
			t.Error("somebody who has given up was let through")
		}
		before, began := asked.Load(), time.Now() // by the clock of the bubble, which does not wait
		for range 2 {
			c, err := dial(context.Background())
			if err != nil {
				t.Fatalf("those that take too long keep others waiting: %v", err)
			}
			defer c.Close()
		}
		if took := time.Since(began); asked.Load() != before+2 || took < turnAtMost || took > 2*turnAtMost {
			t.Errorf("beside two that do not end two more were let through after %s, want one in %s", took, turnAtMost)
		}
		for range atOnce {
			_ = (<-made).Close()
		}
	})
}

// B3: where a server stands still, its statements are cancelled one at a time, and nobody waits for it for long.
func TestStatementsAreCancelledOneAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := newTurns(1)
		reach := func(context.Context, string, string) (net.Conn, error) {
			c, _ := net.Pipe()
			return c, nil
		}
		first, err := turns.cancel(t.Context(), reach, "tcp", "db:5432")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := turns.cancel(t.Context(), reach, "tcp", "db:5432"); !errors.Is(err, errNotCancelled) {
			t.Errorf("a second beside it: %v", err)
		}
		began := time.Now()
		if _, err := first.Read(make([]byte, 1)); err == nil || time.Since(began) > farewellAtMost {
			t.Errorf("it waited %s for the server: %v", time.Since(began), err)
		}
		_ = first.Close()
		results := make(chan error)
		for range 5 { // that give up at the same time; the server takes one after the other
			go func() {
				c, err := turns.cancel(t.Context(), reach, "tcp", "db:5432")
				if err == nil {
					<-time.After(cancelWithin * 3 / 4)
					_ = c.Close()
				}
				results <- err
			}()
		}
		for range 5 {
			if err := <-results; err != nil {
				t.Error("the server takes requests, and one was not made:", err)
			}
		}
	})
}
