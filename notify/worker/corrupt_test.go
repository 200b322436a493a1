package worker_test

import (
	"context"
	"strings"
	"testing"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/render"
	"budstikke.example/notify/worker"
)

// B3: a row that this binary cannot understand (a word of a newer one, or damage) ends as dead with a reason, is reported, and holds up nobody in its parcel.
func TestARowThatCannotBeUnderstoodIsParked(t *testing.T) {
	t.Parallel()
	const people = 40 // two parcels
	r := newRig(t, people)
	r.exec(t, `alter table notify.endpoints drop constraint endpoints_locale_check, drop constraint endpoints_address_check`)
	r.exec(t, `update notify.endpoints set locale = 'tlh' where person_id = $1`, r.guardians[0])
	r.exec(t, `update notify.endpoints set address = '' where person_id = $1`, r.guardians[1])
	r.exec(t, `update notify.endpoints set address = repeat(E'\x01', 5000) where person_id = $1`, r.guardians[2])
	r.phones.on(func(_ context.Context, d notify.Delivery) notify.Result {
		switch {
		case d.Address == "":
			panic("an address that nobody expected")
		case strings.Contains(d.Address, "\x01"):
			return notify.Result{Outcome: notify.Refused, Reason: "bad \x00 address " + strings.Repeat("\xff", 300)}
		}
		return notify.Result{Outcome: notify.Accepted}
	})
	c := r.config()
	c.Render = func(d notify.Delivery) (notify.Words, error) {
		return render.Render(d, render.Links{PublicURL: "https://budstikke.example"})
	}
	c.Terms.MaxAttempts = func(notify.Urgency) int { return 3 } // of what makes its sender panic
	w := r.start(t, c)
	alert := r.raise(t, r.everybody())
	eventually(t, "the others have theirs and three are parked", func() bool {
		return r.pushes(t, outbox.StateSent) == people-3 && r.pushes(t, outbox.StateDead) == 3
	})
	if n := r.count(t, `select count(*) from notify.deliveries where state = 'dead' and channel = 'push' and reason is not null and outcome is not null`); n != 3 {
		t.Errorf("%d of 3 say why", n)
	}
	if n := r.count(t, `select count(*) from notify.deliveries where person_id = $1 and reason = 'no_words'`, r.guardians[0]); n != 1 {
		t.Error("an unknown language ended for another reason")
	}
	for _, word := range []string{`"no_words"`, `"state":"dead"`} {
		if !strings.Contains(r.log.String(), word) {
			t.Errorf("the log does not say %s", word)
		}
	}
	if w.Stats().Dead != 3 {
		t.Errorf("stats %+v", w.Stats())
	}

	// An event of a kind that this binary does not know.
	r.exec(t, `alter table notify.events drop constraint events_kind_check, drop constraint only_critical_kinds_are_critical`)
	unknown := r.raiseLater(t, w, func() {
		r.exec(t, `update notify.events set kind = 'of_the_future' where id <> $1`, alert.Event)
	})
	if unknown != people {
		t.Errorf("%d of %d notices of an unknown kind are parked", unknown, people)
	}
}

// raiseLater raises an alert while no worker claims, spoils it, and answers how many of its pushes are dead in the end.
func (r *rig) raiseLater(t *testing.T, w *worker.Worker, spoil func()) int {
	t.Helper()
	before := r.pushes(t, outbox.StateDead)
	w.Pause()
	r.raise(t, r.everybody())
	spoil()
	w.Resume()
	eventually(t, "nothing is open", func() bool { return r.pushes(t, outbox.StatePending)+r.pushes(t, outbox.StateRetry) == 0 })
	return r.pushes(t, outbox.StateDead) - before
}
