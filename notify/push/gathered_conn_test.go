package push

import (
	"bytes"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// gatheredPair is a gathered connection and its other side.
func gatheredPair(t *testing.T) (*gatheredConn, *tls.Conn) {
	t.Helper()
	certificate, roots := testCertificate()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	accepted := make(chan net.Conn, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			accepted <- conn
		}
		close(accepted)
	}()
	raw, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, there := <-accepted
	if !there {
		t.Fatal("nobody was accepted")
	}
	other := tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{certificate}})
	var shaken sync.WaitGroup
	shaken.Go(func() { _ = other.Handshake() })
	ours := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"})
	if err := ours.Handshake(); err != nil {
		t.Fatal(err)
	}
	shaken.Wait()
	c := gathered(ours)
	t.Cleanup(func() { _, _ = c.Close(), other.Close() })
	return c, other
}

// What many write at once arrives whole and each writer's in its order, and Close loses nothing of it.
func TestWhatIsWrittenTogetherArrivesInOrder(t *testing.T) {
	t.Parallel()
	c, other := gatheredPair(t)
	const writers, each = 20, 500
	got := make(chan []byte, 1)
	go func() {
		all, _ := io.ReadAll(other)
		got <- all
	}()
	var writing sync.WaitGroup
	for w := range uint32(writers) {
		writing.Go(func() {
			for n := range uint32(each) {
				if _, err := c.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), n)); err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
			}
		})
	}
	writing.Wait()
	if err := c.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	all, next := bytes.NewReader(<-got), [writers]uint32{}
	for {
		var word [2]uint32
		if err := binary.Read(all, binary.BigEndian, &word); err != nil {
			break
		}
		if word[0] >= writers || word[1] != next[word[0]] {
			t.Fatalf("%v came, want %d of that writer", word, next[word[0]%writers])
		}
		next[word[0]]++
	}
	for w, n := range next {
		if n != each {
			t.Errorf("%d of %d came of writer %d", n, each, w)
		}
	}
	if _, err := c.Write([]byte("late")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write after Close: %v", err)
	}
}

// B3: a provider that takes nothing any more is given up: whoever writes is told, and whoever waits for an answer.
func TestOneThatTakesNothingIsGivenUp(t *testing.T) {
	t.Parallel()
	c, _ := gatheredPair(t) // nobody reads
	failed := make(chan error, 8)
	var writing sync.WaitGroup
	for range 8 {
		writing.Go(func() {
			for {
				if _, err := c.Write(make([]byte, 32<<10)); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	writing.Wait()
	var late net.Error
	for range 8 {
		if err := <-failed; !errors.As(err, &late) || !late.Timeout() {
			t.Errorf("a write failed with %v, want a timeout", err)
		}
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("whoever waits for an answer still does")
	}
	<-c.done
}

// Close does not wait for a provider that takes nothing, lets writers go, and may be called again.
func TestCloseWaitsForNobody(t *testing.T) {
	t.Parallel()
	c, _ := gatheredPair(t) // nobody reads
	began := make(chan struct{})
	var told sync.Once
	var writing sync.WaitGroup
	for range 4 {
		writing.Go(func() {
			for {
				if _, err := c.Write(make([]byte, 32<<10)); err != nil {
					return
				}
				told.Do(func() { close(began) })
			}
		})
	}
	<-began
	closing := time.Now()
	for range 2 {
		writing.Go(func() { _ = c.Close() })
	}
	writing.Wait()
	if took := time.Since(closing); took >= gatheredWithin {
		t.Errorf("Close waited %s for one that takes nothing", took)
	}
}
