package outbox_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

var criticalPush = outbox.Lane{Provider: notify.ProviderAPNs, Urgency: notify.UrgencyCritical}

func TestClaimHandsOutEachDeliveryOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 300)
	announced := h.raise(t, h.everybody())
	o := h.outbox()
	var mu sync.Mutex
	seen := map[string]int{}
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			var claimed outbox.Claimed
			var err error
			if i%2 == 0 {
				claimed, err = o.Claim(context.Background(), notify.ProviderAPNs, append(announced.Refs, announced.Refs[:5]...), 1000, nil)
			} else {
				claimed, err = o.ClaimDue(context.Background(), criticalPush, 1000, nil, nil)
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, d := range claimed.Deliveries {
				seen[d.ID.String()]++
				if d.Attempt != 1 || d.Fence != 1 || d.Kind != notify.KindAlertRaised || d.Event != announced.Event || d.Address == "" ||
					d.Locale != notify.Swedish || d.ExpiresAt.Before(time.Now()) || d.Municipality != h.municipality {
					t.Errorf("delivery %+v", d)
				}
			}
		})
	}
	wg.Wait()
	// A claim skips what another is looking at, so some may be left for the next.
	rest, err := o.ClaimDue(context.Background(), criticalPush, 1000, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range rest.Deliveries {
		seen[d.ID.String()]++
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d claimed, want 300", len(seen))
	}
}

// V15: who lost access between commit and claim gets nothing, by whatever way the access ended, and whatever the grounds.
func TestClaimSuppressesWhoLostAccess(t *testing.T) {
	t.Parallel()
	ends := map[string]func(t *testing.T, h *house){
		"deactivated": func(t *testing.T, h *house) { h.deactivate(t, h.guardians[0]) },
		"child left": func(t *testing.T, h *house) {
			h.exec(t, `update app.enrolments set ended_at = now() where child_id = $1`, h.children[0])
		},
		"no longer guardian": func(t *testing.T, h *house) {
			h.exec(t, `update app.guardianships set ended_at = now() where guardian_id = $1`, h.guardians[0])
		},
		// The triggers of 0009_grants_and_triggers.sql suppress what waits; the claim keeps the rule even for a way they do not know.
		"without the triggers": func(t *testing.T, h *house) {
			h.exec(t, `alter table app.guardianship_access disable trigger cut_off_guardian`)
			h.deactivate(t, h.guardians[0])
		},
	}
	grounds := map[string]func(h *house) []outbox.Recipient{
		"institution": func(h *house) []outbox.Recipient { return h.everybody() },
		"child": func(h *house) []outbox.Recipient {
			return append(outbox.OfChild(h.children[0], h.guardians[0]), outbox.OfChild(h.children[1], h.guardians[1])...)
		},
	}
	for way, end := range ends {
		for ground, to := range grounds {
			t.Run(way+" "+ground, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, 2)
				announced := h.announce(t, to(h), notify.ByPush)
				end(t, h)
				claimed := h.claim(t, h.outbox(), announced.Refs)
				if len(claimed.Deliveries) != 1 || claimed.Deliveries[0].Person != h.guardians[1] {
					t.Fatalf("claimed %+v, want the second guardian's only", claimed.Deliveries)
				}
				state := h.text(t, `select state || ' ' || reason from notify.deliveries where channel = 'push' and person_id = $1`,
					h.guardians[0])
				if state != "suppressed access_ended" {
					t.Fatalf("the first guardian's notice is %s", state)
				}
				if way == "without the triggers" && (len(claimed.Ended) != 1 || claimed.Ended[0].State != outbox.StateSuppressed) {
					t.Fatalf("ended %+v", claimed.Ended)
				}
			})
		}
	}
}

// V15: the same for a notice that failed once and waits for its next attempt, also where no trigger has seen the access end.
func TestRetryIsSuppressedToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	announced := h.raise(t, h.everybody())
	o := h.outbox()
	held := h.claim(t, o, announced.Refs).Deliveries[0]
	h.asleep(t)
	h.deactivate(t, h.guardians[0]) // while it is on its way
	if _, err := o.Settle(context.Background(), []outbox.Settlement{
		{Delivery: held, Result: notify.Result{Outcome: notify.Unavailable}},
	}); err != nil {
		t.Fatal(err)
	}
	claimed, err := o.ClaimDue(context.Background(), criticalPush, 10, nil, nil)
	if err != nil || len(claimed.Deliveries) != 0 || len(claimed.Ended) != 1 || claimed.Ended[0].Reason != "access_ended" {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
}

// V15: who is cut off while a worker has their notice finds it ended at once. What the provider says of it then is kept, and changes nothing.
func TestCutOffOnItsWay(t *testing.T) {
	t.Parallel()
	for name, result := range map[string]notify.Result{
		"accepted": {Outcome: notify.Accepted, ProviderID: "p1", Status: 200}, "unavailable": {Outcome: notify.Unavailable, Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 3)
			o := h.outbox()
			claimed := h.claim(t, o, h.raise(t, h.everybody()).Refs).Deliveries
			h.deactivate(t, h.guardians[1])
			cut := h.push(t, h.guardians[1])
			if state, reason := h.state(t, cut); state+" "+reason != "suppressed access_ended" {
				t.Fatalf("on its way and cut off it is %s %s", state, reason)
			}
			for _, d := range claimed {
				settled := settle(t, o, d, result)
				if want := map[bool]outbox.State{true: outbox.StateSuppressed}[d.ID == cut]; len(settled) != 1 || want != "" && settled[0].State != want {
					t.Fatalf("settled %+v, want %q", settled, want)
				}
			}
			if state, reason := h.state(t, cut); state+" "+reason != "suppressed access_ended" {
				t.Errorf("after its result it is %s %s", state, reason)
			}
			if got := h.text(t, `select outcome || ' ' || attempt from notify.deliveries where id = $1`, cut); got != name+" 1" {
				t.Errorf("it is noted as %q that it had left", got)
			}
			if n := h.count(t, `select count(*) from notify.parcels where $1 = any (deliveries)`, cut); n != 0 {
				t.Error("it is still to be carried")
			}
		})
	}
}

// V15: two hundred who are cut off while their alert waits end in the middle of their parcels, and a parcel in which nothing is left ends, too.
func TestCutOffInTheMiddleOfParcels(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 300)
	announced := h.raise(t, h.everybody())
	h.deactivate(t, h.guardians[:200]...)
	h.exec(t, `update notify.deliveries set state = 'suppressed' where id = any ((select deliveries from notify.parcels where cardinality(deliveries) = 32 limit 1)::uuid[])`)
	left := h.count(t, `select count(*) from notify.deliveries where channel = 'push' and state = 'pending'`)
	o := h.outbox()
	claimed := h.claim(t, o, announced.Refs)
	if len(claimed.Deliveries) != left || len(claimed.Ended) != 0 {
		t.Fatalf("%d claimed and %d ended, want %d and none", len(claimed.Deliveries), len(claimed.Ended), left)
	}
	if n := h.count(t, `select coalesce(sum(cardinality(deliveries)), 0) from notify.parcels`); n != left {
		t.Errorf("parcels hold %d, want %d", n, left)
	}
	for _, d := range claimed.Deliveries {
		settle(t, o, d, notify.Result{Outcome: notify.Accepted})
	}
	if free, leased := h.parcels(t); free+leased != 0 {
		t.Errorf("%d parcels are free and %d leased with nothing to do", free, leased)
	}
}

// A worker with less room than a parcel takes a part of it, and leaves the rest to be claimed by anybody, as something of its own.
func TestClaimOpensWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 70)
	refs := h.raise(t, h.everybody()).Refs
	o := h.outbox()
	seen := map[string]bool{}
	for round := 0; len(refs) > 0; round++ {
		claimed, err := o.Claim(context.Background(), notify.ProviderAPNs, refs[:1], 9, nil)
		if err != nil || len(claimed.Deliveries) == 0 || len(claimed.Deliveries) > 9 || round > 20 {
			t.Fatalf("round %d: %d claimed, %v", round, len(claimed.Deliveries), err)
		}
		for _, d := range claimed.Deliveries {
			if seen[d.ID.String()] || d.Attempt != 1 {
				t.Errorf("%s is claimed again, at attempt %d", d.ID, d.Attempt)
			}
			seen[d.ID.String()] = true
		}
		refs = append(claimed.Left, refs[1:]...)
	}
	if len(seen) != 70 {
		t.Errorf("%d were claimed, want 70", len(seen))
	}
	if free, leased := h.parcels(t); free != 0 || leased != 9 { // 9 9 9 5, 9 9 9 5, 6
		t.Errorf("%d parcels are free and %d leased", free, leased)
	}
}

func TestClaimEndsWhatMustNotLeave(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		arrange, want string
	}{
		"too late": {`update notify.events set expires_at = now() - interval '1 second'`, "expired too_late"},
		"endpoint retired": {`update notify.endpoints set state = 'retired', retired_reason = 'gone'`,
			"suppressed endpoint_not_active"},
		"endpoint unverified": {`update notify.endpoints set state = 'unverified'`, "suppressed endpoint_not_active"},
		"poison":              {`update notify.parcels set attempt = 200`, "dead too_many_attempts"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1)
			h.raise(t, h.everybody())
			h.exec(t, c.arrange)
			o := outbox.New(h.Worker, outbox.Terms{MaxAttempts: func(notify.Urgency) int { return 200 }})
			claimed, err := o.ClaimDue(context.Background(), criticalPush, 10, nil, nil)
			if err != nil || len(claimed.Deliveries) != 0 || len(claimed.Ended) != 1 || claimed.Ended[0].Urgency != notify.UrgencyCritical {
				t.Fatalf("claimed %+v, %v", claimed, err)
			}
			if state, reason := h.state(t, h.push(t, h.guardians[0])); state+" "+reason != c.want {
				t.Fatalf("%s %s, want %s", state, reason, c.want)
			}
			if claimed, err = o.ClaimDue(context.Background(), criticalPush, 10, nil, nil); err != nil || len(claimed.Ended) != 0 {
				t.Fatalf("claimed again: %+v, %v", claimed, err)
			}
			if free, leased := h.parcels(t); free+leased != 0 {
				t.Errorf("%d parcels are free and %d leased with nothing to do", free, leased)
			}
		})
	}
}

func TestClaimIgnoresRefsThatDoNotFit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	ref := h.raise(t, h.everybody()).Refs[0]
	strange := map[string]func(r *outbox.Ref){
		"unknown parcel":       func(r *outbox.Ref) { r.Parcel = newID() },
		"another municipality": func(r *outbox.Ref) { r.Municipality = newID() },
		"another attempt":      func(r *outbox.Ref) { r.Attempt = 3 },
	}
	for name, change := range strange {
		r := ref
		change(&r)
		if claimed := h.claim(t, h.outbox(), []outbox.Ref{r}); len(claimed.Deliveries)+len(claimed.Ended) != 0 {
			t.Errorf("%s: claimed %+v", name, claimed)
		}
	}
	// A push delivery that lies on Twilio's belt is not Twilio's.
	claimed, err := h.outbox().Claim(context.Background(), notify.ProviderTwilio, []outbox.Ref{ref}, 10, nil)
	if err != nil || len(claimed.Deliveries)+len(claimed.Ended) != 0 {
		t.Errorf("another provider: claimed %+v, %v", claimed, err)
	}
	if claimed := h.claim(t, h.outbox(), []outbox.Ref{ref}); len(claimed.Deliveries) != 1 {
		t.Errorf("the true ref: claimed %+v", claimed)
	}
}

func TestRetryIsNotClaimedBeforeItsTime(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	announced := h.raise(t, h.everybody())
	o := h.outbox()
	held := h.claim(t, o, announced.Refs).Deliveries[0]
	if _, err := o.Settle(context.Background(), []outbox.Settlement{
		{Delivery: held, Result: notify.Result{Outcome: notify.Throttled}, Wait: time.Hour},
	}); err != nil {
		t.Fatal(err)
	}
	ref := announced.Refs[0]
	ref.Attempt = 1
	if claimed := h.claim(t, o, []outbox.Ref{ref}); len(claimed.Deliveries) != 0 {
		t.Fatal("claimed an hour early")
	}
	h.exec(t, `update notify.parcels set next_at = now() where id = $1`, ref.Parcel)
	if claimed := h.claim(t, o, []outbox.Ref{ref}); len(claimed.Deliveries) != 1 || claimed.Deliveries[0].Attempt != 2 {
		t.Fatalf("claimed %+v", claimed)
	}
}

// B1: a mail that waits when its owner stops routine mail does not leave; a critical one still does.
func TestClaimKeepsRoutineMailFromWhoWantsNone(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	mail := h.endpoint(t, h.guardians[0], notify.ProviderSMTP, "a@example.com")
	refs := append(h.announce(t, h.everybody(), notify.ByEmail).Refs, h.raise(t, h.everybody()).Refs...)
	h.exec(t, `update notify.endpoints set routine = false where id = $1`, mail)
	claimed, err := h.outbox().Claim(context.Background(), notify.ProviderSMTP, refs, 10, nil)
	if err != nil || len(claimed.Deliveries) != 1 || claimed.Deliveries[0].Urgency != notify.UrgencyCritical {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	if len(claimed.Ended) != 1 || claimed.Ended[0].Reason != "unsubscribed" {
		t.Fatalf("ended %+v", claimed.Ended)
	}
}
