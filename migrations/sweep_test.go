package migrations_test

import (
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// B12, V15: access that has an end ends to the minute by the rule itself, and the sweep takes what it leaves behind, once.
func TestAccessEndsByTime(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	leader := v.employ(t, "leader", &v.kindergarten, nil)
	for who, kind := range map[uuid.UUID]string{v.mother: "guardian", v.father: "guardian", leader: "staff"} {
		account := uuid.New()
		v.exec(t, `insert into auth.accounts values ($1, $2, $3, $4, now())`, v.here, account, who, kind)
		v.exec(t, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
			values ($1, gen_random_uuid(), uuid_send($2), $3, $2, $4, true, now(), now() + interval '1 h')`, v.here, who, kind, account)
	}
	open := func() (n int64) {
		n, err := v.as(scope.SignIn, uuid.Nil, "select 1 from auth.sessions where ended_at is null")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	sweep := func(want int64) {
		t.Helper()
		v.touches(t, 1, "sweep", scope.SignIn, uuid.Nil, "select 1 where app.sweep_access() = $1", want)
	}
	sweep(0)
	v.exec(t, `alter table app.guardianship_access disable trigger cut_off_guardian`) // as if the moment had only passed
	v.exec(t, `alter table app.staff_leaves disable trigger cut_off_staff`)
	v.exec(t, `update app.guardianship_access set until = now() - interval '1 second' where guardian_id = $1`, v.mother)
	v.exec(t, `insert into app.staff_leaves (municipality_id, id, person_id, institution_id, starts_at, set_by, set_at)
		values ($1, gen_random_uuid(), $2, $3, now() - interval '1 second', $2, now())`, v.here, leader, v.kindergarten)
	v.touches(t, 0, "the guardian whose time is over", scope.Guardian, v.mother, "select 1 from app.persons where id = $1", v.child)
	v.touches(t, 0, "the leader on leave", scope.Staff, leader, "select 1 from app.persons where id = $1", v.child)
	v.touches(t, 1, "the other guardian", scope.Guardian, v.father, "select 1 from app.persons where id = $1", v.child)
	if n := open(); n != 3 {
		t.Fatalf("%d sessions before the sweep, want 3", n)
	}
	sweep(2)
	if n := open(); n != 1 {
		t.Errorf("%d sessions after the sweep, want the other guardian's", n)
	}
	if n, err := v.as(scope.Staff, leader, "select 1 where app.sweep_access() > 0"); n != 0 || err != nil {
		t.Errorf("somebody else than the program swept: %d, %v", n, err)
	}
}

// V1, V6, V14: what one institution's head has opened is not open at another, and a child that comes back is opened anew.
func TestAccessIsPerInstitution(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.enrol(t, v.child, v.school, nil)
	const places = "select 1 from app.institutions"
	v.touches(t, 1, "the kindergarten's", scope.Guardian, v.mother, places)
	v.open(t, v.child, v.school)
	v.touches(t, 2, "both", scope.Guardian, v.mother, places)
	head := v.employ(t, "head", &v.school, nil)
	v.touches(t, 2, "the school's head sees the school's", scope.Staff, head, "select 1 from app.guardianship_access")
	v.touches(t, 0, "and changes no other", scope.Staff, head,
		"update app.guardianship_access set status = 'inactive', changed_by = $2 where institution_id = $1", v.kindergarten, head)
	v.leave(t, v.child, v.kindergarten)
	v.touches(t, 1, "the school's", scope.Guardian, v.mother, places)
	v.exec(t, `update app.enrolments set ended_at = null where institution_id = $1`, v.kindergarten)
	v.touches(t, 1, "what came back is closed", scope.Guardian, v.mother, places)
	v.open(t, v.child, v.kindergarten)
	v.touches(t, 2, "until it is opened", scope.Guardian, v.mother, places)
	v.exec(t, `update app.guardianship_access set status = 'suspended' where guardian_id = $1`, v.mother)
	v.exec(t, `update app.guardianships set ended_at = now() where guardian_id = $1`, v.mother)
	v.exec(t, `update app.guardianships set ended_at = null where guardian_id = $1`, v.mother)
	v.touches(t, 2, "what was suspended is suspended", scope.Staff, v.employ(t, "owner", nil, nil),
		"select 1 from app.guardianship_access where guardian_id = $1 and status = 'suspended'", v.mother)
}

// B8: two people lift a restriction, each in their own name and one after the other; the database holds it by itself.
func TestDatabaseWantsTwoToLift(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	one, two := v.employ(t, "head", &v.kindergarten, nil), v.employ(t, "head", &v.kindergarten, nil)
	v.exec(t, `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, $2, $2, $3, 'no_access', now(), '\x01', 1, $4, now())`, v.here, v.child, v.mother, one)
	v.touches(t, 0, "the mother", scope.Guardian, v.mother, "select 1 from app.persons where id = $1", v.child)
	for what, sql := range map[string]string{
		"alone":                 "update app.restrictions set lifted_by = $1, lifted_at = now()",
		"both at once":          "update app.restrictions set lifting_proposed_by = $2, lifting_proposed_at = now(), lifted_by = $1, lifted_at = now()",
		"in another's name":     "update app.restrictions set lifting_proposed_by = $2, lifting_proposed_at = now() where $1::uuid is not null",
		"by moving it to a day": "update app.restrictions set until = now() where $1::uuid <> $2::uuid",
	} {
		args := []any{one, two}
		if what == "alone" {
			args = args[:1]
		}
		if _, err := v.as(scope.Staff, one, sql, args...); !violates(err, "23514", "two_people_lift") && !violates(err, "42501", "") {
			t.Errorf("%s: %v", what, err)
		}
	}
	v.touches(t, 1, "one proposes", scope.Staff, one, "update app.restrictions set lifting_proposed_by = $1, lifting_proposed_at = now()", one)
	if _, err := v.as(scope.Staff, one, "update app.restrictions set lifted_by = $1, lifted_at = now()", one); !violates(err, "23514", "two_people_lift") {
		t.Errorf("one confirms what they proposed: %v", err)
	}
	v.touches(t, 1, "another confirms", scope.Staff, two, "update app.restrictions set lifted_by = $1, lifted_at = now()", two)
	v.touches(t, 1, "the mother again", scope.Guardian, v.mother, "select 1 from app.persons where id = $1", v.child)
}
