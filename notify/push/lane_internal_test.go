package push

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"budstikke.example/notify"
)

// warmLane is a lane that has a connection, which the server has accepted a token on, and bears so many requests.
func warmLane(t *testing.T, most int) *lane {
	t.Helper()
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	trusted := x509.NewCertPool()
	trusted.AddCert(server.Certificate())
	l := &lane{
		address: server.Listener.Addr().String(), transport: &http2.Transport{}, width: width{most: most},
		tls: &tls.Config{RootCAs: trusted, ServerName: "example.com", NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12},
	}
	t.Cleanup(func() { _ = l.close(context.Background()) })
	conn, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for conn.State().MaxConcurrentStreams == 0 { // its SETTINGS are on their way
		runtime.Gosched()
	}
	l.release(conn, true, true, false)
	return l
}

// B14: what is critical has the next stream, whoever waited before and whoever comes just then.
func TestCriticalHasTheNextStream(t *testing.T) {
	t.Parallel()
	l := warmLane(t, 1)
	conn, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := make(chan string, 2)
	wait := func(u notify.Urgency) {
		before := l.load()
		ctx, _ := withExchange(t.Context(), u)
		go func() {
			if _, err := l.acquire(ctx); err != nil {
				t.Errorf("%s: %v", u, err)
			}
			got <- string(u)
		}()
		for l.load() == before {
			runtime.Gosched()
		}
	}
	wait(notify.UrgencyRoutine)
	wait(notify.UrgencyCritical)
	l.release(conn, true, true, false)
	if first := <-got; first != string(notify.UrgencyCritical) {
		t.Errorf("%s was first", first)
	}
	l.release(conn, true, true, false)
	<-got
}

// B3: a connection that was cut narrows its lane once, also when somebody who came just then has seen first that it is closed.
func TestACutNarrowsItsLaneWhoeverSeesItFirst(t *testing.T) {
	t.Parallel()
	l := warmLane(t, 100)
	conn, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mate, err := l.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	came := make(chan *http2.ClientConn)
	go func() {
		next, _ := l.acquire(t.Context())
		came <- next
	}()
	for l.load() < 3 { // it has seen it
		runtime.Gosched()
	}
	l.release(conn, false, false, true)
	wide := func(then func()) int {
		l.mu.Lock()
		defer l.mu.Unlock()
		then()
		return l.width.limit()
	}
	if now := wide(func() {}); now != 1 {
		t.Errorf("%d at a time after a cut, want one", now)
	}
	before := wide(l.width.answer)
	l.release(mate, false, false, true) // what was lost with it
	if now := wide(func() {}); before == 1 || now != before {
		t.Errorf("%d at a time after what was lost with it, want %d as before", now, before)
	}
	if next := <-came; next == nil || next == conn {
		t.Error("the lane has no new connection")
	} else {
		l.release(next, true, true, false)
	}
}

// V15: what has waited too long for a connection is given back when there is one, and so is what waits too long after that.
func TestWhatHasWaitedForAConnectionIsGivenBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &lane{width: width{most: 1}, conn: &http2.ClientConn{}}
		early, late := &stream{since: time.Now(), ready: make(chan struct{})}, &stream{ready: make(chan struct{})}
		<-time.After(turnWithin) // by the clock of the bubble
		late.since = time.Now()
		l.inFlight = 1
		l.waiting[0] = []*stream{early, late}
		l.admitLocked()
		if <-early.ready; !errors.Is(early.err, errCrowded) {
			t.Errorf("who has waited %s: %v", turnWithin, early.err)
		}
		if len(l.waiting[0]) != 1 {
			t.Errorf("%d wait, want the one that came last", len(l.waiting[0]))
		}
	})
}
