package boot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// diary records what happens in which order.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, line)
}

// part is one that writes its life into the diary; ready is told when it serves.
func (d *diary) part(name string, ready chan<- string) Part {
	return Part{
		Name:  name,
		Start: func(context.Context) error { d.write("start " + name); return nil },
		Serve: func(ctx context.Context) error {
			ready <- name
			<-ctx.Done()
			d.write("served " + name)
			return ctx.Err()
		},
		Stop: func(context.Context) error { d.write("stop " + name); return nil },
	}
}

var quiet = slog.New(slog.DiscardHandler)

func TestPartsStopInReverseOrderOnASignal(t *testing.T) {
	t.Parallel()
	var d diary
	ready, signals := make(chan string, 3), make(chan os.Signal, 2)
	ended := make(chan error, 1)
	parts := []Part{d.part("pool", ready), d.part("queue", ready), d.part("web", ready)}
	go func() { ended <- run(t.Context(), quiet, signals, parts) }()
	for range parts {
		<-ready
	}
	signals <- syscall.SIGTERM
	if err := <-ended; err != nil {
		t.Errorf("an orderly end is an error: %v", err)
	}
	want := []string{"start pool", "start queue", "start web",
		"stop web", "served web", "stop queue", "served queue", "stop pool", "served pool"}
	if !slices.Equal(d.lines, want) {
		t.Errorf("order\n%v\nwant\n%v", d.lines, want)
	}
}

func TestRunListensToRealSignals(t *testing.T) {
	var d diary
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- Run(context.Background(), quiet, d.part("web", ready)) }()
	<-ready
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTheFirstErrorStopsAll(t *testing.T) {
	t.Parallel()
	var d diary
	ready, broken := make(chan string, 2), errors.New("broken")
	failing := Part{Name: "worker", Serve: func(context.Context) error { <-ready; return broken }}
	err := run(t.Context(), quiet, nil, []Part{d.part("pool", ready), failing})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "worker: broken") {
		t.Errorf("error %v", err)
	}
	if want := []string{"start pool", "stop pool", "served pool"}; !slices.Equal(d.lines, want) {
		t.Errorf("order %v, want %v", d.lines, want)
	}
}

func TestAFailedStartStopsWhatWasStarted(t *testing.T) {
	t.Parallel()
	var d diary
	ready, broken := make(chan string, 2), errors.New("broken")
	failing := Part{Name: "queue", Start: func(context.Context) error { return broken },
		Stop: func(context.Context) error { d.write("stop queue"); return nil }}
	err := run(t.Context(), quiet, nil, []Part{d.part("pool", ready), failing, d.part("web", ready)})
	if !errors.Is(err, broken) || !strings.Contains(err.Error(), "starting queue") {
		t.Errorf("error %v", err)
	}
	if slices.Contains(d.lines, "start web") || slices.Contains(d.lines, "stop queue") || !slices.Contains(d.lines, "stop pool") {
		t.Errorf("what happened: %v", d.lines)
	}
}

func TestAPartThatIsDoneEndsTheProcessWithoutAnError(t *testing.T) {
	t.Parallel()
	err := run(t.Context(), quiet, nil, []Part{{Name: "job", Serve: func(context.Context) error { return nil }}})
	if err != nil {
		t.Error(err)
	}
}

func TestASlowPartLosesItsDeadlineAndTheOthersStillStop(t *testing.T) {
	t.Parallel()
	var d diary
	ready, signals := make(chan string, 2), make(chan os.Signal, 1)
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	slow := d.part("slow", ready)
	slow.StopIn, slow.Stop = time.Millisecond, func(context.Context) error { <-release; return nil }
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), quiet, signals, []Part{d.part("pool", ready), slow}) }()
	<-ready
	<-ready
	signals <- syscall.SIGTERM
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "stopping slow: it did not stop in time") {
		t.Errorf("error %v", err)
	}
	if !slices.Contains(d.lines, "served pool") {
		t.Errorf("the pool was not stopped: %v", d.lines)
	}
}

func TestASecondSignalEndsAllPatience(t *testing.T) {
	t.Parallel()
	signals, stopping, release := make(chan os.Signal, 2), make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	ready := make(chan struct{})
	slow := Part{Name: "slow", StopIn: time.Hour,
		Serve: func(ctx context.Context) error { close(ready); <-ctx.Done(); return nil },
		Stop:  func(context.Context) error { close(stopping); <-release; return nil }}
	ended := make(chan error, 1)
	go func() { ended <- run(t.Context(), quiet, signals, []Part{slow}) }()
	<-ready
	signals <- syscall.SIGINT
	<-stopping
	signals <- syscall.SIGINT
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "stopping slow") {
		t.Errorf("error %v", err)
	}
}

func TestLogFormats(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := NewLog(&out, Process{LogLevel: "warn", LogFormat: "auto"})
	log.Info("not this")
	log.Warn("this", "n", 1)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["msg"] != "this" {
		t.Errorf("not one line of JSON: %q (%v)", out.String(), err)
	}
	out.Reset()
	NewLog(&out, Process{LogFormat: "text"}).Info("readable")
	if !strings.Contains(out.String(), "msg=readable") {
		t.Errorf("text: %q", out.String())
	}
}
