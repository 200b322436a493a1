package outbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
)

// house is a municipality with one kindergarten and one group of active guardians, each with one child and a device.
type house struct {
	*pgtest.Database
	municipality, institution uuid.UUID
	head                      uuid.UUID // who raises its alerts
	guardians, children       []uuid.UUID
	devices                   []uuid.UUID // endpoint of the guardian at the same position
}

func newHouse(t testing.TB, guardians int) *house {
	t.Helper()
	return furnish(t, pgtest.New(t), guardians)
}

func furnish(t testing.TB, d *pgtest.Database, guardians int) *house {
	t.Helper()
	h := &house{Database: d, municipality: newID(), institution: newID(), head: newID()}
	h.exec(t, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'm-' || left($2, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', now())`, h.municipality, uuid.NewString())
	h.exec(t, `insert into app.institutions (municipality_id, id, kind, national_number, name, created_at)
		values ($1, $2, 'kindergarten', '1', 'K', now())`, h.municipality, h.institution)
	for range guardians {
		h.guardians, h.children = append(h.guardians, newID()), append(h.children, newID())
		h.devices = append(h.devices, newID())
	}
	h.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, unnest($2::uuid[] || $3::uuid[]), 'A', 'B', now()`, h.municipality, h.guardians, h.children)
	h.exec(t, `insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), $3, now()`, h.municipality, h.children, h.institution)
	h.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::uuid[]), true, 'parent', now()`, h.municipality, h.children, h.guardians)
	h.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'H', 'H', now())`,
		h.municipality, h.head)
	h.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		values ($1, gen_random_uuid(), $2, $3, 'head', now())`, h.municipality, h.head, h.institution)
	h.activate(t, h.guardians...)
	h.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at,
			registered_at, verified_at)
		select $1, unnest($2::uuid[]), unnest($3::uuid[]), 'push', 'apns', 'device-' || unnest($2::uuid[]), 'sv', 'active', now(),
			now() - interval '1 hour', now()`, h.municipality, h.devices, h.guardians)
	return h
}

func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

func (h *house) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := h.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (h *house) count(t testing.TB, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := h.Admin.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

func (h *house) text(t testing.TB, sql string, args ...any) string {
	t.Helper()
	var s string
	if err := h.Admin.QueryRow(context.Background(), sql, args...).Scan(&s); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// activate and deactivate stand for the head's decision (V6, V15).
func (h *house) activate(t testing.TB, guardians ...uuid.UUID) {
	t.Helper()
	h.exec(t, `update app.guardianships set status = 'active' where municipality_id = $1 and guardian_id = any ($2)`, h.municipality, guardians)
}

func (h *house) deactivate(t testing.TB, guardians ...uuid.UUID) {
	t.Helper()
	h.exec(t, `update app.guardianships set status = 'inactive' where municipality_id = $1 and guardian_id = any ($2)`,
		h.municipality, guardians)
}

func (h *house) endpoint(t testing.TB, person uuid.UUID, p notify.Provider, address string) uuid.UUID {
	t.Helper()
	id := newID()
	channel, _ := p.Channel()
	h.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at,
			registered_at, verified_at) values ($1, $2, $3, $4, $5, $6, 'sv', 'active', now(), now() - interval '1 hour', now())`,
		h.municipality, id, person, string(channel), string(p), address)
	return id
}

// as runs fn in the scope of a caller that the program may be by itself.
func (h *house) as(t testing.TB, caller scope.Caller, fn func(tx *scope.Tx) error) {
	t.Helper()
	if err := h.API.WithScope(context.Background(), scope.Of(h.municipality, caller), fn); err != nil {
		t.Fatal(err)
	}
}

func (h *house) raise(t testing.TB, to []outbox.Recipient) outbox.Announced {
	t.Helper()
	var announced outbox.Announced
	h.as(t, scope.Staff, func(tx *scope.Tx) (err error) {
		announced, err = h.alert(tx, to)
		return err
	})
	return announced
}

// alert writes an alert of the head's and raises it, in a transaction that may be anybody's.
func (h *house) alert(tx *scope.Tx, to []outbox.Recipient) (outbox.Announced, error) {
	ctx, alert := context.Background(), newID()
	if _, err := tx.Exec(ctx, `select scope.open($1, $2, 'staff')`, h.municipality, h.head); err != nil {
		return outbox.Announced{}, err
	}
	if _, err := tx.Exec(ctx, `insert into app.alerts (municipality_id, id, institution_id, situation, text, raised_by, raised_at)
		values ($1, $2, $3, 'closure', 'x', $4, now())`, h.municipality, alert, h.institution, h.head); err != nil {
		return outbox.Announced{}, err
	}
	return outbox.Raise(ctx, tx, notify.AlertRaised{Alert: alert}, to)
}

func (h *house) announce(t testing.TB, to []outbox.Recipient, by notify.RoutineChannels) outbox.Announced {
	t.Helper()
	var announced outbox.Announced
	h.as(t, scope.Machine, func(tx *scope.Tx) (err error) {
		announced, err = outbox.Announce(context.Background(), tx, notify.MessagePosted{Conversation: newID()}, to, by)
		return err
	})
	return announced
}

func (h *house) everybody() []outbox.Recipient {
	return outbox.OfInstitution(h.institution, h.guardians...)
}

func (h *house) outbox() *outbox.Outbox { return outbox.New(h.Worker, outbox.Terms{}) }

// impatient is an outbox whose leases end at once.
func (h *house) impatient() *outbox.Outbox {
	return outbox.New(h.Worker, outbox.Terms{Lease: func(notify.Urgency) time.Duration { return 0 }})
}

func (h *house) claim(t testing.TB, o *outbox.Outbox, refs []outbox.Ref) outbox.Claimed {
	t.Helper()
	claimed, err := o.Claim(context.Background(), notify.ProviderAPNs, refs, 10_000, nil)
	if err != nil {
		t.Fatal(err)
	}
	return claimed
}

// raiseEach raises an alert to each guardian by themselves, so that each notice travels alone.
func (h *house) raiseEach(t testing.TB) []outbox.Ref {
	t.Helper()
	var refs []outbox.Ref
	for _, one := range h.everybody() {
		refs = append(refs, h.raise(t, []outbox.Recipient{one}).Refs...)
	}
	return refs
}

// push is the delivery of a guardian's latest push.
func (h *house) push(t testing.TB, guardian uuid.UUID) uuid.UUID {
	t.Helper()
	return uuid.MustParse(h.text(t, `select id from notify.deliveries where channel = 'push' and person_id = $1 order by id desc limit 1`, guardian))
}

// parcels counts what somebody still has to carry, in nobody's hands and in somebody's.
func (h *house) parcels(t testing.TB) (free, leased int) {
	t.Helper()
	return h.count(t, `select count(*) from notify.parcels where lease_until is null`), h.count(t, `select count(*) from notify.parcels where lease_until is not null`)
}

func (h *house) state(t testing.TB, delivery uuid.UUID) (state, reason string) {
	t.Helper()
	err := h.Admin.QueryRow(context.Background(), `select state, coalesce(reason, '') from notify.deliveries where id = $1`, delivery).
		Scan(&state, &reason)
	if err != nil {
		t.Fatal(err)
	}
	return state, reason
}
