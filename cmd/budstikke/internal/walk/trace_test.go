package walk_test

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	spans "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/notify/queue"
	"budstikke.example/notify/sandbox"
)

// collector takes spans by OTLP over HTTP, as an operator's collector does.
type collector struct {
	mu    sync.Mutex
	spans []*spans.Span
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, err := io.ReadAll(r.Body)
	var request collected.ExportTraceServiceRequest
	if err != nil || r.URL.Path != "/v1/traces" || proto.Unmarshal(raw, &request) != nil {
		http.Error(w, "no spans", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.ResourceSpans {
		for _, scope := range resource.ScopeSpans {
			c.spans = append(c.spans, scope.Spans...)
		}
	}
}

// B7: one trace leads from the request that raised an alert, through the commit and the bell, which rings in Redis, to each provider and back into the tables;
// also where a provider was away. The worker asks Postgres for nothing while Redis is there. It names nobody.
func TestOneTraceFromTheAlertToTheProvider(t *testing.T) {
	t.Parallel()
	c := &collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	tracer, flush, err := system.OpenTracing(context.Background(), server.URL, slog.New(slog.DiscardHandler))
	must(t, err)
	var belt *queue.Queue
	w := newWalk(t, func(b *system.Base) { b.Tracer = tracer }, belted(t), func(b *system.Base) { belt = b.Queue })
	if belt == nil {
		t.Skip("REDIS_URL is not set: run the tests by make test")
	}
	must(t, w.sandbox.AddFault(sandbox.FCM, sandbox.Fault{Mode: "503", Count: 1}))
	polls := w.worker.Stats().Polls
	alert := w.alert(w.is[head].token, w.real.Institution, textOfAlert)
	w.drain(t)
	if n := w.worker.Stats().Polls - polls; n != 0 {
		t.Errorf("Postgres was asked %d times in place of Redis", n)
	}
	must(t, w.worker.Stop(w.ctx)) // it tells of what is queued; stopping twice is no error
	flush()

	event := one[string](w.town, "select id::text from notify.events where subject_id = $1", alert)
	var traced []*spans.Span
	c.mu.Lock()
	for _, s := range c.spans {
		if s.Name == "announce" && attribute(s, "budstikke.event") == event {
			traced = slices.DeleteFunc(slices.Clone(c.spans), func(other *spans.Span) bool { return string(other.TraceId) != string(s.TraceId) })
		}
	}
	c.mu.Unlock()
	names := map[string]int{}
	byID := map[string]*spans.Span{}
	for _, s := range traced {
		names[s.Name]++
		byID[string(s.SpanId)] = s
	}
	for _, name := range []string{"RaiseAlert", "transaction", "announce", "ring", "deliver", "claim", "send", "settle"} {
		if names[name] == 0 {
			t.Errorf("the trace has no span %s: %v", name, names)
		}
	}
	channels, failed, parcels := map[string]bool{}, false, int64(0)
	for _, s := range traced {
		if parent := byID[string(s.ParentSpanId)]; s.Name != "RaiseAlert" && parent == nil {
			t.Errorf("%s hangs at %s, which is not in the trace", s.Name, hex.EncodeToString(s.ParentSpanId))
		}
		if s.Name == "ring" { // of the alert's process, under its request; what is delivered hangs at the same
			if s.Kind != spans.Span_SPAN_KIND_PRODUCER || s.Status.GetCode() == spans.Status_STATUS_CODE_ERROR || root(byID, s) != "RaiseAlert" {
				t.Errorf("the bell is %s, status %s, under %q", s.Kind, s.Status.GetCode(), root(byID, s))
			}
			parcels += count(s, "budstikke.parcels")
		}
		if s.Name == "deliver" {
			if from := root(byID, s); from != "RaiseAlert" {
				t.Errorf("a delivery hangs at %q", from)
			}
			channels[attribute(s, "budstikke.channel")] = true
			failed = failed || s.Status.GetCode() == spans.Status_STATUS_CODE_ERROR
		}
		for _, a := range s.Attributes {
			for _, given := range []string{"Annelore", "Alfhildis", "Heddavina", mailOf("Annelore"), "+4670", "/v1/office/institutions/0"} {
				if strings.Contains(a.Value.GetStringValue(), given) {
					t.Errorf("%s of %s says %s", a.Key, s.Name, a.Value.GetStringValue())
				}
			}
		}
	}
	if parcels == 0 {
		t.Error("the bell rang for no parcel")
	}
	if !channels["push"] || !channels["sms"] || !channels["email"] || !failed {
		t.Errorf("told of channels %v, and of the failed push: %t", channels, failed)
	}
}

// V15: a trace also tells what a claim kept back and why, and nothing of it was sent.
func TestATraceTellsWhatAClaimKeptBack(t *testing.T) {
	t.Parallel()
	c := &collector{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	tracer, flush, err := system.OpenTracing(context.Background(), server.URL, slog.New(slog.DiscardHandler))
	must(t, err)
	w := newWalk(t, func(b *system.Base) { b.Tracer = tracer })
	alert := w.alert(w.is[head].token, w.real.Institution, textOfAlert)
	event := one[string](w.town, "select id::text from notify.events where subject_id = $1", alert)
	w.exec("update notify.endpoints set state = 'retired' where state = 'active'") // the worker has not claimed yet
	w.drain(t)
	must(t, w.worker.Stop(w.ctx))
	flush()
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, told := 0, 0
	for _, s := range c.spans {
		if s.Name != "deliver" || attribute(s, "budstikke.event") != event {
			continue
		}
		if told++; attribute(s, "budstikke.state") == "suppressed" && attribute(s, "budstikke.reason") == "endpoint_not_active" {
			kept++
		}
	}
	if told != kept {
		t.Errorf("%d of %d were kept back, want all", kept, told)
	}
	if kept == 0 {
		t.Error("no span tells of what was kept back")
	}
}

// root is the name of the span that a span hangs at in the end.
func root(byID map[string]*spans.Span, s *spans.Span) string {
	for parent := byID[string(s.ParentSpanId)]; parent != nil; parent = byID[string(s.ParentSpanId)] {
		s = parent
	}
	return s.Name
}

func count(s *spans.Span, key string) int64 {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetIntValue()
		}
	}
	return 0
}

func attribute(s *spans.Span, key string) string {
	for _, a := range s.Attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}
