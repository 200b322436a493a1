//go:build bench

package bench

import (
	"context"
	"crypto/sha256"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app/postgres"
	"budstikke.example/auth"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
)

// county is a municipality of twenty schools with five hundred children each. Every child has two guardians; every guardian, every head and
// the owner of all schools could be signed in, and three of them are.
type county struct {
	*pgtest.Database
	db                    *postgres.DB
	here, school          uuid.UUID
	child, guardianship   uuid.UUID
	guardian, head, owner scope.Scope
	parent                uuid.UUID
	byHead, byParent      []byte // the digests of their tokens
}

func newCounty(b *testing.B) *county {
	b.Helper()
	c := &county{Database: pgtest.New(b), here: uuid.New()}
	c.exec(b, `insert into app.municipalities (municipality_id, slug, name, country, locale, time_zone, created_at)
		values ($1, 'bench', 'Bench', 'SE', 'sv', 'Europe/Stockholm', now())`, c.here)
	for _, sql := range []string{
		`insert into app.institutions (municipality_id, id, kind, name, created_at) select $1, md5('i' || n)::uuid, 'school', 'School ' || n, now() from generate_series(1, 20) n`,
		`insert into app.groups (municipality_id, id, institution_id, name, created_at)
			select $1, md5('g' || n)::uuid, md5('i' || 1 + n % 20)::uuid, 'Class ' || n, now() from generate_series(1, 400) n`,
		`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
			select $1, md5('c' || n)::uuid, 'Given ' || md5(n::text), 'Family ' || n % 997, now() from generate_series(1, 10000) n`,
		`insert into app.persons (municipality_id, id, given_name, family_name, created_at)
			select $1, md5('p' || n)::uuid, 'Parent ' || md5(n::text), 'Family ' || n % 997, now() from generate_series(1, 20000) n`,
		`insert into app.enrolments (municipality_id, id, child_id, institution_id, group_id, created_at)
			select $1, md5('e' || n)::uuid, md5('c' || n)::uuid, md5('i' || 1 + n % 20)::uuid, md5('g' || 1 + n % 400)::uuid, now() from generate_series(1, 10000) n`,
		`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
			select $1, md5('gs' || n)::uuid, md5('c' || 1 + n % 10000)::uuid, md5('p' || n)::uuid, true, '', now() from generate_series(1, 20000) n`,
		`update app.guardianship_access set status = 'active' where municipality_id = $1`,
		`insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, reported_by, created_at, updated_at)
			select $1, md5('a' || n || ' ' || d)::uuid, md5('c' || n)::uuid, md5('i' || 1 + n % 20)::uuid, current_date - d, current_date - d, 'illness', md5('p' || n)::uuid,
				now(), now() from generate_series(1, 10000) n, generate_series(0, 45, 15) d where n % 10 = 0 or d > 0`,
		`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, md5('head')::uuid, 'H', 'H', now()), ($1, md5('owner')::uuid, 'O', 'O', now())`,
		`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
			values ($1, md5('r1')::uuid, md5('head')::uuid, md5('i1')::uuid, 'head', now()), ($1, md5('r2')::uuid, md5('owner')::uuid, null, 'owner', now())`,
	} {
		c.exec(b, sql, c.here)
	}
	c.exec(b, bareTrail)
	for _, sql := range town {
		c.exec(b, sql, c.here)
	}
	c.db = postgres.New(c.API, nil, nil)
	c.parent = c.id(b, "select md5('p20')::uuid")
	c.child = c.id(b, "select child_id from app.guardianships where guardian_id = md5('p20')::uuid")
	c.school = c.id(b, "select md5('i1')::uuid")
	c.guardianship = c.id(b, "select g.id from app.guardianships g join app.enrolments e using (child_id) where e.institution_id = md5('i1')::uuid limit 1")
	c.guardian = c.signIn(b, c.parent, scope.Guardian)
	c.head = c.signIn(b, c.id(b, "select md5('head')::uuid"), scope.Staff)
	c.byHead, _ = c.head.Credential()
	c.byParent, _ = c.guardian.Credential()
	c.owner = c.signIn(b, c.id(b, "select md5('owner')::uuid"), scope.Staff)
	c.exec(b, "vacuum analyze")
	return c
}

func (c *county) exec(b *testing.B, sql string, args ...any) {
	b.Helper()
	if _, err := c.Admin.Exec(context.Background(), sql, args...); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
}

func (c *county) id(b *testing.B, sql string) (id uuid.UUID) {
	b.Helper()
	if err := c.Admin.QueryRow(context.Background(), sql).Scan(&id); err != nil {
		b.Fatalf("%s: %v", sql, err)
	}
	return id
}

func (c *county) signIn(b *testing.B, person uuid.UUID, kind scope.Caller) scope.Scope {
	b.Helper()
	account, session, digest := uuid.New(), uuid.New(), sha256.Sum256(person[:])
	c.exec(b, `insert into auth.accounts (municipality_id, id, person_id, kind, created_at) values ($1, $2, $3, $4, now())`, c.here, account, person, string(kind))
	c.exec(b, `insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, token_hash)
		values ($1, $2, $3, $4, $5, true, now(), now() + interval '12 hours', $6)`, c.here, session, string(kind), person, account, digest[:])
	c.exec(b, `insert into auth.access_tokens (municipality_id, token_hash, session_id, expires_at) values ($1, $2, $3, now() + interval '12 hours') on conflict do nothing`, c.here, digest[:], session)
	return scope.ByToken(c.here, digest, kind)
}

// asking is the context of a request for an operation about something, as the rim makes it.
func asking(b *testing.B, operation string, id uuid.UUID) context.Context {
	b.Helper()
	policy, ok := access.Of(operation)
	if !ok {
		b.Fatalf("%s has no policy", operation)
	}
	return auth.WithOperation(context.Background(), auth.Question{Policy: policy, ID: id})
}

// least is the least that an answer costs when a session is proved and a relation asked for in the transaction that reads: the session by its hash, the
// query under one condition, nothing else, as somebody would write it by hand for this one question. A read with an entry in the trail begins and
// commits in statements of its own.
func (c *county) least(kept bool, digest []byte, sql string, args ...any) error {
	ctx := context.Background()
	conn, err := c.Admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	batch := &pgx.Batch{}
	if kept {
		batch.Queue("begin")
	}
	batch.Queue(leastEnter, c.here, digest)
	batch.Queue(sql, args...)
	results := conn.SendBatch(ctx, batch)
	for range batch.Len() {
		rows, err := results.Query()
		if err != nil {
			return err
		}
		if _, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() }); err != nil {
			return err
		}
	}
	if err := results.Close(); err != nil || !kept {
		return err
	}
	_, err = conn.Exec(ctx, "commit")
	return err
}
