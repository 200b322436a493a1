package worker_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// scraped is what a scrape finds: values by name and labels, counts for histograms.
func scraped(t testing.TB, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			labels := make([]string, 0, len(m.GetLabel()))
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+"="+l.GetValue())
			}
			found[f.GetName()+" "+strings.Join(labels, ",")] = value(f.GetType(), m)
		}
	}
	return found
}

func value(kind dto.MetricType, m *dto.Metric) float64 {
	switch kind {
	case dto.MetricType_HISTOGRAM:
		return float64(m.GetHistogram().GetSampleCount())
	case dto.MetricType_COUNTER:
		return m.GetCounter().GetValue()
	}
	return m.GetGauge().GetValue()
}

// B3, B14: whoever watches sees how long handing over takes, what waits and since when, what became of attempts, and that a provider is away; and no
// label tells of anybody.
func TestAScrapeTellsWhatWaitsAndWhatLeft(t *testing.T) {
	t.Parallel()
	r := newRig(t, 60)
	r.endpoint(t, r.guardians[0], notify.ProviderTwilio, "+46701740601") // nobody here serves it
	c := r.config()
	c.Slots = map[notify.Provider]int{notify.ProviderAPNs: 60}
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "everything is sent", func() bool { return scraped(t, w)["notify_handoff_seconds channel=push,lane=critical"] == 60 })
	got := scraped(t, w)
	for name, want := range map[string]float64{
		"notify_attempts_total channel=push,outcome=accepted,provider=apns": 60, "notify_ended_total channel=push,lane=critical,state=sent": 60,
		"notify_pending_known ": 1, "notify_belt_up ": 1, "notify_slots provider=apns": 60, "notify_slots_busy provider=apns": 0,
		"notify_breaker_open provider=apns": 0, "notify_pending lane=critical,provider=apns": 0, "notify_pending lane=critical,provider=twilio": 1,
	} {
		if value, found := got[name]; !found || value != want {
			t.Errorf("%s is %v (%t), want %v", name, value, found, want)
		}
	}
	r.exec(t, `update notify.events set created_at = now() - interval '1 minute'`)
	if oldest := scraped(t, w)["notify_oldest_pending_seconds lane=critical,provider=twilio"]; oldest < 60 || oldest > 60+patience.Seconds() {
		t.Errorf("the oldest has waited for %v s, want a minute", oldest)
	}
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		return notify.Result{Outcome: notify.Unavailable, Status: 503}
	})
	r.raise(t, r.everybody())
	eventually(t, "the breaker is seen open", func() bool { return scraped(t, w)["notify_breaker_open provider=apns"] == 1 })
	eventually(t, "the attempts are counted", func() bool { // when their results are written
		return scraped(t, w)["notify_attempts_total channel=push,outcome=unavailable,provider=apns"] >= 36
	})
	said := regexp.MustCompile(`^notify_[a-z_]+ ([a-z]+=[a-z_]+(,|$))*$`)
	for name := range scraped(t, w) {
		if !said.MatchString(name) {
			t.Errorf("%q is more than a word of our own", name)
		}
	}
}

// B3: an alert whose provider asks for patience time and again, and is therefore never away, is seen waiting since it was accepted; and when it ends because it
// came too late, or was lost too often, without that a worker holds it, that is counted.
func TestAnAlertThatWaitsAndDiesIsSeen(t *testing.T) {
	t.Parallel()
	const people = 6
	r := newRig(t, people)
	r.phones.on(func(context.Context, notify.Delivery) notify.Result {
		return notify.Result{Outcome: notify.Throttled, Status: 429, RetryAfter: 10 * time.Minute}
	})
	w := r.start(t, r.config())
	const expired, dead = "notify_ended_total channel=push,lane=critical,state=expired", "notify_ended_total channel=push,lane=critical,state=dead"
	got := scraped(t, w)
	for _, name := range []string{expired, dead} { // Prometheus sees no increase in a count that comes up
		if n, found := got[name]; !found || n != 0 {
			t.Errorf("%s begins with %v (%t), want 0", name, n, found)
		}
	}
	r.raise(t, r.everybody())
	eventually(t, "everybody waits", func() bool { return r.pushes(t, outbox.StateRetry) == people })
	r.exec(t, `update notify.events set created_at = now() - interval '1 hour'`)
	got = scraped(t, w)
	if oldest := got["notify_oldest_pending_seconds lane=critical,provider=apns"]; oldest < 3600 || oldest > 3600+patience.Seconds() {
		t.Errorf("the oldest has waited for %v s, want an hour", oldest)
	}
	if n := got["notify_breaker_open provider=apns"]; n != 0 {
		t.Errorf("the breaker is open: it is not seen by this alone")
	}
	r.exec(t, `update notify.parcels set lost = $2, lease_until = now() - interval '1 minute', fence = fence + 1
		where id = (select id from notify.deliveries where person_id = $1 and channel = 'push')`, r.guardians[0], notify.MostLost-1)
	eventually(t, "the one that was lost too often is counted", func() bool { return scraped(t, w)[dead] == 1 })
	r.exec(t, `update notify.events set expires_at = now() - interval '1 second'`)
	eventually(t, "those that came too late are counted", func() bool { return scraped(t, w)[expired] == people-1 })
	if s := w.Stats(); s.Dead != 1 || s.Expired != people-1 {
		t.Errorf("stats %+v", s)
	}
}

// B3, B14: how notices ended is counted by how urgent they were: one of an alert that a provider refuses for good is dead, and one whose device is gone is told
// apart from it, for that is nobody's fault.
func TestHowNoticesEndedIsCountedByLane(t *testing.T) {
	t.Parallel()
	const people = 4
	r := newRig(t, people)
	var answered atomic.Int64
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		switch {
		case d.Urgency == notify.UrgencyRoutine:
			return notify.Result{Outcome: notify.Refused, Status: 413}
		case answered.Add(1) == 1:
			return notify.Result{Outcome: notify.EndpointGone, Status: 410}
		}
		return notify.Result{Outcome: notify.Refused, Status: 413}
	})
	w := r.start(t, r.config())
	r.post(t, r.everybody()[:1])
	eventually(t, "the message has ended", func() bool { return w.Stats().Dead == 1 })
	r.raise(t, r.everybody())
	eventually(t, "the alert has ended", func() bool { return w.Stats().Dead == 1+people })
	got := scraped(t, w)
	for name, want := range map[string]float64{
		"notify_ended_total channel=push,lane=routine,state=dead": 1, "notify_ended_total channel=push,lane=routine,state=gone": 0,
		"notify_ended_total channel=push,lane=critical,state=dead": people - 1, "notify_ended_total channel=push,lane=critical,state=gone": 1,
	} {
		if n, found := got[name]; !found || n != want {
			t.Errorf("%s is %v (%t), want %v", name, n, found, want)
		}
	}
}

// B3: devices that were registered with another key than ours are refused alone, and counted from nothing, so that many of them page; everybody else gets theirs.
func TestEndpointsOfAnotherKeyAreCounted(t *testing.T) {
	t.Parallel()
	const people, strangers = 9, 4
	r := newRig(t, people)
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		if slices.Contains(r.guardians[:strangers], d.Person) {
			return notify.Result{Outcome: notify.Refused, Status: 403, Reason: "SENDER_ID_MISMATCH", Foreign: true}
		}
		if d.Person == r.guardians[strangers] {
			return notify.Result{Outcome: notify.Refused, Status: 400, Reason: "INVALID_ARGUMENT"}
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	w := r.start(t, r.config())
	const counted = "notify_foreign_endpoints_total provider=apns"
	if n, found := scraped(t, w)[counted]; !found || n != 0 {
		t.Errorf("%s begins with %v (%t), want 0", counted, n, found)
	}
	r.raise(t, r.everybody())
	eventually(t, "everything has ended", func() bool {
		return r.pushes(t, outbox.StateDead) == strangers+1 && r.pushes(t, outbox.StateSent) == people-strangers-1
	})
	eventually(t, "the results are counted", func() bool {
		return scraped(t, w)["notify_attempts_total channel=push,outcome=refused,provider=apns"] == strangers+1
	})
	if n := scraped(t, w)[counted]; n != strangers {
		t.Errorf("%v are counted, want %d", n, strangers)
	}
	if n := r.count(t, `select count(*) from notify.endpoints where state <> 'active'`); n != 0 {
		t.Errorf("%d endpoints were retired: they are good again when our key is back", n)
	}
}

// A scrape while Postgres does not answer says so, and tells the rest.
func TestAScrapeWithoutPostgres(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	w := r.start(t, r.config())
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := w.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	r.Worker.Close()
	got := scraped(t, w)
	if known, found := got["notify_pending_known "]; !found || known != 0 {
		t.Errorf("what is pending is said to be known: %v", got)
	}
	for name := range got {
		if strings.HasPrefix(name, "notify_oldest_pending_seconds") {
			t.Errorf("%s is told, and nobody knows", name)
		}
	}
	if _, found := got["notify_slots provider=apns"]; !found {
		t.Errorf("the rest is missing: %v", got)
	}
}

// The time of an event is read from its id. That there is a bucket for each objective is held by the rules (TestRulesAskForMetricsThatThereAre).
func TestHandoffIsMeasuredFromTheEvent(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1)
	c := r.config()
	c.Clock = func() time.Time { return time.Now().Add(20 * time.Second) }
	c.Terms.Lease = func(notify.Urgency) time.Duration { return time.Hour }
	w := r.start(t, c)
	r.raise(t, r.everybody())
	eventually(t, "it is sent", func() bool { return r.pushes(t, outbox.StateSent) == 1 && w.Stats().Sent == 1 })
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "notify_handoff_seconds" {
			sum := 0.0
			for _, m := range f.GetMetric() {
				sum += m.GetHistogram().GetSampleSum()
			}
			if sum < 20 || sum > 20+patience.Seconds() {
				t.Errorf("%v s, want the twenty that the clock is ahead and what it took", sum)
			}
			return
		}
	}
	t.Error("no handing over was measured")
}
