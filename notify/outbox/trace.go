package outbox

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"budstikke.example/notify"
)

// traceAnnouncement begins the span of an announcement, as a part of what the caller does. Where nobody traces it is the span that does nothing.
func traceAnnouncement(ctx context.Context, kind notify.Kind, urgency notify.Urgency, event uuid.UUID) (context.Context, trace.Span) {
	parent := trace.SpanFromContext(ctx)
	if !parent.SpanContext().IsSampled() {
		return ctx, trace.SpanFromContext(context.Background())
	}
	return parent.TracerProvider().Tracer("budstikke.example/notify/outbox").Start(ctx, "announce", trace.WithAttributes(
		attribute.String("budstikke.kind", string(kind)), attribute.String("budstikke.urgency", string(urgency)),
		attribute.String("budstikke.event", event.String())))
}

// traceparent is how an event remembers the span that announced it (W3C Trace Context); nil where nobody traces.
func traceparent(span trace.Span) *string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(trace.ContextWithSpan(context.Background(), span), carrier)
	if text := carrier.Get("traceparent"); text != "" {
		return &text
	}
	return nil
}

// TraceOf returns the span that announced an event, so that what becomes of its notices is told as a part of the same trace; an invalid one for an event
// of no trace. Errors: the database's.
func (o *Outbox) TraceOf(ctx context.Context, municipality, event uuid.UUID) (trace.SpanContext, error) {
	var text string
	err := o.db.Pool().QueryRow(ctx, `select coalesce(traceparent, '') from notify.events where municipality_id = $1 and id = $2`, municipality, event).Scan(&text)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return trace.SpanContext{}, fmt.Errorf("outbox: trace: %w", err)
	}
	from := propagation.TraceContext{}.Extract(context.Background(), propagation.MapCarrier{"traceparent": text})
	return trace.SpanContextFromContext(from), nil
}
