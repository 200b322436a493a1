package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	budstikke "budstikke.example"
	"budstikke.example/app/guardian"
	"budstikke.example/app/web/contract"
)

func TestEncode(t *testing.T) {
	t.Parallel()
	s := &Server{app: fiber.New(fiber.Config{DisableDefaultContentType: true, DisableStartupMessage: true})}
	etag := `"7"`
	for operation, c := range map[string]struct {
		answer any
		want   kept
	}{
		"ChangeAbsence": {
			guardian.ChangeAbsence200JSONResponse{Body: guardian.Absence{Note: "<å>"}, Headers: guardian.ChangeAbsence200ResponseHeaders{ETag: &etag}},
			kept{Status: 200, Header: [][2]string{{"Content-Type", "application/json"}, {"Etag", `"7"`}}},
		},
		"RegisterDevice": {guardian.RegisterDevice204Response{}, kept{Status: 204}},
	} {
		encoded, err := s.encode(operation, c.answer)
		if err != nil {
			t.Fatal(err)
		}
		var got kept
		if err := json.Unmarshal(encoded, &got); err != nil {
			t.Fatal(err)
		}
		if got.Status != c.want.Status || len(got.Header) != len(c.want.Header) || (len(got.Body) > 0) != (len(c.want.Header) > 0) {
			t.Errorf("%s: kept %+v, want %+v", operation, got, c.want)
		}
		for i, header := range c.want.Header {
			if got.Header[i] != header {
				t.Errorf("%s: kept header %v, want %v", operation, got.Header[i], header)
			}
		}
		scratch := s.app.AcquireCtx(&fasthttp.RequestCtx{})
		if err := s.replay(scratch, encoded); err != nil || string(scratch.Response().Body()) != string(got.Body) {
			t.Errorf("%s: replayed %v %s, want %s", operation, err, scratch.Response().Body(), got.Body)
		}
		s.app.ReleaseCtx(scratch)
	}
	for _, wrong := range []any{nil, 5, guardian.GetMe200JSONResponse{}} {
		if _, err := s.encode("RegisterDevice", wrong); err == nil {
			t.Errorf("%T is kept as an answer of RegisterDevice", wrong)
		}
	}
}

func TestReplayOfNonsense(t *testing.T) {
	t.Parallel()
	s := &Server{app: fiber.New(fiber.Config{DisableStartupMessage: true})}
	for _, nonsense := range []string{"", "x", "{}", `{"s":500}`} {
		scratch := s.app.AcquireCtx(&fasthttp.RequestCtx{})
		if err := s.replay(scratch, []byte(nonsense)); err == nil {
			t.Errorf("%q is replayed", nonsense)
		}
		s.app.ReleaseCtx(scratch)
	}
}

// What is promised and what is offered must be the same, operation by operation.
func TestCompare(t *testing.T) {
	t.Parallel()
	promised, err := contract.Load(budstikke.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	offered := fiber.New(fiber.Config{DisableStartupMessage: true})
	for _, operation := range promised.Operations {
		offered.Add(operation.Method, pattern(operation), func(*fiber.Ctx) error { return nil })
	}
	if err := compare(promised.Operations, offered); err != nil {
		t.Error(err)
	}
	if err := compare(promised.Operations[1:], offered); err == nil || !strings.Contains(err.Error(), "/v1/municipalities") {
		t.Errorf("an operation that nobody promised: %v", err)
	}
	if err := compare(promised.Operations, fiber.New(fiber.Config{DisableStartupMessage: true})); err == nil {
		t.Error("operations that nobody offers are not noticed")
	}
}

// One lost packet takes no replica out; three in a row do; Redis never does (B3).
func TestReadiness(t *testing.T) {
	t.Parallel()
	var postgres, redis error
	now := time.Unix(0, 0)
	asked := 0
	h := newHealth(Config{Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Checks: []Check{
		{Name: "postgres", Vital: true, Failures: 3, Ready: func(context.Context) error { asked++; return postgres }},
		{Name: "redis", Ready: func(context.Context) error { return redis }},
	}})
	h.clock = func() time.Time { return now }
	expect := func(step string, status int, word, postgresState, redisState string) {
		t.Helper()
		now = now.Add(checkEvery)
		got, answer := h.ready(t.Context())
		if got != status || answer.Status != word || answer.Checks["postgres"] != postgresState || answer.Checks["redis"] != redisState {
			t.Errorf("%s: %d %+v, want %d %s", step, got, answer, status, word)
		}
	}
	expect("all well", http.StatusOK, "ready", "ok", "ok")
	redis = errors.New("CANARY")
	expect("no Redis", http.StatusOK, "degraded", "ok", "failing")
	redis, postgres = nil, errors.New("CANARY")
	expect("one failure", http.StatusOK, "ready", "shaky", "ok")
	expect("two failures", http.StatusOK, "ready", "shaky", "ok")
	expect("three failures", http.StatusServiceUnavailable, "unavailable", "failing", "ok")
	redis = errors.New("CANARY")
	expect("both", http.StatusServiceUnavailable, "unavailable", "failing", "failing")
	postgres, redis = nil, nil
	expect("back", http.StatusOK, "ready", "ok", "ok")
	postgres = errors.New("CANARY")
	expect("one", http.StatusOK, "ready", "shaky", "ok")
	postgres = nil
	expect("a success in between", http.StatusOK, "ready", "ok", "ok")
	before := asked
	if h.ready(t.Context()); asked != before {
		t.Error("asked again within a second")
	}
	h.draining.Store(true)
	expect("draining", http.StatusServiceUnavailable, "draining", "ok", "ok")
}

// A check that hangs is told to stop.
func TestReadinessOfAHangingCheck(t *testing.T) {
	t.Parallel()
	h := newHealth(Config{Log: slog.New(slog.DiscardHandler), Checks: []Check{
		{Name: "postgres", Vital: true, Ready: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if status, _ := h.ready(ctx); status != http.StatusServiceUnavailable {
		t.Errorf("ready = %d, want 503", status)
	}
}
