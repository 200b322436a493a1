package worker_test

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/worker"
)

// mast is a provider of SMS that counts what it is asked and what it is sent.
type mast struct {
	asked, sent atomic.Int64
	away        atomic.Bool
}

// Send implements worker.Texter.
func (m *mast) Send(context.Context, notify.SMS) notify.Result {
	m.sent.Add(1)
	return notify.Result{Outcome: notify.Accepted}
}

// Check implements worker.Checker.
func (m *mast) Check(context.Context) notify.Result {
	m.asked.Add(1)
	if m.away.Load() {
		return notify.Result{Outcome: notify.Misconfigured, Status: 401}
	}
	return notify.Result{Outcome: notify.Accepted}
}

// aToken has the form of an APNs token.
var aToken = strings.Repeat("0f", 32)

// synthetic is a worker that sends synthetic notices by push and SMS again and again.
func (r *rig) synthetic(m *mast) worker.Config {
	c := r.config()
	c.SMS = m
	c.Synthetic = map[notify.Provider]string{notify.ProviderAPNs: aToken, notify.ProviderTwilio: ""}
	c.SyntheticEvery = 200 * time.Millisecond
	return c
}

const (
	lastPush = "notify_synthetic_last_success_timestamp_seconds channel=push,provider=apns"
	lastSMS  = "notify_synthetic_last_success_timestamp_seconds channel=sms,provider=twilio"
)

// B3: each channel is tried again and again by the path of an alert, and its last success is told by every worker; nobody's counts know of it, and by SMS
// nothing is sent (V20).
func TestSyntheticNoticesTellThatChannelsWork(t *testing.T) {
	t.Parallel()
	r, m := newRig(t, 3), &mast{}
	c := r.synthetic(m)
	w := r.start(t, c)
	eventually(t, "both were taken three times", func() bool {
		got := scraped(t, w)
		return got["notify_synthetic_seconds channel=push,provider=apns"] >= 3 && got["notify_synthetic_seconds channel=sms,provider=twilio"] >= 3
	})
	got := scraped(t, w)
	if got[lastPush] == 0 || got[lastSMS] == 0 {
		t.Errorf("the last successes are told as %v and %v", got[lastPush], got[lastSMS])
	}
	for name, value := range got {
		if value != 0 && (strings.HasPrefix(name, "notify_handoff") || strings.HasPrefix(name, "notify_attempts") || strings.HasPrefix(name, "notify_ended")) {
			t.Errorf("people's counts know of synthetic notices: %s is %v", name, value)
		}
	}
	if m.sent.Load() != 0 || m.asked.Load() < 3 {
		t.Errorf("%d SMS were sent and %d times it was asked, want none and some", m.sent.Load(), m.asked.Load())
	}
	for _, d := range r.phones.all() {
		if d.Kind != notify.KindSynthetic || d.Address != aToken || d.Person != notify.SyntheticHome {
			t.Fatalf("somebody's device got a synthetic notice: %+v", d)
		}
	}
	if n := r.count(t, `select count(*) from notify.deliveries where channel = 'in_app'`); n != 0 {
		t.Errorf("%d stand in inboxes", n)
	}
}

// A channel that does not work stops succeeding, and the others go on.
func TestSyntheticNoticesTellWhichChannelFails(t *testing.T) {
	t.Parallel()
	r, m := newRig(t, 1), &mast{}
	m.away.Store(true)
	w := r.start(t, r.synthetic(m))
	eventually(t, "the push works and the SMS has been tried", func() bool { return scraped(t, w)[lastPush] > 0 && m.asked.Load() > 0 })
	got := scraped(t, w)
	if last, told := got[lastSMS]; !told || last != 0 {
		t.Errorf("the last success by SMS is told as %v (%t), want 0", last, told)
	}
	if got["notify_credentials_refused provider=twilio"] != 1 {
		t.Error("nobody is told that the credentials are refused, though nothing but the synthetic notice asked")
	}
}

// An alert overtakes nothing of it and loses nothing by it: synthetic notices take one slot of each provider.
func TestAlertsLeaveBesideSyntheticNotices(t *testing.T) {
	t.Parallel()
	r, m := newRig(t, 50), &mast{}
	w := r.start(t, r.synthetic(m))
	r.raise(t, r.everybody())
	eventually(t, "all guardians got theirs, and a synthetic notice left", func() bool {
		return r.count(t, `select count(*) from notify.deliveries where channel = 'push' and state = 'sent' and municipality_id = $1`, r.municipality) == 50 &&
			scraped(t, w)[lastPush] > 0
	})
	if n := scraped(t, w)["notify_ended_total channel=push,lane=critical,state=sent"]; n != 50 {
		t.Errorf("%v pushes are counted as sent, want those to people", n)
	}
}

// What cannot work is said at the start.
func TestSyntheticAddressesAreChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	for what, to := range map[string]map[notify.Provider]string{
		"an address that is no token": {notify.ProviderAPNs: "device"}, "a channel that is not set up": {notify.ProviderSMTP: "operator@budstikke.example"},
		"SMS that cannot be checked without sending one (V20)": {notify.ProviderTwilio: ""},
	} {
		c := r.config()
		c.SMS = sendsOnly{}
		c.Synthetic = to
		if _, err := worker.New(c); err == nil {
			t.Errorf("a worker starts with %s", what)
		}
	}
}

// sendsOnly is a provider of SMS that cannot be asked.
type sendsOnly struct{}

// Send implements worker.Texter.
func (sendsOnly) Send(context.Context, notify.SMS) notify.Result { return notify.Result{} }
