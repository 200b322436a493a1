package queue_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"budstikke.example/notify/queue"
)

// A Redis that is not there costs a request a moment, and the next ones nothing.
func TestAway(t *testing.T) {
	t.Parallel()
	q := server{url: "redis://" + closedPort(t) + "/0"}.open(t, "a")
	ctx := context.Background()
	if err := q.Ring(ctx, refs(1, critical)); err == nil || errors.Is(err, queue.ErrAway) {
		t.Fatalf("first Ring = %v, want the connection's error", err)
	}
	if err := q.Ring(ctx, refs(1, critical)); !errors.Is(err, queue.ErrAway) {
		t.Fatalf("second Ring = %v, want ErrAway", err)
	}
	if _, err := readAny(q); err == nil {
		t.Fatal("Read from nowhere gave no error")
	}
	if q.Ping(ctx) == nil || q.Check(ctx) == nil {
		t.Fatal("Ping and Check of nowhere gave no error")
	}
	if _, err := q.Fronts(ctx, belts(here, critical)); err == nil {
		t.Fatal("Fronts of nowhere gave no error")
	}
}

func readAny(q worker) ([]queue.Message, error) {
	q.Known(belts(here, critical))
	return q.Read(context.Background(), critical, 1, nil)
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A Redis that accepts and never answers must not hold anybody longer than the deadlines say.
func TestSilentRedisIsGivenUp(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	q := server{url: "redis://" + l.Addr().String() + "/0"}.open(t, "a")
	began := time.Now()
	if err := q.Ring(context.Background(), refs(1, critical)); err == nil {
		t.Fatal("a silent Redis took a ref")
	}
	if _, err := readAny(q); err == nil {
		t.Fatal("a silent Redis gave refs")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Fatalf("it took %s", took)
	}
}

func TestOpenKeepsThePasswordToItself(t *testing.T) {
	t.Parallel()
	_, err := queue.Open(queue.Config{URL: "http://:secret@host:1/x"})
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Fatalf("Open = %v", err)
	}
}

func TestCheck(t *testing.T) {
	onEach(t, func(t *testing.T, s server) {
		if err := s.open(t, "a").Check(context.Background()); err != nil {
			t.Fatal(err) // the test server has no memory limit
		}
	})
}
