//go:build bench

package bench

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/auth/access"
	"budstikke.example/migrations/scope"
)

// The bare queries: the same columns and order as the real ones, for ids that are given, without a rule of access in them.
const (
	bareChildren = `select distinct on (p.id) p.id, p.given_name, p.family_name, i.id, i.name, i.kind, coalesce(g.name, ''), m.time_zone
		from app.persons p
		join app.enrolments e on e.municipality_id = p.municipality_id and e.child_id = p.id and (e.starts_at is null or e.starts_at <= now())
			and (e.ended_at is null or e.ended_at > now())
		join app.institutions i on i.municipality_id = e.municipality_id and i.id = e.institution_id
		join app.municipalities m on m.municipality_id = p.municipality_id
		left join app.groups g on g.municipality_id = e.municipality_id and g.id = e.group_id
		where p.municipality_id = $1 and p.id = any ($2) order by p.id, e.created_at desc`
	bareAbsences = `select municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, note, note_sensitive, reported_by, version, created_at, updated_at
		from app.absences where municipality_id = $1 and child_id = $2 and (starts_on, id) < ('9999-12-31'::date, $1) order by starts_on desc, id desc limit 51`
	bareGuardianships = `select g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
			c.given_name, c.family_name, p.given_name, p.family_name,
			exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null),
			coalesce((select max(d.decided_at) from app.guardianship_decisions d where d.municipality_id = g.municipality_id and d.guardianship_id = g.id), 'epoch')
		from app.guardianship_access a
		join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
		join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
		join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
		where a.municipality_id = $1 and `
	// The same with the last decision and who made it, which the real one reads too.
	bareGuardianship = `select g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status, a.until, a.version, g.ended_at,
			c.given_name, c.family_name, p.given_name, p.family_name,
			exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null),
			coalesce(l.decided_at, 'epoch'), coalesce(l.status, ''), coalesce(l.rule, ''), coalesce(l.reason, ''), coalesce(n.given_name, ''), coalesce(n.family_name, '')
		from app.guardianship_access a
		join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
		join app.persons c on c.municipality_id = g.municipality_id and c.id = g.child_id
		join app.persons p on p.municipality_id = g.municipality_id and p.id = g.guardian_id
		left join lateral (
			select d.* from app.guardianship_decisions d
			where d.municipality_id = g.municipality_id and d.guardianship_id = g.id and (d.institution_id is null or d.institution_id = a.institution_id)
			order by d.decided_at desc, d.id desc limit 1) l on true
		left join app.persons n on n.municipality_id = g.municipality_id and n.id = l.decided_by
		where a.municipality_id = $1 and g.id = $2 and a.institution_id = $3`
	// A row of the trail without its chain: what the peer writes in a transaction of its own.
	bareEntry = `insert into bare_trail (municipality_id, at, actor_id, operation, class, children, person_id, institution_id) values ($1, now(), $2, 'GetGuardianship', 'guardianships', $3, $4, $5)`
	// What no answer can do without: the session by its hash, and whether its person still has a role there, in one statement.
	leastEnter = `select s.id, s.person_id, set_config('bench.person', s.person_id::text, true) from auth.access_tokens t
		join auth.sessions s on s.municipality_id = t.municipality_id and s.id = t.session_id
		where t.municipality_id = $1 and t.token_hash = $2 and t.expires_at > now() and s.ended_at is null and s.expires_at > now()`
	leastGuardianship = bareGuardianship + ` and exists (select from app.staff_roles r where r.municipality_id = $1 and r.institution_id = a.institution_id
		and r.person_id = current_setting('bench.person')::uuid and r.role in ('head', 'owner') and (r.ended_at is null or r.ended_at > now()))`
	leastAbsences = `select municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, note, note_sensitive, reported_by, version, created_at, updated_at
		from app.absences a where municipality_id = $1 and child_id = $2 and (starts_on, id) < ('9999-12-31'::date, $1)
			and exists (select from app.guardianship_access g where g.municipality_id = $1 and g.child_id = $2 and g.institution_id = a.institution_id
				and g.guardian_id = current_setting('bench.person')::uuid and g.status = 'active' and (g.until is null or g.until > now()))
		order by starts_on desc, id desc limit 51`
	// The children are walked in the order of their names, no further than the page goes, as the real one does, each person a look-up.
	bareList = `with listed as (
			select c.id, c.given_name, c.family_name
			from (select distinct c.given_name, c.family_name, c.id from app.enrolments e
				cross join lateral (select * from app.persons c where c.municipality_id = e.municipality_id and c.id = e.child_id offset 0) c
				where e.municipality_id = $1 and e.institution_id = $2 and (e.ended_at is null or e.ended_at > now()) and (c.given_name, c.family_name, c.id) >= ('', '', $3::uuid)
				order by c.given_name, c.family_name, c.id offset 0) c
			where exists (
				select from app.guardianship_access a
				join app.guardianships g on g.municipality_id = a.municipality_id and g.id = a.guardianship_id
				where a.municipality_id = $1 and a.child_id = c.id and a.institution_id = $2 and a.status <> 'ended' and g.ended_at is null offset 0)
			order by c.given_name, c.family_name, c.id limit 52)
		select a.*, l.given_name, l.family_name from listed l cross join lateral (
		` + bareGuardianships + `a.institution_id = $2 and a.status <> 'ended' and g.ended_at is null and a.child_id = l.id offset 0) a (id, institution_id, child_id, guardian_id, basis, legal,
			time_boxed, status, until, version, ended_at, child_given, child_family, given, family, has_account, decided_at)
		where (l.given_name, l.family_name, l.id, a.given, a.family, a.id) > ('', '', $3::uuid, '', '', $3::uuid)
		order by l.given_name, l.family_name, l.id, a.given, a.family, a.id limit 51`
	bareReported = `select a.*, p.given_name, p.family_name, e.group_name
		from (
			select n.child_id, coalesce(string_agg(distinct g.name, ', ' order by g.name), '') as group_name
			from app.enrolments n left join app.groups g on g.municipality_id = n.municipality_id and g.id = n.group_id
			where n.municipality_id = $1 and n.institution_id = $2 and (n.starts_at is null or n.starts_at <= now()) and (n.ended_at is null or n.ended_at > now())
			group by n.child_id) e
		join app.absences a on a.municipality_id = $1 and a.child_id = e.child_id
		join app.persons p on p.municipality_id = a.municipality_id and p.id = a.child_id
		where current_date between a.starts_on and a.ends_on and (p.given_name, p.family_name, a.id) > ('', '', $3::uuid)
		order by p.given_name, p.family_name, a.id limit 51`
)

// rounds is how often each pair is run; warm is how many of the first do not count, so that plans are made and pages read.
const rounds, warm = 120, 20

// BenchmarkReadCost prints, for each read, the median of the bare query and of the real one, and their ratio with its quartiles. Each read is a
// benchmark of its own, so that some of them can be asked for: -bench 'ReadCost/ListGuardianships'.
func BenchmarkReadCost(b *testing.B) {
	c := newCounty(b)
	c.reads(b)
}

func (c *county) reads(b *testing.B) {
	b.Helper()
	family, head, owner := c.db.Family(c.guardian), c.db.Office(c.head), c.db.Office(c.owner)
	staff := c.db.Institution(c.head)
	bare := func(sql string, args ...any) func() error {
		return func() error {
			rows, err := c.Admin.Query(context.Background(), sql, args...)
			if err != nil {
				return err
			}
			_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
			return err
		}
	}
	children, child, reads := asking(b, "ListChildren", uuid.Nil), asking(b, "GetChild", c.child), asking(b, "ListAbsences", c.child)
	one, list, reported := asking(b, "GetGuardianship", c.guardianship), asking(b, "ListGuardianships", c.school), asking(b, "ListReportedAbsences", c.school)
	kept := postgres.WithAudit(one, postgres.Audit{Operation: "GetGuardianship", Purpose: access.Guardianships, Resource: c.guardianship})
	today := app.DayOf(time.Now())
	for _, m := range []struct {
		name       string
		bare, real func() error
	}{
		{"session, policy and no query", bare("select 1"), func() error {
			return c.API.Gated().WithScope(children, c.guardian, func(tx *scope.Tx) error { _, err := tx.Exec(children, "select 1"); return err })
		}},
		{"ListChildren", bare(bareChildren, c.here, []uuid.UUID{c.child}), func() error { _, err := family.Children(children); return err }},
		{"GetChild", bare(bareChildren, c.here, []uuid.UUID{c.child}), func() error { _, err := family.Child(child, c.child); return err }},
		{"ListAbsences", bare(bareAbsences, c.here, c.child), func() error { _, err := family.Absences(reads, c.child, postgres.Page{}); return err }},
		{"ListAbsences, the least by hand", bare(bareAbsences, c.here, c.child), func() error { return c.least(false, c.byParent, leastAbsences, c.here, c.child) }},
		{"GetGuardianship", bare(bareGuardianships+"g.id = $2", c.here, c.guardianship), func() error { _, err := head.Guardianship(one, c.guardianship, c.school); return err }},
		{"GetGuardianship, with the last decision", bare(bareGuardianship, c.here, c.guardianship, c.school), func() error { _, err := head.Guardianship(one, c.guardianship, c.school); return err }},
		{"GetGuardianship, the least by hand", bare(bareGuardianship, c.here, c.guardianship, c.school), func() error {
			return c.least(true, c.byHead, leastGuardianship, c.here, c.guardianship, c.school)
		}},
		{"GetGuardianship, with its entry", func() error {
			if err := bare(bareGuardianship, c.here, c.guardianship, c.school)(); err != nil {
				return err
			}
			return bare(bareEntry, c.here, c.parent, []uuid.UUID{c.child}, c.parent, c.school)()
		}, func() error { _, err := head.Guardianship(kept, c.guardianship, c.school); return err }},
		{"ListGuardianships, head of 500", bare(bareList, c.here, c.school, uuid.Nil), func() error { _, err := head.Guardianships(list, c.school, "", postgres.Page{}); return err }},
		{"ListGuardianships, owner of 20 schools", bare(bareList, c.here, c.school, uuid.Nil), func() error { _, err := owner.Guardianships(list, c.school, "", postgres.Page{}); return err }},
		{"ListReportedAbsences", bare(bareReported, c.here, c.school, uuid.Nil), func() error { _, err := staff.Absences(reported, c.school, today, postgres.Page{}); return err }},
	} {
		b.Run(m.name, func(b *testing.B) { measure(b, m.name, m.bare, m.real) })
	}
}

// measure runs the two by turns.
func measure(b *testing.B, name string, bare, real func() error) {
	b.Helper()
	var without, with, ratios []float64
	for round := range rounds + warm {
		x, y := timed(b, name, bare), timed(b, name, real)
		if round >= warm {
			without, with, ratios = append(without, x), append(with, y), append(ratios, y/x)
		}
	}
	slices.Sort(without)
	slices.Sort(with)
	slices.Sort(ratios)
	at := func(list []float64, part float64) float64 { return list[int(float64(len(list)-1)*part)] }
	fmt.Printf("| %-38s | %8.0f µs | %8.0f µs | %5.2f | %5.2f–%.2f |\n", name, at(without, .5), at(with, .5), at(with, .5)/at(without, .5), at(ratios, .25), at(ratios, .75))
}

func timed(b *testing.B, name string, do func() error) float64 {
	b.Helper()
	start := time.Now()
	if err := do(); err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return float64(time.Since(start).Nanoseconds()) / 1000
}
