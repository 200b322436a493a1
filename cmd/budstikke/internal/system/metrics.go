package system

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"budstikke.example/auth/store"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
)

// alarmsWithin is how far back the metric of alarms counts: an alarm that was raised while Prometheus was away is seen when it is back.
const alarmsWithin = time.Hour

var (
	alarmsDesc = prometheus.NewDesc("budstikke_alarms_last_hour", "Alarms that sign-ins have raised within the last hour, by kind.", []string{"kind"}, nil)
	knownDesc  = prometheus.NewDesc("budstikke_alarms_known", "1 when Postgres said what alarms there are, 0 when it did not answer: then they are missing.", nil, nil)
)

// Alarms collects how many alarms of each kind the whole installation has raised within the last hour (P10). It says nothing of which municipality,
// whom or where.
type Alarms struct{ DB *scope.DB }

// Describe implements prometheus.Collector.
func (Alarms) Describe(out chan<- *prometheus.Desc) { out <- alarmsDesc; out <- knownDesc }

// Collect implements prometheus.Collector.
func (a Alarms) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(scope.ByProgram(context.Background()), 2*time.Second)
	defer cancel()
	var times map[string]int64
	err := a.DB.WithScope(ctx, scope.Of(uuid.Max, scope.SignIn), func(tx *scope.Tx) error {
		var err error
		times, err = store.Alarms(ctx, tx, tx.Now.Add(-alarmsWithin))
		return err
	})
	known := 0.0
	if err == nil {
		known = 1
		for _, kind := range store.AlarmKinds {
			out <- prometheus.MustNewConstMetric(alarmsDesc, prometheus.GaugeValue, float64(times[kind]), kind)
		}
	}
	out <- prometheus.MustNewConstMetric(knownDesc, prometheus.GaugeValue, known)
}

// NewUnread tells how many texts the sensitive-text guide broke at and let through unread (B4). It says nothing of what they were, or whose.
func NewUnread(failed func() uint64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "budstikke_texts_unread_total", Help: "Texts that the sensitive-text guide broke at and let through unread.",
	}, func() float64 { return float64(failed()) })
}

// Requests counts what the API has answered, and how long it took: by operation, which says nothing of whom, and by the answer's hundred.
type Requests struct{ *prometheus.HistogramVec }

// NewRequests returns a count that has seen nothing.
func NewRequests() Requests {
	return Requests{prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "http_request_seconds", Help: "How long answers of the API took, by operation and the answer's hundred.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}, // a request may take 2 s
	}, []string{"operation", "status"})}
}

// Served counts one answer.
func (r Requests) Served(operation string, status int, took time.Duration) {
	r.WithLabelValues(operation, strconv.Itoa(status/100)+"xx").Observe(took.Seconds())
}

// Metrics answers GET /metrics for Prometheus: what is collected, and the process itself.
func Metrics(collected ...prometheus.Collector) http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	registry.MustRegister(collected...)
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}))
	return mux
}

// ServeMetrics is the part of a process that answers Metrics on an address of its own, which is not for the world; without one it does nothing.
func ServeMetrics(address string, collected ...prometheus.Collector) boot.Part {
	if address == "" {
		return boot.Part{Name: "metrics"}
	}
	server := &http.Server{Addr: address, Handler: Metrics(collected...), ReadHeaderTimeout: 5 * time.Second}
	return boot.Part{
		Name: "metrics",
		Serve: func(context.Context) error {
			if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		},
		Stop: server.Shutdown,
	}
}
