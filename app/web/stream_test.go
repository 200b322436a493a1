package web_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/live"
	"budstikke.example/app/postgres"
	"budstikke.example/app/web"
	"budstikke.example/app/web/webtest"
)

// streaming is a server whose streams all come from one hub, and what the database behind it answers.
func streaming(t *testing.T, config live.Config, heard func() postgres.Heard) (*bundle, *listening) {
	t.Helper()
	hub := live.New(config, func(_ context.Context, ears []postgres.Ear) ([]postgres.Heard, error) {
		answers := make([]postgres.Heard, len(ears))
		for i := range answers {
			answers[i] = heard()
		}
		return answers, nil
	})
	b := setup(t, hooks{"OpenStream": func(ctx context.Context, _ any) error { return opened(ctx, hub) }}, func(c *web.Config) {
		c.Streams, c.WriteTimeout, c.RequestTimeout = hub, 50*time.Millisecond, 100*time.Millisecond
	})
	return b, b.listen(t)
}

func (l *listening) open(t *testing.T, b *bundle) *http.Response {
	t.Helper()
	req := b.request("OpenStream")
	req.URL.Scheme, req.URL.Host, req.RequestURI = "http", l.address, ""
	res, err := l.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// A stream outlives what bounds every other answer, a request's time and the time of writing, and is what the contract says; the connection
// serves the next request afterwards.
func TestStreamOutlivesTheRequest(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	var asked atomic.Int32 // the first answer is what was there before, however long it took to come
	b, l := streaming(t, live.Config{Heartbeat: 20 * time.Millisecond, Lifetime: 1200 * time.Millisecond}, func() postgres.Heard {
		heard := postgres.Heard{Access: "as it was"}
		if asked.Add(1) > 1 {
			heard.News = []postgres.News{{ID: uuid.UUID{1}, Kind: "message_posted", Subject: uuid.UUID{2}, At: begin}}
		}
		return heard
	})
	res := l.open(t, b)
	body, err := io.ReadAll(res.Body)
	if err != nil || strings.Count(string(body), "event: notice\n") != 1 || strings.Count(string(body), ":\n\n") < 10 {
		t.Errorf("after %s: %v\n%s", time.Since(begin), err, body)
	}
	webtest.ValidateResponse(t, b.request("OpenStream"), res.StatusCode, res.Header, body)
	if took := time.Since(begin); took < time.Second {
		t.Errorf("it lasted %s", took)
	}
	l.send(t, b.request("GetMe")).want(t, http.StatusOK, "")
	head := b.request("OpenStream")
	head.Method = http.MethodHead
	l.send(t, head).want(t, http.StatusOK, "")
	l.send(t, b.request("GetMe")).want(t, http.StatusOK, "")
}

// Shutdown does not wait for a stream that nobody would end.
func TestShutdownEndsStreams(t *testing.T) {
	t.Parallel()
	b, l := streaming(t, live.Config{}, func() postgres.Heard { return postgres.Heard{Access: "as it was"} })
	lines := bufio.NewReader(l.open(t, b).Body)
	if first, err := lines.ReadString('\n'); err != nil || first != "retry: 2000\n" {
		t.Fatalf("it begins with %q, %v", first, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, lines)
		l.client.CloseIdleConnections()
		ended <- err
	}()
	if err := b.Shutdown(ctx); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if err := <-ended; err != nil {
		t.Errorf("the stream broke off: %v", err)
	}
}
