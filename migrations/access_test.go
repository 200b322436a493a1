package migrations_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// V14: from the day a child has left, its guardians hear nothing more of the place.
func TestFormerInstitutionTellsItsGuardiansNothing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	thread := v.conversation(t, v.mother, v.kindergarten)
	v.alert(t, v.kindergarten, v.father)
	v.exec(t, `insert into notify.events values ($1, $2, 'message_posted', 'routine', $2, now(), now() + interval '1 h')`, v.here, v.child)
	v.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, institution_id, channel, state,
		created_at) values ($1, $2, $3, 'routine', $4, 'institution', $5, 'in_app', 'sent', now())`, v.here, uuid.New(), v.child, v.mother, v.kindergarten)
	tables := []string{"app.institutions", "app.groups", "app.alerts", "notify.deliveries"}
	for _, table := range tables {
		v.touches(t, 1, table+" before", scope.Guardian, v.mother, "select 1 from "+table)
	}
	v.enrol(t, v.child, v.school, nil)
	v.leave(t, v.child, v.kindergarten)
	v.touches(t, 0, "a school that nobody has opened", scope.Guardian, v.mother, "select 1 from app.institutions")
	v.open(t, v.child, v.school)
	for _, table := range tables[1:] {
		v.touches(t, 0, table+" after", scope.Guardian, v.mother, "select 1 from "+table)
	}
	const say = `insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, created_at)
		values ($1, gen_random_uuid(), $2, $3, $4, 'A B', 'x', now())`
	leader := v.employ(t, "leader", &v.kindergarten, nil)
	v.touches(t, 1, "what was written", scope.Guardian, v.mother, "select 1 from app.messages")
	v.refused(t, "the guardian writes on", scope.Guardian, v.mother, say, v.here, thread, v.mother, "guardian")
	v.refused(t, "the former institution writes on", scope.Staff, leader, say, v.here, thread, leader, "staff")
	v.touches(t, 1, "the new institution", scope.Guardian, v.mother, "select 1 from app.institutions where id = $1", v.school)
	v.touches(t, 0, "the former institution", scope.Guardian, v.mother, "select 1 from app.institutions where id = $1", v.kindergarten)
}

// B11, V17: the other home sees the day and the reason; the words, and every change, belong to whoever reported it.
func TestOnlyTheReporterKeepsAnAbsence(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	id := v.absence(t, v.mother, true)
	const shown = "select 1 from app.shown_absences where id = $1 and reason = 'illness' and note = $2 and note_sensitive = $3"
	v.touches(t, 1, "the reporter reads", scope.Guardian, v.mother, shown, id, "words", true)
	v.touches(t, 1, "the other guardian reads", scope.Guardian, v.father, shown, id, "", false)
	v.touches(t, 0, "the other guardian changes", scope.Guardian, v.father, "update app.absences set note = '' where id = $1", id)
	v.touches(t, 0, "the other guardian withdraws", scope.Guardian, v.father, "delete from app.absences where id = $1", id)
	const report = `insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, reported_by, created_at, updated_at)
		values ($1, gen_random_uuid(), $2, $3, current_date, current_date, 'illness', $4, now(), now())`
	v.refused(t, "reporting in another's name", scope.Guardian, v.father, report, v.here, v.child, v.kindergarten, v.mother)
	v.refused(t, "reporting to a place the child is not at", scope.Guardian, v.father, report, v.here, v.child, v.school, v.father)
	v.touches(t, 1, "reporting", scope.Guardian, v.father, report, v.here, v.child, v.kindergarten, v.father)
	v.refused(t, "handing an absence over", scope.Guardian, v.mother, "update app.absences set reported_by = $2 where id = $1", id, v.father)
	v.touches(t, 1, "the reporter deletes the words", scope.Guardian, v.mother, "update app.absences set note = '' where id = $1", id)
	v.touches(t, 1, "the reporter withdraws", scope.Guardian, v.mother, "delete from app.absences where id = $1", id)
}

// V17, V18, U1: what each role reaches of a child of its institution. Nobody reaches anything by a role that does not work with the children.
func TestWhatEachRoleReaches(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.absence(t, v.mother, false)
	v.absence(t, v.father, true)
	v.conversation(t, v.mother, v.kindergarten)
	for role, want := range map[string]struct{ children, absences, notes, sensitive, messages, guardians int64 }{
		"head":                   {1, 2, 1, 1, 1, 2},
		"owner":                  {1, 2, 0, 0, 0, 2},
		"leader":                 {1, 2, 1, 1, 1, 2},
		"employee":               {1, 2, 1, 0, 1, 2},
		"substitute":             {1, 2, 1, 0, 0, 2},
		"municipal_professional": {},
		"external_partner":       {},
	} {
		who := v.employ(t, role, &v.kindergarten, nil)
		for _, look := range []struct {
			what string
			want int64
			sql  string
		}{
			{"children", want.children, `select 1 from app.persons p join app.enrolments e on e.child_id = p.id`},
			{"absences", want.absences, `select 1 from app.shown_absences`},
			{"notes", want.notes, `select 1 from app.shown_absences where note <> '' and not note_sensitive`},
			{"sensitive notes", want.sensitive, `select 1 from app.shown_absences where note <> '' and note_sensitive`},
			{"flags", want.children, `select 1 from app.shown_absences where note_sensitive`},
			{"conversations", want.messages, `select 1 from app.conversations`},
			{"messages", want.messages, `select 1 from app.messages`},
			{"guardianships", want.guardians, `select 1 from app.guardianships`},
			{"sessions", 0, `select 1 from auth.sessions`},
		} {
			v.touches(t, look.want, role+" "+look.what, scope.Staff, who, look.sql)
		}
	}
}

// Whoever works at an institution may neither see a guardian's session nor end it: the database does that by itself (V15).
func TestStaffReachNoSessions(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	head, account := v.employ(t, "head", &v.kindergarten, nil), uuid.New()
	v.exec(t, `insert into auth.accounts values ($1, $2, $3, 'guardian', now())`, v.here, account, v.mother)
	v.exec(t, `insert into auth.sessions values ($1, $2, '\x01', 'guardian', $3, $4, true, now(), now() + interval '1 h')`, v.here, uuid.New(), v.mother, account)
	v.touches(t, 1, "the guardian sees it", scope.Guardian, v.mother, "select 1 from auth.sessions")
	v.touches(t, 0, "the head sees", scope.Staff, head, "select 1 from auth.sessions")
	v.touches(t, 0, "the head ends", scope.Staff, head, "update auth.sessions set ended_at = now()")
}

// A child with a protected identity is seen by those who answer for its institution and by the staff of its own group.
func TestProtectedChildIsSeenByItsOwnGroup(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.exec(t, "update app.persons set protected_identity = 'protected' where id = $1", v.child)
	v.absence(t, v.mother, false)
	v.conversation(t, v.mother, v.kindergarten)
	for who, seen := range map[uuid.UUID]int64{
		v.employ(t, "leader", &v.kindergarten, &v.bees):   1,
		v.employ(t, "employee", &v.kindergarten, &v.bees): 1,
		v.employ(t, "head", &v.kindergarten, nil):         1,
		v.employ(t, "leader", &v.kindergarten, &v.ants):   0,
		v.employ(t, "leader", &v.kindergarten, nil):       0,
		v.employ(t, "leader", &v.school, nil):             0,
	} {
		v.touches(t, seen, "child", scope.Staff, who, "select 1 from app.persons where id = $1", v.child)
		v.touches(t, seen, "absence", scope.Staff, who, "select 1 from app.shown_absences where note = 'words'")
		v.touches(t, seen, "conversation", scope.Staff, who, "select 1 from app.conversations")
		v.touches(t, 2*seen, "guardianships", scope.Staff, who, "select 1 from app.guardianships")
	}
}

// A child of two institutions, or two groups, is one child, and its absence is known wherever it is expected.
func TestAbsenceIsSeenWhereverTheChildIsEnrolled(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.absence(t, v.mother, false)
	teacher := v.employ(t, "leader", &v.school, nil)
	v.touches(t, 0, "before it comes", scope.Staff, teacher, "select 1 from app.absences")
	v.enrol(t, v.child, v.school, nil)
	v.touches(t, 1, "while it is there", scope.Staff, teacher, "select 1 from app.shown_absences where note = 'words'")
	pedagogue := v.employ(t, "leader", &v.kindergarten, nil)
	v.touches(t, 1, "where it was reported", scope.Staff, pedagogue, "select 1 from app.absences")
	v.leave(t, v.child, v.kindergarten)
	v.touches(t, 0, "after it left", scope.Staff, pedagogue, "select 1 from app.absences")
}

// What is written must be the writer's own as well as what is read: a conversation, a child, a place.
func TestNobodyWritesIntoWhatIsNotTheirs(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	hers := v.conversation(t, v.mother, v.kindergarten)
	other := v.person(t)
	v.enrol(t, other, v.school, nil)
	stranger := v.guardian(t, other)
	leader, teacher := v.employ(t, "leader", &v.kindergarten, nil), v.employ(t, "leader", &v.school, nil)
	owner := v.employ(t, "owner", &v.kindergarten, nil)
	const say = `insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, created_at)
		values ($1, gen_random_uuid(), $2, $3, $4, 'A B', 'x', now())`
	v.refused(t, "the other guardian writes", scope.Guardian, v.father, say, v.here, hers, v.father, "guardian")
	v.refused(t, "another family writes", scope.Guardian, stranger, say, v.here, hers, stranger, "guardian")
	v.refused(t, "another institution writes", scope.Staff, teacher, say, v.here, hers, teacher, "staff")
	v.refused(t, "the owner writes", scope.Staff, owner, say, v.here, hers, owner, "staff")
	v.refused(t, "in another's name", scope.Staff, leader, say, v.here, hers, teacher, "staff")
	v.touches(t, 1, "the leader answers", scope.Staff, leader, say, v.here, hers, leader, "staff")
	v.touches(t, 1, "the guardian goes on", scope.Guardian, v.mother, say, v.here, hers, v.mother, "guardian")
	const begin = `insert into app.conversations (municipality_id, id, child_id, guardian_id, institution_id, created_at, last_message_at)
		values ($1, gen_random_uuid(), $2, $3, $4, now(), now())`
	v.refused(t, "about another's child", scope.Guardian, stranger, begin, v.here, v.child, stranger, v.kindergarten)
	v.refused(t, "with another institution", scope.Guardian, v.mother, begin, v.here, v.child, v.mother, v.school)
	v.refused(t, "for another guardian", scope.Guardian, v.father, begin, v.here, v.child, stranger, v.kindergarten)
	v.refused(t, "staff begin one", scope.Staff, leader, begin, v.here, v.child, v.father, v.kindergarten)
	v.refused(t, "a thread changes hands", scope.Guardian, v.mother, "update app.conversations set guardian_id = $2 where id = $1", hers, v.father)
	v.touches(t, 1, "the father's own", scope.Guardian, v.father, begin, v.here, v.child, v.father, v.kindergarten)
}

// V14: the head of a place that the child has left neither sees nor decides about its guardians any more.
func TestFormerHeadDecidesNothing(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	head := v.employ(t, "head", &v.kindergarten, nil)
	v.touches(t, 2, "before", scope.Staff, head, "select 1 from app.guardianships")
	v.enrol(t, v.child, v.school, nil)
	v.leave(t, v.child, v.kindergarten)
	v.touches(t, 0, "sees", scope.Staff, head, "select 1 from app.guardianships")
	v.touches(t, 0, "changes", scope.Staff, head, "update app.guardianships set status = 'inactive'")
	v.refused(t, "decides", scope.Staff, head, decide, v.here, v.mother, "inactive", head)
}

const decide = `insert into app.guardianship_decisions (municipality_id, id, guardianship_id, status, decided_by, decided_at)
	values ($1, gen_random_uuid(), (select id from app.guardianships where guardian_id = $2), $3, $4, now())`

// V6, B5: no status without a decision of whoever changed it, in the same transaction.
func TestStatusNeedsADecision(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	head := v.employ(t, "head", &v.kindergarten, nil)
	change := func(status string, decisions ...string) error {
		return v.within(scope.Staff, head, func(ctx context.Context, tx *scope.Tx) error {
			for _, d := range decisions {
				if _, err := tx.Exec(ctx, decide, v.here, v.mother, d, head); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, "update app.guardianships set status = $2 where guardian_id = $1", v.mother, status); err != nil {
				return err
			}
			// No scope taken afterwards can excuse it.
			_, err := tx.Exec(ctx, "select set_config('budstikke.caller', '', true)")
			return err
		})
	}
	for what, err := range map[string]error{"no decision": change("inactive"), "another decision": change("inactive", "active")} {
		if !violates(err, "23514", "status_needs_a_decision") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := change("inactive", "inactive"); err != nil {
		t.Fatal(err)
	}
	if err := change("active", "active"); err != nil {
		t.Fatal(err)
	}
	if err := change("inactive"); !violates(err, "23514", "status_needs_a_decision") {
		t.Errorf("by a decision of yesterday: %v", err)
	}
	v.refused(t, "claiming another transaction", scope.Staff, head,
		"insert into app.guardianship_decisions (municipality_id, transaction_id) values ($1, '1')", v.here)
}
