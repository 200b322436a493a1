package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/sandbox"
)

// guardiansOfAlert is how many guardians the alert of the crash test goes to (issue: "an alert to 2,000 guardians").
const guardiansOfAlert = 2000

// address is where a provider reaches somebody.
type address struct {
	provider sandbox.Provider
	to       string
}

// crowd is a municipality with a kindergarten whose guardians all have a phone, an e-mail address and a mobile number, and with people who
// must not get its alerts although they can be reached as well. Nobody in it is real.
type crowd struct {
	*pgtest.Database
	municipality, institution uuid.UUID
	head                      scope.Scope
	wanted                    map[address]bool // every guardian of the kindergarten on every channel
	people                    int              // of whom addresses were made
}

func newCrowd(t *testing.T, guardians int) *crowd {
	t.Helper()
	return newCrowdOn(t, pgtest.New(t), guardians)
}

func newCrowdOn(t *testing.T, d *pgtest.Database, guardians int) *crowd {
	t.Helper()
	c := &crowd{Database: d, municipality: id(), institution: id(), wanted: map[address]bool{}}
	c.exec(t, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'crowd', 'Crowd', 'NO', 'nb', 'Europe/Oslo', now())`, c.municipality)
	elsewhere := id()
	for _, institution := range []uuid.UUID{c.institution, elsewhere} {
		c.exec(t, `insert into app.institutions (municipality_id, id, kind, name, created_at) values ($1, $2, 'kindergarten', 'Kindergarten', now())`,
			c.municipality, institution)
	}
	c.appointHead(t)
	for _, a := range c.families(t, c.institution, "active", guardians) {
		c.wanted[a] = true
	}
	const few = 50
	c.families(t, c.institution, "inactive", few) // V1
	c.families(t, elsewhere, "active", few)
	left := c.families(t, c.institution, "active", few) // V14: their children have left
	addresses := make([]string, len(left))
	for i, a := range left {
		addresses[i] = a.to
	}
	c.exec(t, `update app.enrolments set ended_at = now() where child_id in (
		select g.child_id from app.guardianships g join notify.endpoints e on e.person_id = g.guardian_id where e.address = any ($1))`, addresses)
	// An address that nobody has confirmed (H3), of a guardian who does get the alert.
	c.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at)
		select municipality_id, gen_random_uuid(), person_id, 'email', 'smtp', 'unconfirmed@example.com', 'nb', 'unverified', now(), now()
		from notify.endpoints where address = 'guardian-0001@example.com'`)
	return c
}

// families makes children with a guardian each, and returns where the guardians can be reached. Half of the phones are Apple's.
func (c *crowd) families(t *testing.T, institution uuid.UUID, status string, n int) []address {
	t.Helper()
	guardians, children := make([]uuid.UUID, n), make([]uuid.UUID, n)
	var owners []uuid.UUID
	var channels, providers, places []string
	var list []address
	reach := func(owner uuid.UUID, channel notify.Channel, p notify.Provider, to string) {
		owners, channels, providers, places = append(owners, owner), append(channels, string(channel)), append(providers, string(p)), append(places, to)
		list = append(list, address{sandbox.Provider(p), to})
	}
	for i := range n {
		guardians[i], children[i] = id(), id()
		c.people++
		if c.people%2 == 0 {
			reach(guardians[i], notify.ChannelPush, notify.ProviderAPNs, fmt.Sprintf("%064x", c.people))
		} else {
			reach(guardians[i], notify.ChannelPush, notify.ProviderFCM, fmt.Sprintf("fcm-device-%04d", c.people))
		}
		reach(guardians[i], notify.ChannelEmail, notify.ProviderSMTP, fmt.Sprintf("guardian-%04d@example.com", c.people))
		// Norwegian in form and made up; they go no further than the sandbox.
		reach(guardians[i], notify.ChannelSMS, notify.ProviderTwilio, fmt.Sprintf("+4740%06d", c.people))
	}
	c.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at)
		select $1, unnest($2::uuid[] || $3::uuid[]), 'Given', 'Family', now()`, c.municipality, guardians, children)
	c.exec(t, `insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), $3, now()`, c.municipality, children, institution)
	c.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::uuid[]), true, 'parent', now()`, c.municipality, children, guardians)
	c.exec(t, `update app.guardianships set status = $1 where guardian_id = any ($2)`, status, guardians)
	c.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select $1, gen_random_uuid(), unnest($2::uuid[]), unnest($3::text[]), unnest($4::text[]), unnest($5::text[]), 'nb', 'active', now(), now(), now()`,
		c.municipality, owners, channels, providers, places)
	return list
}

// appointHead gives the kindergarten a head who is signed in.
func (c *crowd) appointHead(t *testing.T) {
	t.Helper()
	head, account := id(), id()
	digest := sha256.Sum256([]byte("the head's session " + head.String()))
	c.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'The', 'Head', now())`, c.municipality, head)
	c.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, $2, $3, $4, 'head', now())`,
		c.municipality, id(), head, c.institution)
	c.exec(t, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at) values ($1, $2, $3, 'staff', now())`, c.municipality, account, head)
	c.exec(t, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		values ($1, $2, $3, 'staff', $4, $5, true, now(), now() + interval '1 hour')`, c.municipality, id(), digest[:], head, account)
	c.head = scope.ByToken(c.municipality, digest, scope.Staff)
}

// office is what the head can do; ring is the API's bell.
func (c *crowd) office(ring func(context.Context, []outbox.Ref) error) postgres.Office {
	return postgres.New(c.API, ring, slog.New(slog.DiscardHandler)).Office(c.head)
}

// asking is the context of a request for an operation about something.
func asking(t *testing.T, operation string, about uuid.UUID) context.Context {
	t.Helper()
	policy, ok := access.Of(operation)
	if !ok {
		t.Fatalf("%s has no policy", operation)
	}
	return auth.WithOperation(soon(t), auth.Question{Policy: policy, ID: about})
}

// raise raises an alert as the API does, and returns its id and how many guardians it concerns.
func (c *crowd) raise(t *testing.T, office postgres.Office) (alert uuid.UUID, guardians int) {
	t.Helper()
	alert, guardians, err := c.tryRaise(asking(t, "RaiseAlert", c.institution), office)
	if err != nil {
		t.Fatalf("the alert: %v", err)
	}
	return alert, guardians
}

// tryRaise is raise with a context of the caller's; the alert was accepted when there is no error.
func (c *crowd) tryRaise(ctx context.Context, office postgres.Office) (alert uuid.UUID, guardians int, err error) {
	alert = id()
	guardians, err = postgres.Write(ctx, office, func(tx *postgres.OfficeTx) (int, error) {
		institution, err := tx.Institution(ctx, c.institution)
		if err != nil {
			return 0, err
		}
		me, err := tx.Person(ctx)
		if err != nil {
			return 0, err
		}
		alarm, err := institution.Alarm(alert, app.Evacuation, "Everybody is outside and well.", me.ID, tx.Now)
		if err != nil {
			return 0, err
		}
		reach, err := tx.SaveAlert(ctx, alarm, "")
		return reach.People, err
	})
	return alert, guardians, err
}

func (c *crowd) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	if _, err := c.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (c *crowd) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := c.Admin.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// workersGone waits until Postgres has finished what a killed worker had asked of it: a statement that was on its way still takes effect.
func (c *crowd) workersGone(t *testing.T) {
	t.Helper()
	eventually(t, "Postgres has noticed the worker's death", func() bool {
		return c.count(t, `select count(*) from pg_stat_activity where datname = $1 and usename = 'budstikke_test_worker'`, c.Name) == 0
	})
}

func id() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// since is a duration as a person reads it in a test's log.
func since(t time.Time) string { return fmt.Sprintf("%.1f s", time.Since(t).Seconds()) }
