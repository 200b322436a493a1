package outbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// operators are addresses of somebody who runs an installation.
var operators = map[notify.Provider]string{
	notify.ProviderSMTP: "operator@budstikke.example", notify.ProviderAPNs: "0123456789abcdef", notify.ProviderTwilio: "whatever stands here",
}

// synthesize sends synthetic notices unless there were some within every, and answers by which providers.
func synthesize(t *testing.T, o *outbox.Outbox, every time.Duration) []outbox.Ref {
	t.Helper()
	refs, err := o.SendSynthetic(context.Background(), operators, every)
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

// A synthetic notice goes out once in a minute, however many workers look, is claimed as an alert is, and its last success is known to all.
func TestSyntheticNoticesAreSentOnceAMinute(t *testing.T) {
	t.Parallel()
	h := &house{Database: pgtest.New(t)}
	o := outbox.New(h.Worker, outbox.Terms{})
	refs := synthesize(t, o, time.Minute)
	if len(refs) != 3 {
		t.Fatalf("%d parcels, want one for each address", len(refs))
	}
	if again := synthesize(t, o, time.Minute); len(again) != 0 {
		t.Fatalf("a second worker sent %d within the minute", len(again))
	}
	if last, err := o.LastSynthetic(context.Background()); err != nil || len(last) != 0 {
		t.Fatalf("before anything was sent: %v, %v", last, err)
	}
	for _, p := range []notify.Provider{notify.ProviderSMTP, notify.ProviderTwilio} {
		claimed, err := o.Claim(context.Background(), p, refs, 10, nil)
		if err != nil || len(claimed.Deliveries) != 1 {
			t.Fatalf("%s: claimed %+v, %v", p, claimed, err)
		}
		d := claimed.Deliveries[0]
		if d.Kind != notify.KindSynthetic || d.Urgency != notify.UrgencyCritical || d.Municipality != notify.SyntheticHome || d.Event.Version() != 7 {
			t.Errorf("%s: claimed %+v", p, d)
		}
		want := operators[p]
		if p == notify.ProviderTwilio {
			want = notify.NoNumber
		}
		if d.Address != want {
			t.Errorf("%s: goes to %q, want %q", p, d.Address, want)
		}
		if _, err := o.Settle(context.Background(), []outbox.Settlement{{Delivery: d, Result: notify.Result{Outcome: notify.Accepted}}}); err != nil {
			t.Fatal(err)
		}
	}
	last, err := o.LastSynthetic(context.Background())
	if err != nil || len(last) != 2 || last[notify.ProviderSMTP].IsZero() || last[notify.ProviderTwilio].IsZero() {
		t.Errorf("the last successes are %v, %v", last, err)
	}
	if next := synthesize(t, o, 0); len(next) != 3 {
		t.Errorf("when the next are due, %d are sent", len(next))
	}
}

// Two workers that look at the same moment send once.
func TestSyntheticNoticesOfWorkersAtOnce(t *testing.T) {
	t.Parallel()
	h := &house{Database: pgtest.New(t)}
	o := outbox.New(h.Worker, outbox.Terms{})
	sent := make(chan int)
	for range 8 {
		go func() {
			refs, err := o.SendSynthetic(context.Background(), operators, time.Minute)
			if err != nil {
				t.Error(err)
			}
			sent <- len(refs)
		}()
	}
	total := 0
	for range 8 {
		total += <-sent
	}
	if total != 3 || h.count(t, `select count(*) from notify.events`) != 1 {
		t.Errorf("%d notices of %d events, want 3 of 1", total, h.count(t, `select count(*) from notify.events`))
	}
}

// An address that its provider has called gone, and one that the operator has changed, are used at the next minute; what is older than an hour is gone.
func TestSyntheticNoticesGoOnAndLeaveNothing(t *testing.T) {
	t.Parallel()
	h := &house{Database: pgtest.New(t)}
	o := outbox.New(h.Worker, outbox.Terms{})
	refs := synthesize(t, o, 0)
	claimed, err := o.Claim(context.Background(), notify.ProviderAPNs, refs, 10, nil)
	if err != nil || len(claimed.Deliveries) != 1 {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	gone := notify.Result{Outcome: notify.EndpointGone, Status: 410}
	if _, err := o.Settle(context.Background(), []outbox.Settlement{{Delivery: claimed.Deliveries[0], Result: gone}}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(t, `select count(*) from notify.endpoints where state = 'retired'`); n != 1 {
		t.Fatalf("%d endpoints are retired, want the device", n)
	}
	h.exec(t, `
		with event as (
			insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
			values (notify.synthetic_home(), notify.since_id(now() - interval '2 hours'), 'synthetic', 'critical', notify.synthetic_home(), now(), now())
			returning municipality_id, id)
		insert into notify.parcels (municipality_id, id, event_id, urgency, provider, deliveries, next_at, attempt, fence)
		select municipality_id, id, id, 'critical', 'smtp', array[id], now(), 0, 0 from event`)
	synthesize(t, o, 0)
	if n := h.count(t, `select count(*) from notify.endpoints where state = 'active'`); n != 3 {
		t.Errorf("%d endpoints are active, want all three again", n)
	}
	if n := h.count(t, `select count(*) from notify.events`); n != 2 {
		t.Errorf("%d events are kept, want the two of this hour", n)
	}
	if n := h.count(t, `select count(*) from notify.parcels`); n != 5 { // three of now, and two of before that nobody has claimed
		t.Errorf("%d parcels wait, want five", n)
	}
}

// V20, B1: a synthetic notice stands where nobody lives, no number can be kept for it, nothing of anybody's can be written there, and it justifies no SMS.
func TestSyntheticNoticesAreNobodys(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	synthesize(t, outbox.New(h.Worker, outbox.Terms{}), 0)
	for what, sql := range map[string]string{
		"a number to send synthetic SMS to": `update notify.endpoints set address = '+46701740601' where channel = 'sms'`,
		"a synthetic event of a municipality": `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
			values ('` + h.municipality.String() + `', gen_random_uuid(), 'synthetic', 'critical', gen_random_uuid(), now(), now())`,
		"an alert of nobody's": `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
			values (notify.synthetic_home(), gen_random_uuid(), 'alert_raised', 'critical', gen_random_uuid(), now(), now())`,
		"a routine synthetic event": `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
			values (notify.synthetic_home(), gen_random_uuid(), 'synthetic', 'routine', gen_random_uuid(), now(), now())`,
	} {
		if _, err := h.Admin.Exec(context.Background(), sql); err == nil {
			t.Errorf("the database takes %s", what)
		}
	}
	if n := h.count(t, `select count(*) from app.municipalities where municipality_id = notify.synthetic_home()`); n != 0 {
		t.Error("where synthetic notices stand is a municipality")
	}
	if home := h.text(t, `select notify.synthetic_home()::text`); home != notify.SyntheticHome.String() {
		t.Errorf("the database says that synthetic notices stand at %s, the program %s", home, notify.SyntheticHome)
	}
	if _, known := notify.KindUrgency(notify.KindSynthetic); known {
		t.Error("a synthetic notice is a kind of event that could be announced")
	}
	_, err := notify.JustifySMS(notify.Delivery{Kind: notify.KindSynthetic, Urgency: notify.UrgencyCritical, Event: uuid.New(), Channel: notify.ChannelSMS}, notify.Words{})
	if err == nil {
		t.Error("a synthetic notice justifies an SMS (V20)")
	}
	if outbox.CheckAddress(notify.ProviderTwilio, notify.NoNumber) == nil {
		t.Error("what stands in the place of a number is one")
	}
}
