package system

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"budstikke.example/migrations/months"
	"budstikke.example/migrations/scope"
)

var (
	aheadDesc = prometheus.NewDesc("budstikke_months_ahead", "Months after the present one that a table which is cut into months has a part for; budstikke months makes them.", []string{"table"}, nil)
	restDesc  = prometheus.NewDesc("budstikke_months_rest_bytes", "Size of a table's part for what has no month; more than 0 when months were not made in time, or a clock is wrong.", []string{"table"}, nil)
)

// Months collects how the tables that are cut into months stand: whether somebody runs `budstikke months`. When Postgres does not say, they are missing.
type Months struct{ DB *scope.DB }

// Describe implements prometheus.Collector.
func (Months) Describe(out chan<- *prometheus.Desc) { out <- aheadDesc; out <- restDesc }

// Collect implements prometheus.Collector.
func (m Months) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(scope.ByProgram(context.Background()), 2*time.Second)
	defer cancel()
	tables, err := months.State(ctx, m.DB.Pool(), m.DB.Now())
	if err != nil {
		return
	}
	for _, t := range tables {
		out <- prometheus.MustNewConstMetric(aheadDesc, prometheus.GaugeValue, float64(t.Ahead), t.Table)
		out <- prometheus.MustNewConstMetric(restDesc, prometheus.GaugeValue, float64(t.Rest), t.Table)
	}
}
