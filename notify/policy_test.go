package notify_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/notify"
)

// V20: every routine event's standing channels exclude SMS.
func TestRoutineEventsNeverUseSMS(t *testing.T) {
	t.Parallel()
	events := []notify.Routine{
		notify.EmailRegistered{}, notify.GuardianActivated{}, notify.MessagePosted{}, notify.AbsenceReported{},
		notify.ApplicationDecided{}, notify.ApplicationsWaiting{},
	}
	for _, e := range events {
		channels := notify.RoutineChannelsOf(e).List()
		if len(channels) == 0 {
			t.Errorf("%s reaches nobody", e.Kind())
		}
		for _, c := range channels {
			if c == notify.ChannelSMS {
				t.Errorf("%s would be sent by SMS", e.Kind())
			}
		}
		if u, ok := notify.KindUrgency(e.Kind()); !ok || u != notify.UrgencyRoutine {
			t.Errorf("%s has urgency %q, want routine", e.Kind(), u)
		}
	}
}

// V20: an SMS can be made from a critical delivery only, whatever else it claims.
func TestJustifySMS(t *testing.T) {
	t.Parallel()
	critical := notify.Delivery{
		Event: uuid.New(), Kind: notify.KindAlertRaised, Urgency: notify.UrgencyCritical, Channel: notify.ChannelSMS,
	}
	if sms, err := notify.JustifySMS(critical, notify.Words{Text: "x"}); err != nil || sms.JustifiedBy() != critical.Event {
		t.Fatalf("JustifySMS(critical) = %v, %v", sms, err)
	}
	for name, change := range map[string]func(*notify.Delivery){
		"routine urgency":        func(d *notify.Delivery) { d.Urgency = notify.UrgencyRoutine },
		"routine kind":           func(d *notify.Delivery) { d.Kind = notify.KindMessagePosted },
		"a synthetic notice":     func(d *notify.Delivery) { d.Kind = notify.KindSynthetic },
		"unknown kind":           func(d *notify.Delivery) { d.Kind = "newsletter" },
		"no event":               func(d *notify.Delivery) { d.Event = uuid.Nil },
		"meant for another lane": func(d *notify.Delivery) { d.Channel = notify.ChannelEmail },
	} {
		d := critical
		change(&d)
		if _, err := notify.JustifySMS(d, notify.Words{}); !errors.Is(err, notify.ErrSMSNotJustified) {
			t.Errorf("%s: JustifySMS = %v, want ErrSMSNotJustified", name, err)
		}
	}
}

// A worker must give up a call before its lease ends, or two workers could send the same delivery while both are alive.
func TestSendTimeoutLiesBelowLease(t *testing.T) {
	t.Parallel()
	for _, u := range []notify.Urgency{notify.UrgencyCritical, notify.UrgencyRoutine} {
		if notify.SendTimeout(u) >= notify.Lease(u) {
			t.Errorf("%s: a call may take %s, its lease is %s", u, notify.SendTimeout(u), notify.Lease(u))
		}
	}
}

func TestBackoffGrowsAndIsBounded(t *testing.T) {
	t.Parallel()
	for _, u := range []notify.Urgency{notify.UrgencyCritical, notify.UrgencyRoutine} {
		before := notify.Backoff(u, 1)
		for attempt := 2; attempt < 100; attempt++ {
			now := notify.Backoff(u, attempt)
			if now < before || now <= 0 {
				t.Fatalf("%s attempt %d: %s after %s", u, attempt, now, before)
			}
			before = now
		}
	}
}

// B3: an alert that failed is tried again within 1, 3 and 10 s, and then every 15 s.
func TestCriticalRetriesAreSoon(t *testing.T) {
	t.Parallel()
	for attempt, want := range map[int]time.Duration{1: time.Second, 2: 3 * time.Second, 3: 10 * time.Second, 4: 15 * time.Second, 100: 15 * time.Second} {
		if got := notify.Backoff(notify.UrgencyCritical, attempt); got != want {
			t.Errorf("after attempt %d within %s, want %s", attempt, got, want)
		}
	}
}
