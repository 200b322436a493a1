package walk_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// asClock asks the database a question as the calendar would, and undoes whatever the answer changed.
func (w *town) asClock(t *testing.T, question string, args ...any) []uuid.UUID {
	t.Helper()
	tx, err := w.Admin.Begin(w.ctx)
	must(t, err)
	defer func() { must(t, tx.Rollback(w.ctx)) }()
	_, err = tx.Exec(w.ctx, "select scope.open($1, null, 'clock')", w.here)
	must(t, err)
	rows, err := tx.Query(w.ctx, question, args...)
	must(t, err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	must(t, err)
	slices.SortFunc(list, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	return list
}

// reach gives somebody an address that an alert would reach.
func (w *town) reach(given, state string) {
	w.tb.Helper()
	w.exec(`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		values ($1, $2, $3, 'email', 'smtp', $4, 'sv', $5, now(), now(), now())`, w.here, newID(), w.person(given), "x-"+given+"@example.com", state)
}

// B13, V10: the last guardian of a child is one whom an alert would reach, when nobody else who has access at that place, and whose own row is decided, would be.
func TestWhoIsTheLastGuardian(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.decide(is[head].token, "Stenulvar", "Caspianus", "active")
	review := w.openMonth(t)
	last := func(given string) bool {
		t.Helper()
		row := one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 and grant_id = $2", review, w.guardianship(given, "Caspianus"))
		return slices.Contains(w.asClock(t, "select * from app.last_guardians($1)", review), row)
	}
	decided := func(given, decision string) {
		w.exec("update app.review_rows set decision = nullif($3, ''), decided_by = case when $3 = '' then null else $4::uuid end, decided_at = case when $3 = '' then null else now() end where review_id = $1 and grant_id = $2",
			review, w.guardianship(given, "Caspianus"), decision, w.person("Oddvarina"))
	}
	expect := func(what string, cecilia, stenulv bool) {
		t.Helper()
		if c, s := last("Ceciliana"), last("Stenulvar"); c != cecilia || s != stenulv {
			t.Errorf("%s: the one %t, want %t; the other %t, want %t", what, c, cecilia, s, stenulv)
		}
	}
	w.exec("delete from notify.endpoints where person_id in ($1, $2)", w.person("Ceciliana"), w.person("Stenulvar"))
	expect("nobody is reached", false, false)
	w.reach("Ceciliana", "unverified")
	expect("an address that is not proved", false, false)
	w.exec("update notify.endpoints set state = 'active' where person_id = $1", w.person("Ceciliana"))
	expect("one is reached", true, false)
	decided("Stenulvar", "keep")
	expect("the other is confirmed and not reached", true, false)
	w.reach("Stenulvar", "active")
	expect("the other is confirmed and reached", false, false)
	w.exec("update app.guardianship_access set status = 'suspended' where guardianship_id = $1", w.guardianship("Stenulvar", "Caspianus"))
	expect("the other is confirmed, reached, and has no access", true, false)
	w.exec("update app.guardianship_access set status = 'active' where guardianship_id = $1", w.guardianship("Stenulvar", "Caspianus"))
	w.exec("update app.guardianship_access set status = 'suspended' where guardianship_id = any ($1)", []uuid.UUID{w.guardianship("Ceciliana", "Caspianus"), w.guardianship("Stenulvar", "Caspianus")})
	expect("nobody has access, so nobody's goes on", false, false)
	w.exec("update app.guardianship_access set status = 'active' where guardianship_id = any ($1)", []uuid.UUID{w.guardianship("Ceciliana", "Caspianus"), w.guardianship("Stenulvar", "Caspianus")})
	decided("Stenulvar", "")
	expect("both are reached and nobody decided", true, true)
	decided("Ceciliana", "keep")
	expect("what is decided is nobody's last", false, false)
	decided("Ceciliana", "")
	// Who is confirmed as the guardian of another child, and reached, is none of this one.
	w.exec("update notify.endpoints set state = 'retired', retired_reason = 'account_ended' where person_id = $1", w.person("Stenulvar"))
	w.reach("Annelore", "active")
	w.exec("update app.review_rows set decision = 'keep', decided_by = $2, decided_at = now() where review_id = $1 and grant_id = $3", review, w.person("Oddvarina"), w.guardianship("Annelore", "Alfhildis"))
	expect("another child's guardian is confirmed and reached", true, false)
	w.exec("insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at) values ($1, $2, $3, $4, now())", w.here, newID(), w.person("Caspianus"), w.institution(school))
	w.exec("update app.guardianship_access set status = case when institution_id = $2 then 'active' else 'suspended' end where guardianship_id = $1", w.guardianship("Stenulvar", "Caspianus"), w.institution(school))
	w.exec("update notify.endpoints set state = 'active', retired_reason = null where person_id = $1", w.person("Stenulvar"))
	decided("Stenulvar", "keep")
	expect("the other is confirmed, reached, and has access at another place", true, false)
}

// B8, V2: whom a held change waits for: heads where it waits, owners of the place for what is above heads, whoever owns everything for what waits nowhere; never whom
// it is about, the child's family, or who is kept from the child.
func TestWhomAHeldChangeWaitsFor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	boss, own, all := "Heddavina", "Oddvarina", "Kommunalia"
	listeners := func(change uuid.UUID, roles ...string) (names []string) {
		for _, id := range w.asClock(t, "select person from app.held_listeners($1, $2)", change, roles) {
			for _, given := range []string{boss, own, all, "Rektorina", "Leonorina", "Emelinda"} {
				if w.person(given) == id {
					names = append(names, given)
				}
			}
		}
		slices.Sort(names)
		return names
	}
	expect := func(what string, change uuid.UUID, heads, owners []string) {
		t.Helper()
		if h, o := listeners(change, "head"), listeners(change, "owner"); !slices.Equal(h, heads) || !slices.Equal(o, owners) {
			t.Errorf("%s: heads %v, want %v; owners %v, want %v", what, h, heads, o, owners)
		}
	}
	of := func(kind, person, child string) uuid.UUID { return w.waits(kindergarten, kind, person, child, false) }
	none, both := []string(nil), []string{all, own}
	change := of("custody_rises", "Annelore", "Alfhildis")
	expect("about a child here", change, []string{boss}, both)
	expect("about the head", of("protection_lowered", boss, ""), none, both)
	expect("about the owner", of("protection_lowered", own, ""), []string{boss}, []string{all})
	role := func(given string) uuid.UUID {
		id := of("staff_role_longer", given, "")
		w.exec("update app.held_changes set row_id = (select id from app.staff_roles where person_id = $2 and institution_id = $3) where id = $1", id, w.person(given), w.institution(kindergarten))
		return id
	}
	expect("the role of an employee", role("Emelinda"), []string{boss}, both)
	w.exec("update app.staff_roles set role = 'head' where person_id = $1", w.person("Leonorina"))
	expect("the role of another head", role("Leonorina"), none, both)
	expect("about a child here, two heads", change, []string{boss, "Leonorina"}, both)
	w.exec("update app.staff_roles set role = 'leader' where person_id = $1", w.person("Leonorina"))

	family := w.parent(boss, "Alfhildis")
	expect("the head's own child", change, none, both)
	w.exec("delete from app.guardianship_access where guardianship_id = $1", family)
	w.exec("delete from app.guardianships where id = $1", family)
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, $2, $3, $4, 'no_access', now() - interval '1 minute', '\x01', 1, $4, now())`, w.here, newID(), w.person("Alfhildis"), w.person(boss))
	expect("a child that the head is kept from", change, none, both)
	w.exec("delete from app.restrictions")

	w.exec("update app.held_changes set institutions = '{}' where id = $1", change)
	expect("nowhere", change, none, []string{all})
	for what, q := range map[string]string{
		"whoever owns everything has left":      "update app.staff_roles set ended_at = now() - interval '1 second' where person_id = $1",
		"whoever owns everything begins later":  "update app.staff_roles set starts_at = now() + interval '1 day' where person_id = $1",
		"whoever owned everything owns a place": "update app.staff_roles set institution_id = (select id from app.institutions where name = '" + school + "') where person_id = $1",
	} {
		w.exec(q, w.person(all))
		expect(what, change, none, none)
		w.exec("update app.staff_roles set ended_at = null, starts_at = null, institution_id = null where person_id = $1", w.person(all))
	}
}

// V10: an overdue review reaches head and owner at once and then every seven days, not sooner; one that was completed, never.
func TestOverdueReviewIsBroughtUpEverySevenDays(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	review := w.openMonth(t)
	due := func(what string) func(t *testing.T, after time.Duration) bool {
		return func(t *testing.T, after time.Duration) bool {
			t.Helper()
			return slices.Contains(w.asClock(t, "select review from app.due_reviews($1) where what = $2", w.Clock.Now().Add(after), what), review)
		}
	}
	overdue, remind := due("overdue"), due("remind")
	w.exec("update app.reviews set due_on = ($2::timestamptz at time zone 'UTC')::date - 2, reminded_at = $2, opened_at = $2::timestamptz - interval '20 days' where id = $1", review, w.Clock.Now())
	if !overdue(t, 0) {
		t.Fatal("overdue, and nobody hears of it")
	}
	w.exec("update app.reviews set escalated_at = $2 where id = $1", review, w.Clock.Now())
	const week = 7 * 24 * time.Hour
	for after, want := range map[time.Duration]bool{0: false, 24 * time.Hour: false, week - time.Second: false, week: true, week + time.Hour: true} {
		if got := overdue(t, after); got != want {
			t.Errorf("%s after it was brought up: again %t, want %t", after, got, want)
		}
	}
	w.exec("update app.reviews set due_on = ($2::timestamptz at time zone 'UTC')::date + 2, reminded_at = null, escalated_at = null where id = $1", review, w.Clock.Now())
	if !remind(t, 0) || overdue(t, 0) {
		t.Error("two days before the day: want a reminder and nothing else")
	}
	w.exec("update app.reviews set reminded_at = $2 where id = $1", review, w.Clock.Now())
	if remind(t, 0) {
		t.Error("reminded twice")
	}
	w.exec("update app.reviews set due_on = due_on - 9, state = 'completed', completed_at = $2, completed_by = $3, report = '{}', signature = '\\x01', signed_with = 'x' where id = $1", review, w.Clock.Now(), w.person("Heddavina"))
	if overdue(t, 0) {
		t.Error("a completed review is overdue")
	}
}
