package walk_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// V10, V12, V13, B13: each finding is there when it should be and at no other time. A case says what is found before something is done, does it, and
// what is found then; most undo it, and it is not found any more. In the calendar's own time: some things come up because a moment has passed.
func TestEachFindingComesAndGoes(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	group := w.groupOf("Alfhildis")
	tab := w.tablet(group)
	anna, cecilia := w.guardianship("Annelore", "Alfhildis"), w.guardianship("Ceciliana", "Caspianus")
	role := func(given string) uuid.UUID {
		return one[uuid.UUID](w, "select id from app.staff_roles where person_id = $1", w.person(given))
	}
	emelinda, liaison, headed := role("Emelinda"), role("Liaisonetta"), role("Heddavina")
	w.exec("update app.staff_roles set role = 'substitute', ended_at = now() + interval '9 days' where id = $1", emelinda)
	w.decide(is[head].token, "Petronellix", "Pernillus", "active")
	petra, newcomer, person := w.guardianship("Petronellix", "Pernillus"), newID(), newID()
	w.exec("insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'Nykomling', 'Testsson', now())", w.here, person)
	w.exec("insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at) values ($1, $2, $3, $4, 'employee', now())",
		w.here, newcomer, person, w.institution(kindergarten))
	found := func(grant uuid.UUID, after time.Duration) []string {
		t.Helper()
		return one[[]string](w, `select findings from app.review_grants($1, $2, now() + $4::interval, 60) where grant_id = $3`, w.here, w.institution(kindergarten), grant, after)
	}
	const hours, year = 2 * time.Hour, 400 * 24 * time.Hour
	address := `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		select g.municipality_id, gen_random_uuid(), g.guardian_id, 'email', 'smtp', 'found@example.com', 'sv', 'active', now(), now(), now() from app.guardianships g where g.id = $1`
	for _, c := range []struct {
		finding  string
		grant    uuid.UUID
		after    time.Duration
		was      bool   // found to begin with
		do, undo string // with the grant as $1
	}{
		{"never_signed_in", petra, 0, true, `with a as (insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
				select municipality_id, gen_random_uuid(), guardian_id, 'guardian', now() from app.guardianships where id = $1 returning municipality_id, id, person_id)
			insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, ended_at, ended_reason)
			select municipality_id, gen_random_uuid(), 'guardian', person_id, id, true, now(), now() + interval '1 hour', now(), 'signed_out' from a`, ""},
		{"never_signed_in", newcomer, 0, true, `with a as (insert into auth.accounts (municipality_id, id, person_id, kind, created_at)
				select municipality_id, gen_random_uuid(), person_id, 'staff', now() from app.staff_roles where id = $1 returning municipality_id, id, person_id)
			insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, ended_at, ended_reason)
			select municipality_id, gen_random_uuid(), 'staff', person_id, id, true, now(), now() + interval '1 hour', now(), 'signed_out' from a`, ""},
		// A sign-in is for work or as a guardian: neither counts as the other.
		{"no_sign_in_for_a_while", emelinda, 0, false, `update auth.sessions set created_at = now() - interval '61 days', last_used_at = now() - interval '61 days'
			where kind = 'staff' and person_id = (select person_id from app.staff_roles where id = $1)`, ""},
		{"never_signed_in", emelinda, 0, false, "update auth.sessions set kind = 'guardian', last_used_at = now() where person_id = (select person_id from app.staff_roles where id = $1)",
			"update auth.sessions set kind = 'staff', last_used_at = now() - interval '61 days' where person_id = (select person_id from app.staff_roles where id = $1)"},
		{"never_signed_in", anna, 0, false, "update auth.sessions set kind = 'staff' where person_id = (select guardian_id from app.guardianships where id = $1)",
			"update auth.sessions set kind = 'guardian' where person_id = (select guardian_id from app.guardianships where id = $1)"},
		{"no_contact_point", headed, 0, true, strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(address, "guardian_id", "person_id"), "guardianships", "staff_roles"), "found@", "head@"),
			"update notify.endpoints set state = 'retired', retired_reason = 'bounced' where person_id = (select person_id from app.staff_roles where id = $1)"},
		{"no_sign_in_for_a_while", cecilia, 0, false, "update auth.sessions set created_at = now() - interval '61 days', last_used_at = now() - interval '61 days' where person_id = (select guardian_id from app.guardianships where id = $1)",
			"update auth.sessions set last_used_at = now() - interval '59 days' where person_id = (select guardian_id from app.guardianships where id = $1)"},
		{"no_sign_in_for_a_while", liaison, 0, false, "update auth.sessions set created_at = now() - interval '61 days', last_used_at = now() - interval '61 days' where person_id = (select person_id from app.staff_roles where id = $1)",
			"update auth.sessions set last_used_at = now() where person_id = (select person_id from app.staff_roles where id = $1)"},
		{"no_contact_point", cecilia, 0, true, address, "update notify.endpoints set state = 'retired', retired_reason = 'bounced' where person_id = (select guardian_id from app.guardianships where id = $1)"},
		{"single_guardian_unclarified", petra, 0, true, `insert into app.guardian_clarifications select municipality_id, gen_random_uuid(), child_id, 'nobody_else', 'Ensam.', guardian_id, now() + interval '1 minute'
			from app.guardianships where id = $1`, "delete from app.guardian_clarifications where child_id = (select child_id from app.guardianships where id = $1)"},
		{"single_guardian_unclarified", anna, 0, false, "update app.guardianships set ended_at = now() where child_id = (select child_id from app.guardianships where id = $1) and id <> $1",
			"update app.guardianships set ended_at = null where child_id = (select child_id from app.guardianships where id = $1)"},
		{"suspended", cecilia, 0, false, "update app.guardianship_access set status = 'suspended' where guardianship_id = $1", "update app.guardianship_access set status = 'active' where guardianship_id = $1"},
		{"end_passed", cecilia, hours, false, "update app.guardianship_access set until = now() + interval '1 hour' where guardianship_id = $1",
			"update app.guardianship_access set until = now() + interval '3 hours' where guardianship_id = $1"},
		{"child_left", cecilia, hours, false, "update app.enrolments set ended_at = now() + interval '1 hour' where child_id = (select child_id from app.guardianships where id = $1)",
			"update app.enrolments set ended_at = now() + interval '3 hours' where child_id = (select child_id from app.guardianships where id = $1)"},
		{"register_disagrees", cecilia, 0, false, "update app.register_records set missing_since = now() where row_id = $1", "update app.register_records set missing_since = null where row_id = $1"},
		{"register_disagrees", cecilia, hours, false, "update app.guardianships set register_end = now() + interval '1 hour' where id = $1", "update app.guardianships set register_end = null where id = $1"},
		{"register_disagrees", cecilia, 0, false, `insert into app.held_changes (municipality_id, id, kind, row_id, person_id, child_id, institutions, source, file_name, was, wants, since, seen_at, two_people)
			select g.municipality_id, gen_random_uuid(), 'guardianship_returns', gen_random_uuid(), g.guardian_id, g.child_id, '{}', 'lists', 'x.csv', 'ended', 'in_force', now(), now(), false
			from app.guardianships g where g.id = $1`, "delete from app.held_changes where person_id = (select guardian_id from app.guardianships where id = $1)"},
		{"register_disagrees", emelinda, 0, false, "update app.register_records set missing_since = now() where row_id = $1", "update app.register_records set missing_since = null where row_id = $1"},
		{"register_disagrees", emelinda, hours, false, "update app.staff_roles set register_end = now() + interval '1 hour' where id = $1", "update app.staff_roles set register_end = null where id = $1"},
		{"on_leave", emelinda, hours, false, `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
			select municipality_id, gen_random_uuid(), person_id, institution_id, now() + interval '1 hour', person_id, now() from app.staff_roles where id = $1`,
			"update app.staff_leaves set until = now() + interval '90 minutes' where person_id = (select person_id from app.staff_roles where id = $1)"},
		{"end_missing", liaison, 0, false, "update app.staff_roles set ended_at = null where id = $1", "update app.staff_roles set ended_at = now() + interval '9 days' where id = $1"},
		{"end_missing", emelinda, 0, false, "update app.staff_roles set ended_at = null where id = $1", // gets the usual one, which nobody chose
			"update app.staff_roles set ended_at = now() + interval '9 days' where id = $1"},
		{"never_used", tab.id, 0, true, `insert into auth.sessions (municipality_id, id, kind, person_id, account_id, strong, created_at, expires_at, ended_at, ended_reason, tablet_id)
			select t.municipality_id, gen_random_uuid(), 'staff', t.enrolled_by, a.id, false, now(), now() + interval '1 minute', now(), 'signed_out', t.id
			from auth.tablets t join auth.accounts a on a.person_id = t.enrolled_by where t.id = $1`, ""},
		{"not_used_for_a_while", tab.id, 0, false, "update auth.sessions set created_at = now() - interval '61 days' where tablet_id = $1", "update auth.sessions set created_at = now() where tablet_id = $1"},
		{"not_used_for_a_while", group, 0, false, "update auth.sessions set created_at = now() - interval '61 days' where tablet_id in (select id from auth.tablets where group_id = $1)",
			"update auth.sessions set created_at = now() where tablet_id in (select id from auth.tablets where group_id = $1)"},
		{"never_used", group, 0, false, "delete from auth.sessions where tablet_id in (select id from auth.tablets where group_id = $1)", ""},
		{"secret_overdue", tab.id, 0, false, "update auth.shared_users set generation = generation + 1, confirm_by = now() where group_id = (select group_id from auth.tablets where id = $1)",
			"update auth.shared_users set confirm_by = now() + interval '1 day' where group_id = (select group_id from auth.tablets where id = $1)"},
		{"secret_overdue", group, 0, false, "update auth.shared_users set confirm_by = now() where group_id = $1",
			"update auth.tablets set generation = (select generation from auth.shared_users where group_id = $1) where group_id = $1"},
		{"enroller_gone", tab.id, 0, false, "update app.staff_roles set ended_at = now() where person_id = (select enrolled_by from auth.tablets where id = $1)",
			"update app.staff_roles set ended_at = null where person_id = (select enrolled_by from auth.tablets where id = $1)"},
		{"head_gone", group, 0, false, "update app.staff_roles set ended_at = now() where role = 'head' and institution_id = (select institution_id from app.groups where id = $1)",
			"update app.staff_roles set ended_at = null where role = 'head' and institution_id = (select institution_id from app.groups where id = $1)"},
		{"tablet_lost", group, 0, false, "update auth.tablets set ended_at = now(), ended_because = 'lost', token_hash = null, token_expires_at = null where group_id = $1", ""},
		{"tablet_lost", group, year, false, "select $1::uuid", ""}, // a year later it is known
	} {
		check := func(when string, want bool) {
			t.Helper()
			if got := found(c.grant, c.after); slices.Contains(got, c.finding) != want {
				t.Errorf("%s %s: found %v, want it there: %t", c.finding, when, got, want)
			}
		}
		check("before", c.was)
		w.exec(c.do, c.grant)
		if c.finding == "tablet_lost" && c.after == year {
			continue
		}
		check("after "+c.do, !c.was)
		if c.undo != "" {
			w.exec(c.undo, c.grant)
			check("after "+c.undo, c.was)
		}
	}
}
