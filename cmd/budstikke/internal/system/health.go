package system

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"budstikke.example/app/web"
	"budstikke.example/migrations"
)

// checks are what readiness asks: Postgres is vital, with patience for a lost packet; the schema must be this binary's; without Redis the
// system is slower and complete (B3).
func (b Base) checks() []web.Check {
	list := []web.Check{
		{Name: "postgres", Ready: b.DB.Ping, Vital: true, Failures: 3},
		{Name: "migrations", Vital: true, Failures: 3, Ready: func(ctx context.Context) error {
			err := migrations.Current(ctx, b.DB.Pool())
			if errors.Is(err, migrations.ErrNewerSchema) {
				return nil // a schema is widened before its program comes, and this process goes on meanwhile
			}
			return err
		}},
	}
	if b.Queue != nil {
		list = append(list, web.Check{Name: "redis", Ready: b.Queue.Ping})
	}
	return list
}

// WorkerHealth answers the worker's /health/live, which touches nothing, /health/ready, which asks Postgres and the schema, and /metrics.
func WorkerHealth(b Base, collected ...prometheus.Collector) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", Metrics(collected...))
	mux.HandleFunc("GET /health/live", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "live\n") })
	mux.HandleFunc("GET /health/ready", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		for _, c := range b.checks() {
			if err := c.Ready(ctx); err != nil && c.Vital {
				http.Error(w, c.Name+" is not ready", http.StatusServiceUnavailable)
				return
			}
		}
		_, _ = io.WriteString(w, "ready\n")
	})
	return mux
}
