package worker

import (
	"context"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

const (
	tracedEach   = 8    // deliveries of an event and channel that this worker tells of, whatever becomes of them
	tracedFailed = 64   // and those that did not leave at once, in all
	tracedEvents = 512  // events that are remembered; all are forgotten at once when there are more
	tracedQueue  = 1024 // deliveries that wait to be told of; what does not fit is left out
)

// times is when a delivery was claimed, sent and settled, by the worker's clock.
type times struct{ claiming, claimed, sending, sent, settled time.Time }

// told is a delivery that may be told of.
type told struct {
	delivery notify.Delivery
	result   notify.Result
	state    outbox.State
	times    times
	withheld string // why its claim ended it, so that nothing was sent; "" for one that was
}

// traces tells of deliveries as parts of the traces in which their events were announced. It is off the way: what a delivery costs is two readings of the
// clock and a place in a queue, and the spans are made afterwards of what is known then. nil where nobody traces.
type traces struct {
	tracer trace.Tracer
	outbox *outbox.Outbox
	queue  chan told
	done   chan struct{}
	events map[uuid.UUID]*tracedEvent
}

// tracedEvent is what is remembered of an event.
type tracedEvent struct {
	span     trace.SpanContext
	all      map[notify.Channel]int
	failures int
}

func newTraces(tracer trace.Tracer, o *outbox.Outbox) *traces {
	if tracer == nil {
		return nil
	}
	return &traces{tracer: tracer, outbox: o, queue: make(chan told, tracedQueue), done: make(chan struct{}), events: map[uuid.UUID]*tracedEvent{}}
}

// tell queues a delivery, and leaves it out when too many wait.
func (t *traces) tell(d told) {
	if t == nil {
		return
	}
	select {
	case t.queue <- d:
	default:
	}
}

func (t *traces) run() {
	defer close(t.done)
	for d := range t.queue {
		event, known := t.events[d.delivery.Event]
		if !known {
			event = t.find(d.delivery)
		}
		if d.withheld != "" {
			if event.span.IsSampled() && event.wants(d.delivery.Channel, true) {
				t.withheld(trace.ContextWithRemoteSpanContext(context.Background(), event.span), d)
			}
			continue
		}
		if event.span.IsSampled() && event.wants(d.delivery.Channel, d.result.Outcome != notify.Accepted) {
			t.spans(trace.ContextWithRemoteSpanContext(context.Background(), event.span), d)
		}
	}
}

// stop tells what is queued and returns. Nothing may be told any more.
func (t *traces) stop() {
	if t != nil {
		close(t.queue)
		<-t.done
	}
}

// find looks an event's trace up. One that cannot be read is of none.
func (t *traces) find(d notify.Delivery) *tracedEvent {
	if len(t.events) >= tracedEvents {
		clear(t.events)
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitingTimeout)
	defer cancel()
	event := &tracedEvent{all: map[notify.Channel]int{}}
	if span, err := t.outbox.TraceOf(ctx, d.Municipality, d.Event); err == nil {
		event.span = span
	}
	t.events[d.Event] = event
	return event
}

// wants counts a delivery, and tells whether it is one to tell of: 20,000 that went well are not.
func (e *tracedEvent) wants(by notify.Channel, failed bool) bool {
	if e.all[by]++; e.all[by] <= tracedEach {
		return true
	}
	if failed {
		e.failures++
	}
	return failed && e.failures <= tracedFailed
}

// spans tells of one delivery: how long it took to claim, to send and to settle, and what came of it. No receiver, no address, no words (P8).
func (t *traces) spans(ctx context.Context, d told) {
	span := func(ctx context.Context, name string, from time.Time, options ...trace.SpanStartOption) (context.Context, trace.Span) {
		return t.tracer.Start(ctx, name, append(options, trace.WithTimestamp(from))...)
	}
	ctx, whole := span(ctx, "deliver", d.times.claiming, trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("budstikke.event", d.delivery.Event.String()), attribute.String("budstikke.delivery", d.delivery.ID.String()),
		attribute.String("budstikke.kind", string(d.delivery.Kind)), attribute.String("budstikke.urgency", string(d.delivery.Urgency)),
		attribute.String("budstikke.channel", string(d.delivery.Channel)), attribute.Int("budstikke.attempt", d.delivery.Attempt),
		attribute.String("budstikke.state", string(d.state))))
	_, part := span(ctx, "claim", d.times.claiming)
	part.End(trace.WithTimestamp(d.times.claimed))
	_, part = span(ctx, "send", d.times.sending, trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(
		attribute.String("budstikke.provider", string(d.delivery.Provider)), attribute.String("budstikke.outcome", string(d.result.Outcome)),
		attribute.Int("budstikke.status", d.result.Status)))
	if d.result.Outcome != notify.Accepted {
		part.SetStatus(codes.Error, string(d.result.Outcome))
		whole.SetStatus(codes.Error, string(d.result.Outcome))
	}
	part.End(trace.WithTimestamp(d.times.sent))
	_, part = span(ctx, "settle", d.times.sent)
	part.End(trace.WithTimestamp(d.times.settled))
	whole.End(trace.WithTimestamp(d.times.settled))
}

// withheld tells of one delivery that its claim ended: suppressed, because its receiver may not be told any more (V15) or has no such endpoint, or too late.
// Its span is a moment.
func (t *traces) withheld(ctx context.Context, d told) {
	_, span := t.tracer.Start(ctx, "deliver", trace.WithTimestamp(d.times.claimed), trace.WithSpanKind(trace.SpanKindConsumer), trace.WithAttributes(
		attribute.String("budstikke.event", d.delivery.Event.String()), attribute.String("budstikke.delivery", d.delivery.ID.String()),
		attribute.String("budstikke.kind", string(d.delivery.Kind)), attribute.String("budstikke.channel", string(d.delivery.Channel)),
		attribute.String("budstikke.state", string(d.state)), attribute.String("budstikke.reason", d.withheld)))
	span.End(trace.WithTimestamp(d.times.claimed))
}
