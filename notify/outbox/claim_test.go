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
				claimed, err = o.Claim(context.Background(), notify.ProviderAPNs, append(announced.Refs, announced.Refs[:10]...))
			} else {
				claimed, err = o.ClaimDue(context.Background(), criticalPush, 1000)
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
	rest, err := o.ClaimDue(context.Background(), criticalPush, 1000)
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

// V15: the same for a notice that failed once and waits for its next attempt.
func TestRetryIsSuppressedToo(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	announced := h.raise(t, h.everybody())
	o := h.outbox()
	held := h.claim(t, o, announced.Refs).Deliveries[0]
	h.deactivate(t, h.guardians[0]) // while it is on its way
	if _, err := o.Settle(context.Background(), []outbox.Settlement{
		{Delivery: held, Result: notify.Result{Outcome: notify.Unavailable}},
	}); err != nil {
		t.Fatal(err)
	}
	claimed, err := o.ClaimDue(context.Background(), criticalPush, 10)
	if err != nil || len(claimed.Deliveries) != 0 || len(claimed.Ended) != 1 || claimed.Ended[0].Reason != "access_ended" {
		t.Fatalf("claimed %+v, %v", claimed, err)
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
		"poison":              {`update notify.deliveries set attempt = 200 where channel = 'push'`, "dead too_many_attempts"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1)
			announced := h.raise(t, h.everybody())
			h.exec(t, c.arrange)
			o := outbox.New(h.Worker, outbox.Terms{MaxAttempts: func(notify.Urgency) int { return 200 }})
			claimed, err := o.ClaimDue(context.Background(), criticalPush, 10)
			if err != nil || len(claimed.Deliveries) != 0 || len(claimed.Ended) != 1 {
				t.Fatalf("claimed %+v, %v", claimed, err)
			}
			if state, reason := h.state(t, announced.Refs[0].Delivery); state+" "+reason != c.want {
				t.Fatalf("%s %s, want %s", state, reason, c.want)
			}
			if claimed, err = o.ClaimDue(context.Background(), criticalPush, 10); err != nil || len(claimed.Ended) != 0 {
				t.Fatalf("claimed again: %+v, %v", claimed, err)
			}
		})
	}
}

func TestClaimIgnoresRefsThatDoNotFit(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	ref := h.raise(t, h.everybody()).Refs[0]
	strange := map[string]func(r *outbox.Ref){
		"unknown delivery":     func(r *outbox.Ref) { r.Delivery = newID() },
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
	claimed, err := h.outbox().Claim(context.Background(), notify.ProviderTwilio, []outbox.Ref{ref})
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
	h.exec(t, `update notify.deliveries set next_at = now() where id = $1`, ref.Delivery)
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
	claimed, err := h.outbox().Claim(context.Background(), notify.ProviderSMTP, refs)
	if err != nil || len(claimed.Deliveries) != 1 || claimed.Deliveries[0].Urgency != notify.UrgencyCritical {
		t.Fatalf("claimed %+v, %v", claimed, err)
	}
	if len(claimed.Ended) != 1 || claimed.Ended[0].Reason != "unsubscribed" {
		t.Fatalf("ended %+v", claimed.Ended)
	}
}
