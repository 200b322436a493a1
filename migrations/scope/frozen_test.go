package scope_test

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"budstikke.example/migrations/scope"
)

// ice stops the answers of a server.
type ice struct {
	frozen     atomic.Bool
	thaw       chan struct{}
	once       sync.Once
	impatience chan struct{} // closed when somebody has given a frozen connection up
}

// stuck is a connection whose server can stop answering.
type stuck struct {
	net.Conn
	*ice
}

// Read implements net.Conn.
func (s stuck) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	if !s.frozen.Load() {
		return n, err
	}
	select {
	case <-s.thaw:
		return n, err
	case <-s.impatience:
		return 0, os.ErrDeadlineExceeded
	}
}

// SetDeadline implements net.Conn. A driver that gives up sets one that has passed.
func (s stuck) SetDeadline(t time.Time) error {
	if s.frozen.Load() && !t.IsZero() && t.Before(time.Now()) {
		s.once.Do(func() { close(s.impatience) })
	}
	return s.Conn.SetDeadline(t)
}

// B3: whoever has given up does not wait until a database that stands still has rolled back, or until that is given up, too.
func TestNobodyWaitsForTheRollback(t *testing.T) {
	t.Parallel()
	b := setup(t)
	config := b.API.Pool().Config()
	server := &ice{thaw: make(chan struct{}), impatience: make(chan struct{})}
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		return stuck{c, server}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	t.Cleanup(func() { close(server.thaw) })
	ctx, cancel := context.WithCancel(t.Context())
	err = scope.New(pool, time.Now).WithScope(ctx, scope.Of(b.here, scope.SignIn), func(tx *scope.Tx) error {
		if _, err := tx.Exec(ctx, "select 1"); err != nil {
			t.Error(err)
		}
		server.frozen.Store(true)
		cancel()
		return context.Canceled
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	select {
	case <-server.impatience:
		t.Error("it returned only when the rollback was given up")
	default:
	}
}
