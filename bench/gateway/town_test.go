package gateway

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify"
	"budstikke.example/notify/outbox"
	"budstikke.example/notify/queue"
)

// town is a municipality with one large school: every child has a guardian who has let us reach one phone, and nothing else.
type town struct {
	*pgtest.Database
	here, school uuid.UUID
	small        uuid.UUID // a school with one child, whose guardian has a device of their own
	head         scope.Scope
	receivers    []Receiver
	people       []uuid.UUID // the guardians, in the order of receivers
}

// atOnce is how many people one transaction makes: a trigger locks each address, and the server has room for some ten thousand locks.
const atOnce = 5_000

// newTown makes a town of n guardians whose children are all at the school. Nobody in it is real.
func newTown(b *testing.B, n int) *town { return newTownOf(b, n, n) }

// newTownOf makes one where only the first so many children are at the school, the others elsewhere.
func newTownOf(b *testing.B, n, atSchool int) *town {
	b.Helper()
	t := &town{Database: pgtest.New(b), here: uuid.New(), school: uuid.New(), small: uuid.New()}
	t.exec(b, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'bench', 'Bench', 'NO', 'nb', 'Europe/Oslo', now())`, t.here)
	t.exec(b, `insert into app.institutions (municipality_id, id, kind, name, created_at) values ($1, $2, 'school', 'Solbakken', now()), ($1, $3, 'school', 'Lien', now()), ($1, $4, 'school', 'Nes', now())`,
		t.here, t.school, t.small, uuid.Nil)
	one := n + 1 // the guardian of the small school
	for _, sql := range []string{
		`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
			select $1, md5(role || n)::uuid, 'Given', 'Family', now() from generate_series($2::int, $3) n, unnest(array['c', 'p']) role`,
		`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at)
			select $1, md5('e' || n)::uuid, md5('c' || n)::uuid, case when n = $6 then $5::uuid when n <= $7 then $4::uuid else '00000000-0000-0000-0000-000000000000' end, now()
			from generate_series($2::int, $3) n`,
		`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
			select $1, md5('g' || n)::uuid, md5('c' || n)::uuid, md5('p' || n)::uuid, true, 'parent', now() from generate_series($2::int, $3) n`,
		`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at, registered_as)
			select $1, md5('d' || n)::uuid, md5('p' || n)::uuid, 'push', 'apns', lpad(to_hex(n), 64, '0'), 'nb', 'active', now(), now(), now(), 'guardian'
			from generate_series($2::int, $3) n`,
		`update app.guardianships set status = 'active' where municipality_id = $1 and id in (select md5('g' || n)::uuid from generate_series($2::int, $3) n)`,
	} {
		for first := 1; first <= one; first += atOnce {
			args := []any{t.here, first, min(first+atOnce-1, one), t.school, t.small, one, atSchool}
			if !strings.Contains(sql, "$7") {
				args = args[:3]
			}
			t.exec(b, sql, args...)
		}
	}
	t.exec(b, "vacuum analyze")
	t.head = t.appoint(b)
	for i := range n {
		t.receivers = append(t.receivers, Receiver{Token: device(i + 1)})
		t.people = append(t.people, uuid.MustParse(t.hashed(fmt.Sprintf("p%d", i+1))))
	}
	return t
}

// appoint gives the school a head who is signed in.
func (t *town) appoint(b *testing.B) scope.Scope {
	b.Helper()
	head, account, session := uuid.New(), uuid.New(), uuid.New()
	digest := sha256.Sum256(session[:])
	t.exec(b, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'The', 'Head', now())`, t.here, head)
	t.exec(b, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select $1, gen_random_uuid(), $2, i, 'head', now() from unnest(array[$3::uuid, $4::uuid]) i`, t.here, head, t.school, t.small)
	t.exec(b, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at) values ($1, $2, $3, 'staff', now())`, t.here, account, head)
	t.exec(b, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		values ($1, $2, $3, 'staff', $4, $5, true, now(), now() + interval '12 hours')`, t.here, session, digest[:], head, account)
	t.exec(b, `insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at) values ($1, $2, $3, now() + interval '12 hours')
		on conflict do nothing`, t.here, digest[:], session)
	return scope.ByToken(t.here, digest, scope.Staff)
}

func (t *town) exec(b *testing.B, sql string, args ...any) {
	b.Helper()
	if _, err := t.Admin.Exec(context.Background(), sql, args...); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
}

// freshen takes away what a turn before left unfinished, ours and the peers', and makes the devices active again that the provider called gone.
func (t *town) freshen(b *testing.B) {
	b.Helper()
	for _, sql := range []string{
		"delete from notify.parcels",
		"update notify.deliveries set state = 'dead', settled_at = now() where state not in ('sent', 'dead', 'suppressed')",
		"update notify.endpoints set state = 'active', retired_reason = null where state <> 'active'",
		"do $$ begin if to_regclass('public.river_job') is not null then truncate public.river_job; end if; end $$",
	} {
		t.exec(b, sql)
	}
	flush(b, os.Getenv("REDIS_URL"))
}

// flush empties a database of Redis.
func flush(b *testing.B, address string) {
	b.Helper()
	options, err := redis.ParseURL(address)
	if err != nil {
		b.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.FlushDB(b.Context()).Err(); err != nil {
		b.Fatal(err)
	}
}

// readdress gives everybody of the town but the guardian of the small school an address of another kind in the place of their device; format takes
// the number of the guardian.
func (t *town) readdress(b *testing.B, channel notify.Channel, provider notify.Provider, format string) {
	b.Helper()
	t.exec(b, `update notify.endpoints e set channel = $2, provider = $3, address = format($4, lpad(x.n::text, 6, '0'))
		from generate_series(1, $5::int) x (n) where e.municipality_id = $1 and e.id = md5('d' || x.n)::uuid`, t.here, channel, provider, format, len(t.people))
	t.exec(b, "vacuum analyze notify.endpoints")
}

// announce writes a routine notice about their child by push to all guardians but the first so many, and rings the bell.
func (t *town) announce(b *testing.B, q *queue.Queue, but int) {
	b.Helper()
	var recipients []outbox.Recipient
	for i, p := range t.people[but:] {
		recipients = append(recipients, outbox.Recipient{Person: p, Grounds: outbox.GroundsChild, Child: uuid.MustParse(t.hashed(fmt.Sprintf("c%d", but+i+1)))})
	}
	var told outbox.Announced
	err := t.API.WithScope(b.Context(), scope.Of(t.here, scope.Machine), func(tx *scope.Tx) (err error) {
		told, err = outbox.Announce(b.Context(), tx, notify.MessagePosted{Conversation: uuid.New()}, recipients, notify.ByPush)
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := q.Ring(b.Context(), told.Refs); err != nil {
		b.Fatal(err)
	}
}

// hashed is the id that a name has in the tables of the town.
func (t *town) hashed(name string) string { return uuid.UUID(md5.Sum([]byte(name))).String() }

// work is the town's receivers with fresh names for the pushes to them.
func (t *town) work() []Receiver {
	work := make([]Receiver, len(t.receivers))
	for i, r := range t.receivers {
		work[i] = Receiver{Token: r.Token, Push: uuid.NewString()}
	}
	return work
}

// adminURL is how a peer reaches the same database, as its owner.
func (t *town) adminURL(b *testing.B) string {
	b.Helper()
	u, err := url.Parse(os.Getenv("DATABASE_URL"))
	if err != nil {
		b.Fatal(err)
	}
	u.Path = "/" + t.Name
	return u.String()
}
