package worker

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// waitingTimeout bounds what a scrape asks Postgres.
const waitingTimeout = 2 * time.Second

// metrics are what the worker counts as it goes. Labels are words of our own: no municipality, no person, nothing that a provider wrote.
type metrics struct {
	handoff  *prometheus.HistogramVec
	attempts *prometheus.CounterVec
	ended    *prometheus.CounterVec

	foreign  *prometheus.CounterVec
	setAside *prometheus.CounterVec

	reconciled, asked, resultsLost prometheus.Counter
	synthetic                      *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		handoff: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "notify_handoff_seconds", Help: "From the event to the provider's taking the notice, for what was taken and written down.",
			// An alert is to be with the provider within seconds, a message within minutes; a provider may be away for hours (B3, B14).
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30, 60, 300, 1800, 14400},
		}, []string{"lane", "channel"}),
		attempts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "notify_attempts_total", Help: "What became of the attempts to hand a notice to a provider.",
		}, []string{"channel", "provider", "outcome"}),
		ended: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "notify_ended_total", Help: "Notices that this worker ended, by how: sent, suppressed (nobody may be told any more), gone (the address or device is no more, or registered with another key), expired or dead.",
		}, []string{"lane", "channel", "state"}),
		foreign: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "notify_foreign_endpoints_total", Help: "Notices that a provider refused because their endpoint belongs to another key or sender than ours. Many at once: our key was exchanged.",
		}, []string{"provider"}),
		setAside: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "notify_set_aside_total", Help: "Times that the database failed at one notice alone, which was set aside so that others go on.",
		}, []string{"provider"}),
		resultsLost: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "notify_results_lost_total", Help: "Results that the database never took; what they are of may arrive twice.",
		}),
		reconciled: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "notify_sms_reconciled_total", Help: "SMS that the provider had although its answer was lost, and that were therefore not sent again.",
		}),
		asked: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "notify_sms_asked_after_total", Help: "Answers about SMS whose end no call had told.",
		}),
		synthetic: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "notify_synthetic_seconds", Help: "From a synthetic notice to the provider's taking it; for SMS, to the provider's answer that it would.",
			Buckets: []float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15, 30, 60, 180},
		}, []string{"channel", "provider"}),
	}
	m.begin()
	return m
}

// begin lets counts begin at nothing: of one that comes up with sixty, Prometheus says that it has not increased, and a sum of what is not there yet is
// nothing to compare with.
func (m *metrics) begin() {
	for _, provider := range notify.Providers() {
		m.setAside.WithLabelValues(string(provider))
		m.foreign.WithLabelValues(string(provider))
		channel, _ := provider.Channel()
		for _, outcome := range []notify.Outcome{notify.Accepted, notify.Misconfigured} { // what rules ask for
			m.attempts.WithLabelValues(string(channel), string(provider), string(outcome))
		}
	}
	for _, urgency := range []notify.Urgency{notify.UrgencyCritical, notify.UrgencyRoutine} {
		for _, channel := range []notify.Channel{notify.ChannelPush, notify.ChannelEmail, notify.ChannelSMS} {
			if urgency == notify.UrgencyRoutine && channel == notify.ChannelSMS {
				continue // V20
			}
			m.handoff.WithLabelValues(string(urgency), string(channel))
			for _, state := range []string{string(outbox.StateSent), string(outbox.StateSuppressed), gone, string(outbox.StateExpired), string(outbox.StateDead)} {
				m.endMany(outbox.Way{Urgency: urgency, Channel: channel}, state, 0)
			}
		}
	}
}

// gone is how a notice ended whose address or device is no more: dead like others, and no fault of whoever hands over.
const gone = "gone"

// result counts an attempt, and how it ended the delivery if it did; now is the worker's clock.
func (m *metrics) result(d *notify.Delivery, r notify.Result, state outbox.State, now time.Time) {
	if d.Kind == notify.KindSynthetic { // nobody's notice stands in no count of people's
		if began, known := momentOf(d.Event); known && state == outbox.StateSent {
			m.synthetic.WithLabelValues(string(d.Channel), string(d.Provider)).Observe(max(now.Sub(began).Seconds(), 0))
		}
		return
	}
	outcome := r.Outcome
	if outcome == "" {
		outcome = notify.Unknown
	}
	m.attempts.WithLabelValues(string(d.Channel), string(d.Provider), string(outcome)).Inc()
	ended := string(state)
	if state == outbox.StateDead && (outcome == notify.EndpointGone || r.Foreign) {
		ended = gone
	}
	m.end(outbox.Way{Urgency: d.Urgency, Channel: d.Channel}, ended)
	if r.Foreign {
		m.foreign.WithLabelValues(string(d.Provider)).Inc()
	}
	if state != outbox.StateSent {
		return
	}
	if began, known := momentOf(d.Event); known {
		m.handoff.WithLabelValues(string(d.Urgency), string(d.Channel)).Observe(max(now.Sub(began).Seconds(), 0))
	}
}

func (m *metrics) end(by outbox.Way, how string) { m.endMany(by, how, 1) }

// endMany counts n deliveries that went one way, if how is an end: a state, or gone.
func (m *metrics) endMany(by outbox.Way, how string, n int) {
	switch how {
	case string(outbox.StateSent), string(outbox.StateSuppressed), gone, string(outbox.StateExpired), string(outbox.StateDead):
		m.ended.WithLabelValues(string(by.Urgency), string(by.Channel), how).Add(float64(n))
	}
}

// momentOf reads when an event was announced from its id, which begins with the time (RFC 9562, version 7).
func momentOf(event uuid.UUID) (time.Time, bool) {
	if event.Version() != 7 {
		return time.Time{}, false
	}
	return time.Unix(event.Time().UnixTime()), true
}

var (
	oldestDesc    = prometheus.NewDesc("notify_oldest_pending_seconds", "How long somebody has waited in a lane: critical, since the oldest notice that has not ended was accepted; routine, since the one that has been due longest has been due. 0 when nobody does.", []string{"lane", "provider"}, nil)
	pendingDesc   = prometheus.NewDesc("notify_pending", "Notices that are due in a lane and in nobody's hands.", []string{"lane", "provider"}, nil)
	knownDesc     = prometheus.NewDesc("notify_pending_known", "1 when Postgres said what is pending, 0 when it did not answer: then the two above are missing.", nil, nil)
	breakerDesc   = prometheus.NewDesc("notify_breaker_open", "1 while a provider does not answer and is tried by one notice at a time.", []string{"provider"}, nil)
	busyDesc      = prometheus.NewDesc("notify_slots_busy", "Notices that are with a provider at the moment.", []string{"provider"}, nil)
	slotsDesc     = prometheus.NewDesc("notify_slots", "Notices that may be with a provider at the same time.", []string{"provider"}, nil)
	refusedDesc   = prometheus.NewDesc("notify_credentials_refused", "1 while a provider refuses our credentials: somebody must look.", []string{"provider"}, nil)
	beltDesc      = prometheus.NewDesc("notify_belt_up", "1 while Redis carries the notices, 0 while Postgres is asked instead.", nil, nil)
	leasesDesc    = prometheus.NewDesc("notify_lease_expiries_total", "Leases that ran out, this worker's or another's; each may have arrived twice.", nil, nil)
	panicsDesc    = prometheus.NewDesc("notify_panics_total", "Notices that our own program failed to render or send.", nil, nil)
	strayDesc     = prometheus.NewDesc("notify_belt_broken_total", "Entries found in Redis that were no notices' ids; budstikke admin outbox broken shows them.", nil, nil)
	lateDesc      = prometheus.NewDesc("notify_late_results_total", "Results that came after somebody else had taken over.", nil, nil)
	syntheticDesc = prometheus.NewDesc("notify_synthetic_last_success_timestamp_seconds", "When a provider last took a synthetic notice, whichever worker handed it over; 0 when none within the last hour.", []string{"channel", "provider"}, nil)
	brokenDesc    = prometheus.NewDesc("notify_breaker_openings_total", "Times that a provider stopped answering.", nil, nil)
)

// Describe implements prometheus.Collector.
func (w *Worker) Describe(out chan<- *prometheus.Desc) {
	w.metrics.handoff.Describe(out)
	w.metrics.attempts.Describe(out)
	w.metrics.ended.Describe(out)
	w.metrics.foreign.Describe(out)
	w.metrics.setAside.Describe(out)
	w.metrics.resultsLost.Describe(out)
	w.metrics.reconciled.Describe(out)
	w.metrics.asked.Describe(out)
	w.metrics.synthetic.Describe(out)
	for _, d := range []*prometheus.Desc{
		oldestDesc, pendingDesc, knownDesc, breakerDesc, busyDesc, slotsDesc, refusedDesc, beltDesc, leasesDesc, panicsDesc, lateDesc, brokenDesc, strayDesc, syntheticDesc,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector. What waits is asked of Postgres at each scrape, so that it is true of the whole installation whichever
// worker is asked, also of one that does nothing; everything else is this worker's.
func (w *Worker) Collect(out chan<- prometheus.Metric) {
	w.metrics.handoff.Collect(out)
	w.metrics.attempts.Collect(out)
	w.metrics.ended.Collect(out)
	w.metrics.foreign.Collect(out)
	w.metrics.setAside.Collect(out)
	w.metrics.resultsLost.Collect(out)
	w.metrics.reconciled.Collect(out)
	w.metrics.asked.Collect(out)
	w.metrics.synthetic.Collect(out)
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for _, c := range w.carriers {
		provider := string(c.provider)
		busy, narrow := c.slots.state()
		gauge(busyDesc, float64(busy), provider)
		gauge(slotsDesc, float64(c.slots.total), provider)
		gauge(refusedDesc, one(narrow), provider)
		gauge(breakerDesc, one(!c.valve.breaker.IsClosed()), provider)
	}
	gauge(beltDesc, one(w.beltHere.Load()))
	s := w.Stats()
	for d, n := range map[*prometheus.Desc]int64{leasesDesc: s.Released, panicsDesc: s.Panics, lateDesc: s.Late, brokenDesc: s.Broken} {
		out <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n))
	}
	if w.config.Queue != nil {
		out <- prometheus.MustNewConstMetric(strayDesc, prometheus.CounterValue, float64(w.config.Queue.BrokenFound()))
	}
	ctx, cancel := context.WithTimeout(context.Background(), waitingTimeout)
	defer cancel()
	w.collectSynthetic(ctx, gauge)
	waiting, err := w.outbox.Waiting(ctx)
	gauge(knownDesc, one(err == nil))
	if err != nil {
		return
	}
	due := map[outbox.Lane]outbox.Waiting{}
	for _, l := range waiting {
		due[l.Lane] = l
	}
	for _, l := range w.lanes { // an empty lane says so, and one that nobody here serves is told too
		if _, found := due[l]; !found {
			due[l] = outbox.Waiting{Lane: l}
		}
	}
	for lane, l := range due {
		gauge(oldestDesc, l.Oldest.Seconds(), string(lane.Urgency), string(lane.Provider))
		gauge(pendingDesc, float64(l.Count), string(lane.Urgency), string(lane.Provider))
	}
}

// collectSynthetic asks Postgres when each provider last took a synthetic notice, so that it is true of the whole installation. When Postgres does not say,
// the metric is missing, and notify_pending_known is 0.
func (w *Worker) collectSynthetic(ctx context.Context, gauge func(*prometheus.Desc, float64, ...string)) {
	if len(w.config.Synthetic) == 0 {
		return
	}
	last, err := w.outbox.LastSynthetic(ctx)
	if err != nil {
		return
	}
	for p := range w.config.Synthetic {
		channel, _ := p.Channel()
		seconds := 0.0
		if at, ever := last[p]; ever {
			seconds = float64(at.UnixMilli()) / 1000
		}
		gauge(syntheticDesc, seconds, string(channel), string(p))
	}
}

func one(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
