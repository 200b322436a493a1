package system_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/pgtest"
)

func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("status %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

// The process tells what it answered and what it is; while Postgres is away it says that alarms are not known, and goes on telling the rest (P10).
func TestMetricsOfTheAPI(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	requests := system.NewRequests()
	requests.Served("GetMe", 200, 30*time.Millisecond)
	requests.Served("GetMe", 404, 3*time.Second)
	h := system.Metrics(system.Alarms{DB: d.API}, requests)
	for _, want := range []string{
		`http_request_seconds_count{operation="GetMe",status="2xx"} 1`, `http_request_seconds_bucket{operation="GetMe",status="4xx",le="2.5"} 0`,
		`budstikke_alarms_last_hour{kind="sign_in_stuffing_suspected"} 0`, "budstikke_alarms_known 1", "go_goroutines ",
	} {
		if got := scrape(t, h); !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	d.API.Close()
	got := scrape(t, h)
	if !strings.Contains(got, "budstikke_alarms_known 0") || strings.Contains(got, "budstikke_alarms_last_hour{") || !strings.Contains(got, "http_request_seconds_count") {
		t.Errorf("without Postgres:\n%s", got)
	}
}

// Whether months are made in time is told by any API process, by table.
func TestMetricsTellWhetherMonthsAreMade(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	told := scrape(t, system.Metrics(system.Months{DB: d.API}))
	for _, line := range []string{`budstikke_months_ahead{table="audit.entries"} 3`, `budstikke_months_ahead{table="notify.deliveries"} 3`, `budstikke_months_rest_bytes{table="notify.attempts"} 0`} {
		if !strings.Contains(told, line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}
