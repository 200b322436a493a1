package system

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"budstikke.example/auth/store"
	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/scope"
)

// alarmsWithin is how far back the metric of alarms counts: an alarm that was raised while Prometheus was away is seen when it is back.
const alarmsWithin = time.Hour

// Metrics answers GET /metrics for Prometheus: how many alarms of each kind the whole installation has raised within the last hour (P10). It says
// nothing of which municipality, whom or where.
func Metrics(db *scope.DB) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(scope.ByProgram(r.Context()), 2*time.Second)
		defer cancel()
		var times map[string]int64
		err := db.WithScope(ctx, scope.Of(uuid.Max, scope.SignIn), func(tx *scope.Tx) error {
			var err error
			times, err = store.Alarms(ctx, tx, tx.Now.Add(-alarmsWithin))
			return err
		})
		if err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		fmt.Fprint(w, "# HELP budstikke_alarms_last_hour Alarms that sign-ins have raised within the last hour, by kind.\n# TYPE budstikke_alarms_last_hour gauge\n")
		for _, kind := range store.AlarmKinds {
			fmt.Fprintf(w, "budstikke_alarms_last_hour{kind=%q} %d\n", kind, times[kind])
		}
	})
	return mux
}

// ServeMetrics is the part of a process that answers Metrics on an address of its own, which is not for the world; without one it does nothing.
func ServeMetrics(db *scope.DB, address string) boot.Part {
	if address == "" {
		return boot.Part{Name: "metrics"}
	}
	server := &http.Server{Addr: address, Handler: Metrics(db), ReadHeaderTimeout: 5 * time.Second}
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
