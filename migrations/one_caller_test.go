package migrations_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// A view that answers one kind of caller without the policies of the tables behind it shows exactly what those policies show, whatever
// happened to the access in between (P1, P2, B8, B11, V15).
func TestViewsOfOneCallerShowWhatThePoliciesShow(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	head, colleague, owner := v.employ(t, "head", &v.kindergarten, nil), v.employ(t, "head", &v.school, nil), v.employ(t, "owner", nil, nil)
	employee, stranger := v.employ(t, "employee", &v.kindergarten, nil), v.person(t)
	v.enrol(t, v.child, v.school, nil)
	v.open(t, v.child, v.kindergarten)
	v.absence(t, v.mother, true)
	v.absence(t, v.father, false)
	// Who decided last is named to whoever meets them, whether they still work there or not.
	decider := v.employ(t, "head", &v.kindergarten, nil)
	v.exec(t, `insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, rule, decided_at)
		select a.municipality_id, gen_random_uuid(), a.guardianship_id, a.institution_id, 'active', 'as they wished', d.by, d.rule, now() - d.ago
		from app.guardianship_access a
		cross join lateral (values (null::uuid, 'auto_on_custody', interval '2 hours'),
			(case a.institution_id when $1 then $2::uuid else $3::uuid end, null, interval '1 hour')) d (by, rule, ago)`, v.kindergarten, decider, colleague)
	// Notices of every ground, to everybody, about the child at both places.
	v.exec(t, `insert into notify.events select $1, md5('e' || n)::uuid, 'message_posted', 'routine', $2, now(), now() + interval '1 h' from generate_series(1, 5) n`,
		v.here, v.child)
	v.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, institution_id, channel, state, created_at)
		select $1, gen_random_uuid(), md5('e' || x.n)::uuid, 'routine', p, x.grounds, case x.grounds when 'child' then $2::uuid end, x.place, 'in_app', 'sent', now()
		from unnest($3::uuid[]) p
		cross join (values (1, 'self', null), (2, 'child', null), (3, 'child', $4::uuid), (4, 'child', $5::uuid), (5, 'institution', $4), (5, 'institution', $5),
			(1, 'staff', $4)) x (n, grounds, place)`,
		v.here, v.child, []uuid.UUID{v.mother, v.father, stranger, head, employee}, v.kindergarten, v.school)
	callers := map[uuid.UUID]scope.Caller{
		v.mother: scope.Guardian, v.father: scope.Guardian, stranger: scope.Guardian,
		head: scope.Staff, colleague: scope.Staff, owner: scope.Staff, employee: scope.Staff,
	}
	seen := map[string]int{}
	compare := func(what string) {
		t.Helper()
		for person, caller := range callers {
			if err := v.within(caller, person, func(ctx context.Context, tx *scope.Tx) error {
				for view, policies := range map[string]string{
					"notify.notices_at_home(null, null, 1000)": `select d.id, e.kind, e.urgency, e.subject_id, d.created_at
						from notify.deliveries d join notify.events e on e.municipality_id = d.municipality_id and e.id = d.event_id
						where d.channel = 'in_app' and d.person_id = scope.person() and scope.caller() = 'guardian'`,
					"app.own_absences": "select * from app.shown_absences where scope.caller() = 'guardian'",
					"app.family_children": `select p.municipality_id, p.id, coalesce(n.given_name, p.given_name), coalesce(n.family_name, p.family_name), i.id,
							case when p.id = any (app.unlocated()) then '' else i.name end, i.kind,
							case when p.id = any (app.unlocated()) then '' else coalesce(g.name, '') end, m.time_zone, e.created_at
						from app.persons p left join app.protected_names n on n.person_id = p.id
						join app.enrolments e on e.child_id = p.id and (e.starts_at is null or e.starts_at <= now()) and (e.ended_at is null or e.ended_at > now())
						join app.institutions i on i.id = e.institution_id join app.municipalities m on m.municipality_id = p.municipality_id
						left join app.groups g on g.id = e.group_id
						where p.id = any (app.held_children()) and scope.caller() = 'guardian'`,
					"app.headed_guardianships": `select a.municipality_id, g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status,
							a.until, a.version, g.ended_at, c.given_name, c.family_name,
							case when g.child_id = any (app.aliased_persons()) then '' else p.given_name end, -- beside an alias nobody is named (B8)
							case when g.child_id = any (app.aliased_persons()) then '' else p.family_name end,
							exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null),
							coalesce(l.decided_at, 'epoch')::timestamptz, coalesce(l.status, ''), coalesce(l.rule, ''),
							case when app.family_of(g.child_id) then '' else coalesce(l.reason, '') end, coalesce(n.given_name, ''), coalesce(n.family_name, '')
						from app.guardianship_access a join app.guardianships g on g.id = a.guardianship_id and g.ended_at is null
						join app.persons c on c.id = g.child_id join app.persons p on p.id = g.guardian_id
						left join lateral (
							select d.* from app.guardianship_decisions d
							where d.guardianship_id = g.id and (d.institution_id is null or d.institution_id = a.institution_id)
							order by d.decided_at desc, d.id desc limit 1) l on true
						left join app.persons n on n.id = l.decided_by`,
					"app.headed_pupils": `select e.municipality_id, e.institution_id, c.id, c.given_name, c.family_name
						from app.enrolments e join app.persons c on c.id = e.child_id
						where scope.caller() = 'staff' and e.institution_id = any (app.headed_at()) and (e.ended_at is null or e.ended_at > now())`,
					"app.headed_access": `select a.municipality_id, g.id, a.institution_id, g.child_id, g.guardian_id, g.basis, g.legal, g.time_boxed, a.status,
							a.until, a.version, g.ended_at,
							case when g.child_id = any (app.aliased_persons()) then '' else p.given_name end,
							case when g.child_id = any (app.aliased_persons()) then '' else p.family_name end,
							exists (select from auth.accounts x where x.municipality_id = g.municipality_id and x.person_id = g.guardian_id and x.ended_at is null),
							coalesce((select max(d.decided_at) from app.guardianship_decisions d
								where d.guardianship_id = g.id and (d.institution_id is null or d.institution_id = a.institution_id)), 'epoch')::timestamptz
						from app.guardianship_access a join app.guardianships g on g.id = a.guardianship_id and g.ended_at is null
						join app.persons c on c.id = g.child_id join app.persons p on p.id = g.guardian_id`,
				} {
					var rows, more, less int
					err := tx.QueryRow(ctx, fmt.Sprintf(`with shown as (select * from %[1]s), allowed as (%[2]s) select (select count(*) from shown),
						(select count(*) from (select * from shown except all select * from allowed) x), (select count(*) from (select * from allowed except all select * from shown) x)`,
						view, policies)).Scan(&rows, &more, &less)
					if err != nil {
						return err
					}
					if more != 0 || less != 0 {
						t.Errorf("%s, %s of a %s: %d rows that no policy shows, %d rows missing", what, view, caller, more, less)
					}
					seen[view] += rows
				}
				if caller != scope.Guardian {
					return nil
				}
				const sorted = "select coalesce(string_agg(distinct child_id::text || institution_id, ' ' order by child_id::text || institution_id), '') from "
				var remembered, ruled string // what is remembered is what the rule of access says
				if err := tx.QueryRow(ctx, sorted+"app.own_access()").Scan(&remembered); err != nil {
					return err
				}
				if err := v.Admin.QueryRow(ctx, sorted+"app.guardian_access where guardian_id = $1", person).Scan(&ruled); err != nil {
					return err
				}
				if remembered != ruled {
					t.Errorf("%s: remembered is %q, the rule of access says %q", what, remembered, ruled)
				}
				return nil
			}); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
	}
	compare("at first")
	if len(seen) != 6 || slices.Contains(slices.Collect(maps.Values(seen)), 0) {
		t.Fatalf("nobody sees anything: %v", seen)
	}
	for _, then := range []struct{ what, sql string }{
		{"a decider who is protected", "update app.persons set protected_identity = 'protected' where id in (select decided_by from app.guardianship_decisions where $1 <> $2)"},
		{"a decider who left", `update app.staff_roles r set ended_at = now() where institution_id = $2 and $1 <> $2 and person_id in (select decided_by from app.guardianship_decisions)`},
		{"a rule that decided", `update app.guardianship_decisions set decided_at = now() where rule is not null and $1::uuid <> $2::uuid`},
		{"a suspended access", "update app.guardianship_access set status = 'suspended' where guardian_id = $1 and institution_id = $2"},
		{"a time that is out", "update app.guardianship_access set status = 'active', until = now() - interval '1 second' where guardian_id = $1 and institution_id = $2"},
		{"a protected child", "update app.persons set protected_identity = 'protected' where id = (select child_id from app.guardianships where guardian_id = $1) and $2::uuid is not null"},
		{"a strict child", "update app.persons set protected_identity = 'strict' where id = (select child_id from app.guardianships where guardian_id = $1) and $2::uuid is not null"},
		{"a guardian who is protected", "update app.persons set protected_identity = 'strict' where id = $1 and $2::uuid is not null"},
		{"an ended guardianship", "update app.guardianships set ended_at = now() where guardian_id = $1 and $2::uuid is not null"},
		{"a restriction between the child and its other guardian", `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
			select municipality_id, gen_random_uuid(), child_id, guardian_id, 'no_access', now(), '\x01', 1, guardian_id, now()
			from app.guardianships where guardian_id <> $1 and $2::uuid is not null`},
		{"a restriction of another kind", restricted("no_contact", "now()", "null")},
		{"a place that is kept from the guardian", restricted("no_location", "now()", "null")},
		{"a restriction that has not begun", restricted("no_access", "now() + interval '1 day'", "null")},
		{"a restriction that is over", restricted("no_access", "now() - interval '2 days'", "now() - interval '1 day'")},
		{"a restriction of the guardian's own", restricted("no_access", "now()", "null")},
		{"a restriction that was lifted", `update app.restrictions set lifting_proposed_by = $1, lifting_proposed_at = now(), lifted_by = set_by, lifted_at = now()
			where kind = 'no_access' and $2::uuid is not null and person_id = $1 and set_by <> $1`},
		{"access that was only imported", "update app.guardianship_access set status = 'imported' where guardian_id <> $1 and institution_id = $2"},
		{"a child that has not begun", "update app.enrolments set starts_at = now() + interval '1 day' where child_id = (select child_id from app.guardianships where guardian_id = $1) and institution_id <> $2"},
		{"a child that has begun", "update app.enrolments set starts_at = now() - interval '1 day' where child_id = (select child_id from app.guardianships where guardian_id = $1) and institution_id <> $2"},
		{"a child that left", "update app.enrolments set ended_at = now() where child_id = (select child_id from app.guardianships where guardian_id = $1) and institution_id = $2"},
	} {
		v.exec(t, then.sql, v.mother, v.kindergarten)
		compare(then.what)
	}
}

// restricted is a restriction between the guardian $1 and each of their children, set by their other guardian so that both may lift it.
func restricted(kind, starts, until string) string {
	return fmt.Sprintf(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, until, reason_sealed, reason_key, set_by, set_at)
		select g.municipality_id, gen_random_uuid(), g.child_id, g.guardian_id, '%s', %s, %s, '\x01', 1, o.guardian_id, now()
		from app.guardianships g join app.guardianships o on o.child_id = g.child_id and o.guardian_id <> g.guardian_id
		where g.guardian_id = $1 and $2::uuid is not null`, kind, starts, until)
}
