//go:build bench

package bench

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/office"
	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
)

// BenchmarkHeldChanges accepts 1,000 changes of each kind that imports hold, at a school of 1,500 children, in batches of 50 and of 200, and prints the longest
// batch beside what the same rows take when they are changed by one statement of the owner of the tables, with everything that follows from it.
// A batch is one request, which may take 2.5 s; its time must grow with its own number and not with what waits beside it.
func BenchmarkHeldChanges(b *testing.B) {
	fmt.Println("| kind | 50 | 200 | 200 to 50 | 200 rows bare | ratio |\n|---|---|---|---|---|---|")
	c := newCounty(b)
	c.exec(b, `update app.enrolments set institution_id = md5('i1')::uuid, group_id = md5('g20')::uuid where municipality_id = $1 and child_id in (
		select md5('c' || n)::uuid from generate_series(1, 1500) n)`, c.here)
	for _, k := range []struct {
		kind                       app.HeldKind
		arrange, rows, wants, bare string
	}{
		{app.GuardianshipReturns, "update app.guardianships set ended_at = now() where id = any ($1)", "select id, guardian_id, child_id from app.guardianships", "in_force",
			"update app.guardianships set ended_at = null where id = any ($1)"},
		{app.CustodyRises, "update app.guardianships set legal = false where id = any ($1)", "select id, guardian_id, child_id from app.guardianships", "legal",
			"update app.guardianships set legal = true where id = any ($1)"},
		{app.EnrolmentLonger, "update app.enrolments set ended_at = now() + interval '30 days' where id = any ($1)", "select id, child_id, child_id from app.enrolments", "2031-01-01T00:00:00Z",
			"update app.enrolments set ended_at = '2031-01-01' where id = any ($1)"},
	} {
		rows, err := c.Admin.Query(context.Background(), k.rows+` where child_id in (select md5('c' || n)::uuid from generate_series(1, 1500) n)
			and child_id in (select p.id from app.persons p where p.protected_identity not in ('protected', 'strict')) and child_id not in (select x.child_id from app.restrictions x)
			order by id limit 1000`)
		if err != nil {
			b.Fatal(err)
		}
		var ids, held, people, children []uuid.UUID
		for rows.Next() {
			var id, person, child uuid.UUID
			if err := rows.Scan(&id, &person, &child); err != nil {
				b.Fatal(err)
			}
			ids, people, children, held = append(ids, id), append(people, person), append(children, child), append(held, uuid.New())
		}
		rows.Close()
		c.exec(b, k.arrange, ids)
		c.exec(b, `insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
			select $1, x.held, $2, x.row, x.person, x.child, array[$3::uuid], 'bench', 'f', 'a', $4, now(), now(), false
			from unnest($5::uuid[], $6::uuid[], $7::uuid[], $8::uuid[]) as x (held, row, person, child)`, c.here, k.kind, c.school, k.wants, held, ids, people, children)
		c.exec(b, "vacuum analyze")
		conn, err := c.Admin.Acquire(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		bare := undone(b, conn.Conn(), k.bare, ids[:200])
		conn.Release()
		var few, many time.Duration
		for at := 0; at < 200; at += 50 {
			few = max(few, c.accept(b, held[at:at+50]))
		}
		for at := 200; at < 1000; at += 200 {
			many = max(many, c.accept(b, held[at:at+200]))
		}
		fmt.Printf("| %s | %d ms | %d ms | %.1f | %d ms | %.1f |\n", k.kind, few.Milliseconds(), many.Milliseconds(), many.Seconds()/few.Seconds(), bare.Milliseconds(),
			many.Seconds()/bare.Seconds())
	}
}

// accept is the request of a head who accepts these, with what it leaves in the trail.
func (c *county) accept(b *testing.B, held []uuid.UUID) time.Duration {
	b.Helper()
	batch := map[string]any{"decision": "accept", "reason": "Bench.", "items": []any{}}
	for _, id := range held {
		batch["items"] = append(batch["items"].([]any), map[string]any{"heldChangeId": id, "etag": `"1"`})
	}
	text, err := json.Marshal(batch)
	if err != nil {
		b.Fatal(err)
	}
	var body office.HeldChangeBatch
	if err := json.Unmarshal(text, &body); err != nil {
		b.Fatal(err)
	}
	head := c.id(b, "select md5('head')::uuid")
	digest := sha256.Sum256(head[:])
	ctx := auth.WithCredential(asking(b, "DecideHeldChanges", c.school), auth.Credential{Municipality: c.here, Digest: digest})
	ctx = postgres.WithAudit(ctx, postgres.Audit{Operation: "DecideHeldChanges", Purpose: access.Accounts, Institution: c.school})
	flows := office.Flows{DB: c.db}
	return c.took(b, func(context.Context) error {
		answer, err := flows.DecideHeldChanges(ctx, office.DecideHeldChangesRequestObject{InstitutionID: c.school, Body: &body})
		if err != nil {
			return err
		}
		for _, row := range answer.(office.DecideHeldChanges200JSONResponse).Items {
			if row.Outcome != "accepted" {
				return fmt.Errorf("a change came to %s", row.Outcome)
			}
		}
		return nil
	})
}
