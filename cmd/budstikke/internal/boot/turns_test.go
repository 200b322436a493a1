package boot

import (
	"context"
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
		turns := &turns{free: make(chan struct{}, atOnce), atMost: time.Second}
		made := make(chan net.Conn, 10)
		var asked atomic.Int32
		dial := turns.dial(func(context.Context, string, string) (net.Conn, error) {
			asked.Add(1)
			c, _ := net.Pipe()
			return c, nil
		})
		ctx, cancel := context.WithCancel(t.Context())
		for range 7 {
			go func() {
				if c, err := dial(ctx, "tcp", "db:5432"); err == nil {
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
		_, err := dial(ctx, "tcp", "db:5432")
		if err == nil {
			t.Error("somebody who has given up was let through")
		}
		<-time.After(time.Second + time.Millisecond) // by the clock of the bubble, which does not wait
		_, err = dial(context.Background(), "tcp", "db:5432")
		if err != nil {
			t.Errorf("two that take too long keep others waiting: %v", err)
		}
	})
}
