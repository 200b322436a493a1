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

// written is a delivery as the version before parcels left it, and what is to become of it.
type written struct {
	state, channel, urgency string
	attempt                 int // also its fence
	ending                  int // status of the attempt that ended it, which had a row of its own; 0: none has
	later                   bool

	wants, reason string
	status        int
	attempts      int  // rows that are left
	carried       bool // it lies in a parcel
	duplicates    int
}

// B3: what a version without parcels had accepted is carried on by this one, in whatever state it was, and what it had told is still told.
func TestOldDeliveriesAreCarriedOn(t *testing.T) {
	t.Parallel()
	cases := map[string]written{
		"promised":            {state: "pending", channel: "push", urgency: "critical", wants: "pending", carried: true},
		"promised, for later": {state: "retry", channel: "push", urgency: "critical", attempt: 1, later: true, wants: "retry", attempts: 1, carried: true},
		"promised, routine":   {state: "pending", channel: "push", urgency: "routine", wants: "pending", carried: true},
		"promised, an SMS":    {state: "pending", channel: "sms", urgency: "critical", wants: "pending", carried: true},
		"tried twice":         {state: "retry", channel: "push", urgency: "critical", attempt: 2, wants: "retry", attempts: 2, carried: true},
		"on its way":          {state: "sending", channel: "push", urgency: "critical", attempt: 3, wants: "retry", reason: "lease_expired", attempts: 2, carried: true, duplicates: 1},
		"sent at once":        {state: "sent", channel: "push", urgency: "critical", attempt: 1, ending: 200, wants: "sent", status: 200},
		"sent the third time": {state: "sent", channel: "push", urgency: "routine", attempt: 3, ending: 200, wants: "sent", status: 200, attempts: 2},
		"dead":                {state: "dead", channel: "push", urgency: "critical", attempt: 2, ending: 410, wants: "dead", status: 410, attempts: 1},
		"cut off":             {state: "suppressed", channel: "push", urgency: "critical", attempt: 1, wants: "suppressed", attempts: 1},
		"too late":            {state: "expired", channel: "push", urgency: "critical", wants: "expired"},
		"shown in the app":    {state: "sent", channel: "in_app", urgency: "critical", wants: "sent"},
	}
	old := pgtest.Before(t, "parcels")
	h := furnish(t, old.Database, len(cases))
	critical, routine := newID(), newID()
	h.exec(t, `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
		values ($1, $2, 'alert_raised', 'critical', $2, now(), now() + interval '1 hour'), ($1, $3, 'message_posted', 'routine', $3, now(), now() + interval '1 hour')`,
		h.municipality, critical, routine)
	event := map[string]uuid.UUID{"critical": critical, "routine": routine}
	who := map[string]uuid.UUID{} // of each case
	for name, c := range cases {
		at := len(who)
		who[name] = h.guardians[at]
		var provider *string
		var endpoint *uuid.UUID
		switch c.channel {
		case "push":
			endpoint, provider = &h.devices[at], new("apns")
		case "sms":
			id := h.endpoint(t, h.guardians[at], notify.ProviderTwilio, "+46701740605")
			endpoint, provider = &id, new("twilio")
		}
		id := newID()
		h.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, provider, endpoint_id, state, attempt,
				fence, lease_until, next_at, queued_at, created_at, settled_at)
			values ($1, $2, $3, $4, $5, 'institution', $6, $7, $8, $9, $10, $11::integer, $11::integer, case when $10 = 'sending' then now() + interval '1 minute' end,
				now() + case when $12 then interval '1 day' else '0' end, now(), now() - interval '1 minute', case when $10 in ('sent', 'dead', 'suppressed', 'expired') then now() end)`,
			h.municipality, id, event[c.urgency], c.urgency, h.guardians[at], h.institution, c.channel, provider, endpoint, c.state, c.attempt, c.later)
		seen := c.attempt
		if c.state == "sending" {
			seen-- // the end of the one that is on its way has nobody seen
		}
		for fence := 1; fence <= seen; fence++ {
			outcome, status := "unavailable", 503
			if fence == c.attempt && c.ending != 0 {
				outcome, status = "accepted", c.ending
			}
			h.exec(t, `insert into notify.attempts (municipality_id, delivery_id, attempt, fence, outcome, status, reason, finished_at) values ($1, $2, $3::integer, $3::integer, $4, $5, '', now())`,
				h.municipality, id, fence, outcome, status)
		}
	}
	old.Upgrade(t)

	for name, c := range cases {
		var got written
		var id, want uuid.UUID
		err := h.Admin.QueryRow(context.Background(), `
			select d.id, notify.id_of(notify.prefix_of(d.event_id), notify.seed_of(d.event_id, d.channel), d.person_id, d.endpoint_id), d.state, d.attempt, coalesce(d.reason, ''),
				coalesce(d.status, 0), d.possible_duplicates, (select count(*) from notify.attempts a where a.delivery_id = d.id),
				exists (select from notify.parcels p where p.id = d.id and p.deliveries = array[d.id] and p.event_id = d.event_id and p.provider = d.provider and p.urgency = d.urgency
					and p.attempt = d.attempt and p.fence = d.fence and p.lease_until is null and (p.next_at > now()) = $3)
			from notify.deliveries d where d.person_id = $1 and d.channel = $2`, who[name], c.channel, c.later).
			Scan(&id, &want, &got.state, &got.attempt, &got.reason, &got.status, &got.duplicates, &got.attempts, &got.carried)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if id != want {
			t.Errorf("%s: its id does not say what it is", name)
		}
		if got.state != c.wants || got.attempt != c.attempt || got.reason != c.reason || got.status != c.status || got.duplicates != c.duplicates ||
			got.attempts != c.attempts || got.carried != c.carried {
			t.Errorf("%s became %+v, want %+v", name, got, c)
		}
	}
	h.carriedOn(t, cases)
}

// carriedOn sends what is due after the upgrade: each once, as the attempt that follows.
func (h *house) carriedOn(t *testing.T, cases map[string]written) {
	t.Helper()
	ctx, o, want := context.Background(), h.outbox(), 0
	for _, c := range cases {
		if c.carried && !c.later {
			want++
		}
	}
	var batch []outbox.Settlement
	for _, lane := range []outbox.Lane{criticalPush, {Provider: notify.ProviderAPNs, Urgency: notify.UrgencyRoutine}, {Provider: notify.ProviderTwilio, Urgency: notify.UrgencyCritical}} {
		claimed, err := o.ClaimDue(ctx, lane, 100, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range claimed.Deliveries {
			batch = append(batch, outbox.Settlement{Delivery: d, Result: notify.Result{Outcome: notify.Accepted, Status: 200}, Wait: time.Second})
		}
	}
	settled, err := o.Settle(ctx, batch)
	if err != nil || len(settled) != want {
		t.Fatalf("%d were sent, want %d (%v)", len(settled), want, err)
	}
	if free, leased := h.parcels(t); free != 1 || leased != 0 {
		t.Errorf("%d parcels are left and %d leased, want the one for later", free, leased)
	}
	if n := h.count(t, `select count(*) from notify.deliveries where state in ('pending', 'retry')`); n != 1 {
		t.Errorf("%d are still promised, want the one for later", n)
	}
}
