package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// trace begins the span of a request. What it says of the request is the pattern of its path and nothing of the path itself, where ids of children stand (P8).
func (s *Server) trace(ctx context.Context, c *fiber.Ctx, r *record) context.Context {
	if s.config.Tracer == nil || strings.HasPrefix(c.Path(), "/health") {
		return ctx
	}
	ctx, r.span = s.config.Tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithNewRoot(),
		trace.WithAttributes(attribute.String("http.request.method", r.method)))
	return ctx
}

// endSpan ends the span of a request, when it is known what was asked and how it ended.
func (r *record) endSpan(operation string, status int) {
	if r.span == nil {
		return
	}
	r.span.SetName(operation)
	r.span.SetAttributes(attribute.String("http.route", r.route), attribute.Int("http.response.status_code", status),
		attribute.String("budstikke.request_id", r.id))
	if status >= http.StatusInternalServerError {
		r.span.SetStatus(codes.Error, "")
	}
	r.span.End()
}
