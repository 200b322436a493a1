package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
)

const requestIDHeader = "X-Request-Id"

// record is what the rim knows about the request it is serving.
type record struct {
	id        string
	start     time.Time
	method    string              // "-" for one that nobody knows
	operation *contract.Operation // nil until one is found
	route     string              // the pattern, never the path: ids of children stand in paths
	quiet     bool                // a health probe, every few seconds
	refused   access.Reason       // why the policy refused, "" when it did not
	shown     shown               // what the answer may show
	span      trace.Span          // nil where nobody traces
}

type recordKey struct{}

// recordOf returns the record of the request, beginning one for a request that never came as far as enter.
func (s *Server) recordOf(c *fiber.Ctx) *record {
	if r, ok := c.Locals(recordKey{}).(*record); ok {
		return r
	}
	r := &record{id: requestID(c), start: s.config.Clock(), method: "-", route: "-"}
	if slices.Contains(fiber.DefaultMethods, c.Method()) {
		r.method = c.Method()
	}
	c.Locals(recordKey{}, r)
	return r
}

// requestID takes over the caller's number if it is a UUID: anything else could carry what does not belong in a log.
func requestID(c *fiber.Ctx) string {
	if id, err := uuid.Parse(c.Get(requestIDHeader)); err == nil {
		return id.String()
	}
	return uuid.Must(uuid.NewV7()).String()
}

// enter is the first and last to see a request.
func (s *Server) enter(c *fiber.Ctx) error {
	r := s.recordOf(c)
	s.dress(c, r)
	ctx, cancel := context.WithTimeout(s.base, s.config.RequestTimeout)
	defer cancel()
	ctx = s.trace(ctx, c, r)
	c.SetUserContext(auth.WithDevice(ctx, s.device(c)))
	defer s.access(c, r)
	if err := s.next(c); err != nil {
		s.noteRefusal(c, r, err)
		s.answer(c, r, err)
	}
	return nil
}

// next goes on and turns a panic into an error.
func (s *Server) next(c *fiber.Ctx) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicked{value: value, stack: debug.Stack()}
		}
	}()
	return c.Next()
}

// refused is Fiber's error handler. Errors behind enter have become answers there; what comes here never reached it, because the HTTP server
// itself could not take the request.
func (s *Server) refused(c *fiber.Ctx, err error) error {
	r := s.recordOf(c)
	s.answer(c, r, err)
	s.access(c, r)
	return nil
}

// knownMethods answers methods that Fiber has never heard of as we answer any unknown route; Fiber would send plain text.
func (s *Server) knownMethods(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(request *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(request.Method())) {
			next(request)
			return
		}
		request.Request.Header.SetMethod(http.MethodGet) // Fiber makes no context for a method that it does not know
		c := s.app.AcquireCtx(request)
		defer s.app.ReleaseCtx(c)
		s.recordOf(c).method = "-"
		_ = s.refused(c, fiber.ErrNotFound)
	}
}

// dress sets the headers that every answer has. Nothing of ours is for a browser to show, run, guess, keep or pass on.
func (s *Server) dress(c *fiber.Ctx, r *record) {
	c.Set(requestIDHeader, r.id)
	c.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
	c.Set("X-Content-Type-Options", "nosniff")
	c.Set("Referrer-Policy", "no-referrer")
	c.Set("Cache-Control", "no-store")
	if s.config.HSTS > 0 {
		c.Set("Strict-Transport-Security", fmt.Sprintf("max-age=%d; includeSubDomains", int64(s.config.HSTS.Seconds())))
	}
}

// access writes the line of the request: what was asked and how it ended, nothing of whom or about whom (P8).
func (s *Server) access(c *fiber.Ctx, r *record) {
	level := slog.LevelInfo
	if r.quiet {
		level = slog.LevelDebug
	}
	operation := "-"
	if r.operation != nil {
		operation = r.operation.ID
	}
	took := s.config.Clock().Sub(r.start)
	r.endSpan(operation, c.Response().StatusCode())
	if s.config.Served != nil {
		s.config.Served(operation, c.Response().StatusCode(), took)
	}
	line := []slog.Attr{
		slog.String("method", r.method),
		slog.String("route", r.route),
		slog.String("operation", operation),
		slog.Int("status", c.Response().StatusCode()),
		slog.Float64("duration_seconds", took.Seconds()), // a bare Duration would be a number without its unit
		slog.String("request_id", r.id),
	}
	if r.refused != "" {
		line = append(line, slog.String("refused", string(r.refused)))
	}
	s.config.Log.LogAttrs(context.Background(), level, "request", line...)
}

// panicked is a panic that was caught.
type panicked struct {
	value any
	stack []byte
}

// Error implements error. The values that programs panic with may hold anything; only the runtime's own sentences are known to hold no person.
func (p *panicked) Error() string {
	if err, ok := p.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic of type %T", p.value)
}
