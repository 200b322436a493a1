package live_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/live"
	"budstikke.example/app/postgres"
)

// database answers what a test lets it know.
type database struct {
	mu    sync.Mutex
	heard postgres.Heard
	err   error
	hangs bool
	asked int
}

func (d *database) ask(ctx context.Context, ears []postgres.Ear) ([]postgres.Heard, error) {
	d.mu.Lock()
	heard, err, hangs := d.heard, d.err, d.hangs
	d.asked++
	d.mu.Unlock()
	if hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	answers := make([]postgres.Heard, len(ears))
	for i := range answers {
		answers[i] = heard
	}
	return answers, err
}

func (d *database) set(change func(d *database)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change(d)
}

func setup(t *testing.T, config live.Config) (*live.Hub, *database) {
	t.Helper()
	d := &database{heard: postgres.Heard{Access: "one child"}}
	hub := live.New(config, d.ask)
	t.Cleanup(hub.Close)
	return hub, d
}

func open(t *testing.T, hub *live.Hub) (*live.Stream, *bufio.Reader) {
	t.Helper()
	s, err := hub.Open(t.Context(), postgres.Ear{Session: uuid.New()})
	if err != nil {
		t.Fatal(err)
	}
	return s, bufio.NewReader(s)
}

// line reads until a line that begins with a word; "" at the end of the stream.
func line(r *bufio.Reader, prefix string) string {
	for {
		text, err := r.ReadString('\n')
		if err != nil {
			return ""
		}
		if strings.HasPrefix(text, prefix) {
			return strings.TrimSpace(text)
		}
	}
}

func news(id byte) postgres.News {
	return postgres.News{ID: uuid.UUID{id}, Kind: "message_posted", Subject: uuid.UUID{9, id}, At: time.Date(2026, 11, 23, 6, 12, 0, 0, time.UTC)}
}

func TestEachNoticeIsToldOnceAndNothingOfBefore(t *testing.T) {
	t.Parallel()
	hub, d := setup(t, live.Config{})
	d.set(func(d *database) { d.heard.News = []postgres.News{news(1)} })
	_, r := open(t, hub)
	d.set(func(d *database) { d.heard.News = []postgres.News{news(1), news(2)} })
	if got := line(r, "data:"); !strings.Contains(got, news(2).ID.String()) || !strings.Contains(got, `"kind":"message_posted"`) {
		t.Errorf("told %s", got)
	}
	d.set(func(d *database) { d.heard.News = []postgres.News{news(1), news(2), news(3)} })
	if got := line(r, "data:"); !strings.Contains(got, news(3).ID.String()) {
		t.Errorf("told %s", got)
	}
}

// V15: whatever the database says of the credential, or does not say, ends the stream within two seconds.
func TestStreamEnds(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(d *database){
		"when the credential opens nothing":    func(d *database) { d.heard = postgres.Heard{Over: true} },
		"when the access has changed":          func(d *database) { d.heard.Access = "no child" },
		"when the database says no":            func(d *database) { d.err = errors.New("connection refused") },
		"when the database does not answer":    func(d *database) { d.hangs = true },
		"when there is more than can be asked": func(d *database) { d.heard.News = make([]postgres.News, postgres.MostNews) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			hub, d := setup(t, live.Config{})
			_, r := open(t, hub)
			d.set(change)
			begin := time.Now()
			if got := line(r, "data:"); got != "" {
				t.Errorf("told %s", got)
			}
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("it took %s", took)
			}
			if n := hub.Streams(); n != 0 {
				t.Errorf("%d streams are counted", n)
			}
		})
	}
}

// A question that fails once is asked again before anybody has waited for too long.
func TestQuestionThatFailsOnceEndsNothing(t *testing.T) {
	t.Parallel()
	hub, d := setup(t, live.Config{})
	_, r := open(t, hub)
	d.set(func(d *database) { d.err = errors.New("connection refused") })
	asked := d.count()
	wait(t, func() bool { return d.count() > asked })
	d.set(func(d *database) { d.err, d.heard.News = nil, []postgres.News{news(1)} })
	if got := line(r, "data:"); !strings.Contains(got, news(1).ID.String()) {
		t.Errorf("told %q", got)
	}
}

// What waited for a client that does not read is not written any more once the stream has ended, and its deadline of writing is cut short.
func TestNothingIsToldAfterTheEnd(t *testing.T) {
	t.Parallel()
	hub, d := setup(t, live.Config{})
	s, _ := open(t, hub)
	deadlines := make(chan time.Time, 10)
	s.Bind(func(at time.Time) error { deadlines <- at; return nil })
	d.set(func(d *database) { d.heard.News = []postgres.News{news(1)} })
	wait(t, func() bool { return d.count() > 2 })
	d.set(func(d *database) { d.heard.Over = true })
	if at := <-deadlines; time.Until(at) > time.Second {
		t.Errorf("a write that hangs may go on for %s", time.Until(at))
	}
	if text, err := io.ReadAll(s); err != nil || len(text) != 0 {
		t.Errorf("after the end %q was read, %v", text, err)
	}
}

func (d *database) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.asked
}

func wait(t *testing.T, until func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !until(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("waited for too long")
		}
	}
}

// A client that does not read is let go before it costs much.
func TestSlowReaderIsLetGo(t *testing.T) {
	t.Parallel()
	hub, d := setup(t, live.Config{})
	open(t, hub)
	n := 0
	wait(t, func() bool {
		d.set(func(d *database) {
			d.heard.News = nil
			for range postgres.MostNews - 1 {
				n++
				d.heard.News = append(d.heard.News, postgres.News{ID: uuid.New(), Kind: "message_posted"})
			}
		})
		return hub.Streams() == 0
	})
}

func TestSilenceIsBroken(t *testing.T) {
	t.Parallel()
	hub, _ := setup(t, live.Config{Heartbeat: 20 * time.Millisecond, Lifetime: 200 * time.Millisecond})
	_, r := open(t, hub)
	line(r, ": you are listening")
	if got := line(r, ":"); got != ":" {
		t.Errorf("in silence came %q", got)
	}
	for line(r, ":") != "" { // and it lasts as long as it may
	}
	if n := hub.Streams(); n != 0 {
		t.Errorf("%d streams outlived their time", n)
	}
}

func TestStreamsOfASessionAndOfAProcessAreBounded(t *testing.T) {
	t.Parallel()
	hub, d := setup(t, live.Config{Most: 3, MostPerSession: 2})
	session := postgres.Ear{Session: uuid.New()}
	for range 2 {
		if _, err := hub.Open(t.Context(), session); err != nil {
			t.Fatal(err)
		}
	}
	var fault *app.Fault
	if _, err := hub.Open(t.Context(), session); !errors.As(err, &fault) || fault.Kind != app.TooMany || fault.RetryAfter == 0 {
		t.Errorf("a third of one session: %v", err)
	}
	third, _ := open(t, hub)
	if _, err := hub.Open(t.Context(), postgres.Ear{Session: uuid.New()}); !errors.As(err, &fault) || fault.Kind != app.Unavailable || fault.RetryAfter == 0 {
		t.Errorf("a fourth of the process: %v", err)
	}
	_ = third.Close()
	open(t, hub)
	_, _ = hub.Open(t.Context(), postgres.Ear{}) // full again
	d.set(func(d *database) { d.heard.Over = true })
	wait(t, func() bool { return hub.Streams() == 0 })
	if _, err := hub.Open(t.Context(), session); !errors.Is(err, app.ErrSignInRequired) || hub.Streams() != 0 {
		t.Errorf("with a credential that opens nothing: %v, %d streams", err, hub.Streams())
	}
}

// A hub that nobody listens to asks nothing, and one that is closed leaves nothing running.
func TestHubLeavesNothingBehind(t *testing.T) { // not parallel: it counts goroutines
	hub, d := setup(t, live.Config{})
	before := runtime.NumGoroutine()
	for range 3 {
		s, _ := open(t, hub)
		_ = s.Close()
		_ = s.Close()
		wait(t, func() bool { return runtime.NumGoroutine() <= before })
	}
	asked := d.count()
	last, r := open(t, hub)
	hub.Close()
	if got := line(r, "data:"); got != "" || hub.Streams() != 0 {
		t.Errorf("after the end: %q, %d streams", got, hub.Streams())
	}
	if _, err := hub.Open(t.Context(), postgres.Ear{Session: uuid.New()}); err == nil {
		t.Error("a closed hub opened a stream")
	}
	_ = last.Close()
	if n := runtime.NumGoroutine(); n > before {
		t.Errorf("%d goroutines are left, there were %d", n, before)
	}
	if asked < 3 {
		t.Errorf("asked %d times", asked)
	}
}
