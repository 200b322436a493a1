//go:build bench

package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/migrations/scope"
)

// streams are how many listen, which is what WEB_STREAMS allows at most, and atOnce how many one question is about, as in app/live.
const (
	streams = 1000
	atOnce  = 500
	asked   = 20
)

// BenchmarkStreamRound prints how long one round of questions takes for all open streams of a process: when nothing is new, and when each
// listener has two notices of the last seconds, as after an alert to everybody.
func BenchmarkStreamRound(b *testing.B) {
	c := newCounty(b)
	c.exec(b, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
		select $1, md5('sa' || n)::uuid, md5('p' || n)::uuid, 'guardian', now() from generate_series(1001, 1000 + $2::int) n`, c.here, streams)
	c.exec(b, `insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, token_hash)
		select $1, md5('ss' || n)::uuid, 'guardian', md5('p' || n)::uuid, md5('sa' || n)::uuid, true, now(), now() + interval '12 hours', sha256(n::text::bytea)
		from generate_series(1001, 1000 + $2::int) n`, c.here, streams)
	c.exec(b, `insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at)
		select $1, sha256(n::text::bytea), md5('ss' || n)::uuid, now() + interval '12 hours' from generate_series(1001, 1000 + $2::int) n on conflict do nothing`, c.here, streams)
	ctx, ears := asking(b, "OpenStream", uuid.Nil), make([]postgres.Ear, 0, streams)
	rows, err := c.Admin.Query(context.Background(), "select sha256(n::text::bytea) from generate_series(1001, 1000 + $1::int) n", streams)
	if err != nil {
		b.Fatal(err)
	}
	var digests [][32]byte
	for rows.Next() {
		var digest []byte
		if err := rows.Scan(&digest); err != nil {
			b.Fatal(err)
		}
		digests = append(digests, [32]byte(digest))
	}
	for _, digest := range digests {
		ear, err := c.db.Family(scope.ByToken(c.here, digest, scope.Guardian)).Ear(ctx)
		if err != nil {
			b.Fatal(err)
		}
		ears = append(ears, ear)
	}
	c.exec(b, "analyze")
	c.round(b, "nothing new", ears, 0)
	for n := range 2 {
		c.exec(b, `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
			values ($1, md5('ev' || $2)::uuid, 'message_posted', 'routine', md5('su' || $2)::uuid, now(), now() + interval '1 day')`, c.here, fmt.Sprint(n))
		c.exec(b, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, institution_id, channel, state, created_at)
			select $1, md5('de' || $2 || a.guardian_id)::uuid, md5('ev' || $2)::uuid, 'routine', a.guardian_id, 'child', a.child_id, a.institution_id, 'in_app', 'sent',
				now() + interval '10 minutes'
			from app.guardianship_access a where a.municipality_id = $1`, c.here, fmt.Sprint(n))
	}
	c.exec(b, "analyze")
	c.round(b, "two notices each", ears, 2)
}

func (c *county) round(b *testing.B, name string, ears []postgres.Ear, news int) {
	b.Helper()
	var took []time.Duration
	for range asked {
		begin := time.Now()
		for some := range slices.Chunk(ears, atOnce) {
			heard, err := c.db.Hear(context.Background(), some)
			if err != nil {
				b.Fatal(err)
			}
			for _, h := range heard {
				if h.Over || len(h.News) != news {
					b.Fatalf("a stream is over: %t, and has %d news of %d", h.Over, len(h.News), news)
				}
			}
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	fmt.Printf("| %d streams, %s | %s | %s |\n", len(ears), name, took[len(took)/2].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
}
