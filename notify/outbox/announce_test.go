package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

func TestRaiseReachesEveryChannel(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 2)
	h.endpoint(t, h.guardians[0], notify.ProviderSMTP, "a@example.com")
	h.endpoint(t, h.guardians[0], notify.ProviderTwilio, "+46701740605")
	announced := h.raise(t, h.everybody())
	if len(announced.Refs) != 3 { // two devices in one parcel, a mail, an SMS
		t.Fatalf("%d refs, want 3", len(announced.Refs))
	}
	by := map[notify.Provider]int{}
	for _, r := range announced.Refs {
		by[r.Provider] += r.Size
		if r.Urgency != notify.UrgencyCritical || r.Municipality != h.municipality || r.Attempt != 0 {
			t.Errorf("ref %+v", r)
		}
	}
	if by[notify.ProviderAPNs] != 2 || by[notify.ProviderSMTP] != 1 || by[notify.ProviderTwilio] != 1 {
		t.Errorf("refs by provider: %v", by)
	}
	if n := h.count(t, `select count(*) from notify.deliveries where channel = 'in_app' and state = 'sent' and event_id = $1`,
		announced.Event); n != 2 {
		t.Errorf("%d in-app notices, want 2", n)
	}
	// V20: each SMS records which critical event justified it.
	if n := h.count(t, `select count(*) from notify.deliveries d join notify.events e on e.id = d.event_id
		where d.channel = 'sms' and e.urgency = 'critical' and d.event_id = $1`, announced.Event); n != 1 {
		t.Errorf("%d SMS with their event, want 1", n)
	}
}

// V20: a routine event reaches no mobile, even of somebody who has one.
func TestAnnounceNeverUsesSMS(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	h.endpoint(t, h.guardians[0], notify.ProviderTwilio, "+46701740606")
	announced := h.announce(t, h.everybody(), notify.InApp.And(notify.ByPush).And(notify.ByEmail))
	if len(announced.Refs) != 1 || announced.Refs[0].Provider != notify.ProviderAPNs {
		t.Fatalf("refs %+v, want the device only", announced.Refs)
	}
}

// V20: whoever writes to the table directly is refused as well, whatever role they have.
func TestDatabaseRefusesRoutineSMS(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	mobile := h.endpoint(t, h.guardians[0], notify.ProviderTwilio, "+46701740607")
	announced := h.announce(t, h.everybody(), notify.ByPush)
	const insert = `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel,
		provider, endpoint_id, created_at) values ($1, $2, $3, $4, $5, 'institution', $6, 'sms', 'twilio', $7, now())`
	ctx := context.Background()
	try := func(urgency string) []any {
		return []any{h.municipality, newID(), announced.Event, urgency, h.guardians[0], h.institution, mobile}
	}
	refused := func(who string, err error, constraint string) {
		t.Helper()
		var pg *pgconn.PgError
		if !errors.As(err, &pg) || pg.ConstraintName != constraint {
			t.Errorf("%s: %v, want a violation of %s", who, err, constraint)
		}
	}
	_, err := h.Admin.Exec(ctx, insert, try("routine")...)
	refused("superuser", err, "sms_needs_a_critical_event")
	_, err = h.Worker.Pool().Exec(ctx, insert, try("routine")...)
	refused("worker", err, "sms_needs_a_critical_event")
	// Calling a routine event's delivery critical does not help: the urgency is the event's.
	_, err = h.Admin.Exec(ctx, insert, try("critical")...)
	refused("superuser who lies", err, "deliveries_are_of_an_event")

	// The API may write deliveries through fan_out only, and fan_out meets the same constraint.
	err = h.API.WithScope(ctx, scope.Of(h.municipality, scope.Machine), func(tx *scope.Tx) error {
		_, err := tx.Exec(ctx, insert, try("routine")...)
		return err
	})
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Code != "42501" {
		t.Errorf("API: %v, want permission denied", err)
	}
	err = h.API.WithScope(ctx, scope.Of(h.municipality, scope.Machine), func(tx *scope.Tx) error {
		_, err := tx.Exec(ctx, `select notify.fan_out($1, 'routine', $2, '{institution}', $3, $4, '{sms}', now(), null)`,
			announced.Event, h.guardians, []*uuid.UUID{nil}, []uuid.UUID{h.institution})
		return err
	})
	refused("API through fan_out", err, "a_parcel_of_sms_is_critical")
	// fan_out, whose rows are not looked at again, looks at the event itself.
	err = h.API.WithScope(ctx, scope.Of(h.municipality, scope.Machine), func(tx *scope.Tx) error {
		_, err := tx.Exec(ctx, `select notify.fan_out($1, 'critical', $2, '{institution}', $3, $4, '{sms}', now(), null)`,
			announced.Event, h.guardians, []*uuid.UUID{nil}, []uuid.UUID{h.institution})
		return err
	})
	refused("API that lies to fan_out", err, "deliveries_are_of_an_event")
	_, err = h.Admin.Exec(ctx, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel,
		provider, endpoint_id, created_at) values ($1, $2, $3, 'routine', $4, 'institution', $5, 'push', 'apns', $6, now())`,
		h.municipality, newID(), announced.Event, h.guardians[0], h.institution, newID())
	refused("superuser without an endpoint", err, "deliveries_go_to_an_endpoint")
}

// B2: what is told with the parcels is what is counted from the notices. Somebody with two devices is one person; somebody without any is not reachable.
func TestReachIsToldWithTheParcels(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 3)
	h.endpoint(t, h.guardians[0], notify.ProviderSMTP, "a@example.com")
	h.exec(t, `update notify.endpoints set state = 'retired', retired_reason = 'superseded' where id = $1`, h.devices[2])
	announced := h.raise(t, h.everybody())
	if want := (outbox.Reach{People: 3, Reachable: 2}); announced.Reach != want {
		t.Errorf("told %+v, want %+v", announced.Reach, want)
	}
	alert := uuid.MustParse(h.text(t, `select subject_id from notify.events where id = $1`, announced.Event))
	h.as(t, scope.Staff, func(tx *scope.Tx) error {
		if _, err := tx.Exec(context.Background(), `select scope.open($1, $2, 'staff')`, h.municipality, h.head); err != nil {
			return err
		}
		counted, err := outbox.ReachOf(context.Background(), tx, alert)
		if counted != announced.Reach {
			t.Errorf("counted %+v, told %+v", counted, announced.Reach)
		}
		return err
	})
	if routine := h.announce(t, h.everybody(), notify.ByPush); routine.Reach != (outbox.Reach{People: 2, Reachable: 2}) {
		t.Errorf("a push only: told %+v", routine.Reach)
	}
}

// Siblings: a guardian who is told twice about one event gets one notice.
func TestSiblingsShareANotice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	to := append(h.everybody(), h.everybody()...)
	to = append(to, outbox.OfChild(h.children[0], h.guardians[0])...)
	announced := h.raise(t, to)
	if len(announced.Refs) != 1 {
		t.Fatalf("%d refs, want 1", len(announced.Refs))
	}
	if n := h.count(t, `select count(*) from notify.deliveries`); n != 2 { // push and in-app
		t.Fatalf("%d deliveries, want 2", n)
	}
}

func TestAnnounceIsPartOfTheCallersTransaction(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	boom := errors.New("boom")
	err := h.API.WithScope(context.Background(), scope.Of(h.municipality, scope.Staff), func(tx *scope.Tx) error {
		if _, err := h.alert(tx, h.everybody()); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	if n := h.count(t, `select (select count(*) from notify.events) + (select count(*) from notify.deliveries)`); n != 0 {
		t.Fatalf("%d rows after a rollback", n)
	}
}

// A process whose clock runs ahead must not delay an alert, nor one that runs behind let it expire early.
func TestAnnounceWithASkewedClock(t *testing.T) {
	t.Parallel()
	for name, skew := range map[string]time.Duration{"ahead": 5 * time.Minute, "behind": -10 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t, 1)
			h.Clock.Advance(skew)
			h.raise(t, h.everybody())
			claimed, err := h.outbox().ClaimDue(context.Background(),
				outbox.Lane{Provider: notify.ProviderAPNs, Urgency: notify.UrgencyCritical}, 10, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(claimed.Deliveries) != 1 {
				t.Fatalf("claimed %+v, want one delivery", claimed)
			}
		})
	}
}

// H3: nothing goes to an unverified address but the mail that asks for its confirmation.
func TestOnlyTheConfirmationGoesToAnUnverifiedAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 1)
	person := h.guardians[0]
	address := h.endpoint(t, person, notify.ProviderSMTP, "new@example.com")
	h.exec(t, `update notify.endpoints set state = 'unverified', verified_at = null where id = $1`, address)
	h.exec(t, `insert into app.applications (municipality_id, id, person_id, locale, created_at) values ($1, $2, $3, 'sv', now())`,
		h.municipality, newID(), person)
	if announced := h.announce(t, h.everybody(), notify.ByEmail); len(announced.Refs) != 0 {
		t.Fatalf("an unverified address got %+v", announced.Refs)
	}
	var asked outbox.Announced
	h.as(t, scope.Machine, func(tx *scope.Tx) (err error) {
		asked, err = outbox.AskToConfirm(context.Background(), tx, notify.EmailRegistered{Endpoint: address}, person)
		return err
	})
	if len(asked.Refs) != 1 {
		t.Fatalf("%d refs, want 1", len(asked.Refs))
	}
	claimed, err := h.outbox().Claim(context.Background(), notify.ProviderSMTP, asked.Refs, 10, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(claimed.Deliveries) != 1 || claimed.Deliveries[0].Address != "new@example.com" || claimed.Deliveries[0].Subject != address {
		t.Fatalf("claimed %+v", claimed)
	}
	err = h.API.WithScope(context.Background(), scope.Of(h.municipality, scope.Machine), func(tx *scope.Tx) error {
		_, err := outbox.Announce(context.Background(), tx, notify.EmailRegistered{Endpoint: address}, h.everybody(), notify.ByEmail)
		return err
	})
	if !errors.Is(err, outbox.ErrConfirmationGoesAlone) {
		t.Fatalf("Announce(EmailRegistered) = %v", err)
	}
}

// B2: a whole school is told like a dozen, each once and in full parcels, though it is planned for how many they are.
func TestRaiseToMany(t *testing.T) {
	t.Parallel()
	h := newHouse(t, 530)
	announced := h.raise(t, append(h.everybody(), h.everybody()[:40]...))
	sizes := 0
	for _, r := range announced.Refs {
		sizes += r.Size
	}
	if len(announced.Refs) != 17 || sizes != 530 || announced.Reach != (outbox.Reach{People: 530, Reachable: 530}) {
		t.Errorf("%d parcels of %d deliveries, reach %+v", len(announced.Refs), sizes, announced.Reach)
	}
	for _, channel := range []string{"in_app", "push"} {
		if n := h.count(t, `select count(distinct person_id) from notify.deliveries where channel = $1 and (state = 'sent') = (channel = 'in_app')`, channel); n != 530 {
			t.Errorf("%d are told by %s", n, channel)
		}
	}
	if n := h.count(t, `select count(distinct u) from notify.parcels p, unnest(p.deliveries) u join notify.deliveries d on d.id = u and d.state = 'pending'`); n != 530 {
		t.Errorf("%d wait in parcels", n)
	}
}
