package boot

import (
	"context"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"budstikke.example/migrations/pgtest"
)

// way leads to a server, until it swallows everything on the connections that it has: the server has vanished without a word. New ones reach another.
type way struct {
	net.Listener
	target   string
	vanished atomic.Bool // for the connections so far
}

func newWay(t *testing.T, target string) *way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &way{Listener: l, target: target}
	var open sync.Map
	t.Cleanup(func() {
		_ = l.Close()
		open.Range(func(c, _ any) bool { _ = c.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", w.target)
			if err != nil {
				_ = from.Close()
				continue
			}
			open.Store(from, nil)
			open.Store(to, nil)
			old := !w.vanished.Load()
			go w.pass(from, to, old)
			go w.pass(to, from, old)
		}
	}()
	return w
}

// pass carries what comes from one side to the other. Of a server that has vanished nothing comes any more, not even that a connection has ended.
func (w *way) pass(from, to net.Conn, old bool) {
	part := make([]byte, 1<<12)
	for {
		n, err := from.Read(part)
		if old && w.vanished.Load() {
			_, _ = io.Copy(io.Discard, from)
			return
		}
		if _, failed := to.Write(part[:n]); err != nil || failed != nil {
			_ = from.Close()
			_ = to.Close()
			return
		}
	}
}

// B3: a server that has vanished without a word keeps no place in the pool for long: who comes next reaches the one in its place. pgx alone waits 15 s for it
// to say farewell.
func TestAServerThatHasVanishedIsLeftSoon(t *testing.T) {
	t.Parallel()
	address, err := url.Parse(pgtest.New(t).APIURL)
	if err != nil {
		t.Fatal(err)
	}
	way := newWay(t, address.Host)
	address.Host = way.Addr().String()
	var s Settings
	s.Database.URL, s.Database.Connections, s.Database.StatementTime = Secret(address.String()), 3, 5*time.Second
	db, err := OpenDatabase(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	pool := db.Pool()
	openAll(t.Context(), pool)
	held := make([]*pgxpool.Conn, 3)
	for i := range held {
		if held[i], err = pool.Acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	way.vanished.Store(true)
	for _, conn := range held {
		given, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		if _, err := conn.Exec(given, "select 1"); err == nil {
			t.Fatal("a server that has vanished has answered")
		}
		cancel()
		conn.Release()
	}
	patient, done := context.WithTimeout(t.Context(), 10*time.Second)
	defer done()
	if _, err := pool.Exec(patient, "select 1"); err != nil {
		t.Errorf("10 s after the server has vanished, nobody reaches the one in its place: %v", err)
	}
}
