package migrations_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
)

// village is a municipality with a kindergarten of two groups and a school. One child, in the kindergarten's first group, has two guardians
// with access.
type village struct {
	*pgtest.Database
	here                 uuid.UUID
	kindergarten, school uuid.UUID
	bees, ants           uuid.UUID // the kindergarten's groups
	child                uuid.UUID
	mother, father       uuid.UUID
}

func newVillage(t *testing.T) *village {
	t.Helper()
	v := &village{Database: pgtest.New(t), here: uuid.New(), kindergarten: uuid.New(), school: uuid.New(), bees: uuid.New(), ants: uuid.New()}
	v.exec(t, `insert into app.municipalities values ($1, 'm-' || left($2, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, v.here, v.here.String())
	v.exec(t, `insert into app.institutions (municipality_id, id, kind, national_number, name, created_at)
		values ($1, $2, 'kindergarten', '1', 'K', now()), ($1, $3, 'school', '2', 'S', now())`, v.here, v.kindergarten, v.school)
	v.exec(t, `insert into app.groups (municipality_id, id, institution_id, name, created_at)
		values ($1, $2, $4, 'Bees', now()), ($1, $3, $4, 'Ants', now())`, v.here, v.bees, v.ants, v.kindergarten)
	v.child = v.person(t)
	v.enrol(t, v.child, v.kindergarten, &v.bees)
	v.mother, v.father = v.guardian(t, v.child), v.guardian(t, v.child)
	return v
}

func (v *village) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := v.Admin.Exec(context.Background(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func (v *village) person(t testing.TB) uuid.UUID {
	t.Helper()
	id := uuid.New()
	v.exec(t, `insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now())`, v.here, id)
	return id
}

func (v *village) enrol(t testing.TB, child, institution uuid.UUID, group *uuid.UUID) {
	t.Helper()
	v.exec(t, `insert into app.enrolments (municipality_id, id, child_id, institution_id, group_id, created_at)
		values ($1, $2, $3, $4, $5, now())`, v.here, uuid.New(), child, institution, group)
}

// open gives every guardian of a child access at an institution, as its head would (V6).
func (v *village) open(t testing.TB, child, institution uuid.UUID) {
	t.Helper()
	v.exec(t, `update app.guardianship_access set status = 'active' where child_id = $1 and institution_id = $2`, child, institution)
}

// leave ends what a child has at an institution (V14).
func (v *village) leave(t testing.TB, child, institution uuid.UUID) {
	t.Helper()
	v.exec(t, `update app.enrolments set ended_at = now() where child_id = $1 and institution_id = $2`, child, institution)
}

// guardian makes an active guardian of a child.
func (v *village) guardian(t testing.TB, child uuid.UUID) uuid.UUID {
	t.Helper()
	id := v.person(t)
	v.exec(t, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at)
		values ($1, $2, $3, $4, true, 'legal', now())`, v.here, uuid.New(), child, id)
	v.exec(t, `update app.guardianships set status = 'active' where guardian_id = $1`, id)
	return id
}

func (v *village) employ(t testing.TB, role string, institution, group *uuid.UUID) uuid.UUID {
	t.Helper()
	id := v.person(t)
	v.exec(t, `insert into app.staff_roles (municipality_id, id, person_id, institution_id, group_id, role, created_at)
		values ($1, $2, $3, $4, $5, $6, now())`, v.here, uuid.New(), id, institution, group, role)
	return id
}

func (v *village) absence(t testing.TB, by uuid.UUID, sensitive bool) uuid.UUID {
	t.Helper()
	id := uuid.New()
	v.exec(t, `insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, note, note_sensitive,
			reported_by, created_at, updated_at)
		values ($1, $2, $3, $4, current_date, current_date, 'illness', 'words', $5, $6, now(), now())`,
		v.here, id, v.child, v.kindergarten, sensitive, by)
	return id
}

func (v *village) alert(t testing.TB, institution, by uuid.UUID) uuid.UUID {
	t.Helper()
	id := uuid.New()
	v.exec(t, `insert into app.alerts (municipality_id, id, institution_id, situation, text, raised_by, raised_at)
		values ($1, $2, $3, 'closure', 'x', $4, now())`, v.here, id, institution, by)
	return id
}

// conversation makes a thread of a guardian about the child, with one message.
func (v *village) conversation(t testing.TB, guardian, institution uuid.UUID) uuid.UUID {
	t.Helper()
	id := uuid.New()
	v.exec(t, `insert into app.conversations (municipality_id, id, child_id, guardian_id, institution_id, created_at, last_message_at)
		values ($1, $2, $3, $4, $5, now(), now())`, v.here, id, v.child, guardian, institution)
	v.exec(t, `insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, created_at)
		values ($1, $2, $3, $4, 'guardian', 'A B', 'words', now())`, v.here, uuid.New(), id, guardian)
	return id
}

// as runs one statement as the API would for a person, and returns how many rows it touched.
func (v *village) as(caller scope.Caller, person uuid.UUID, sql string, args ...any) (rows int64, err error) {
	err = v.within(caller, person, func(ctx context.Context, tx *scope.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

func (v *village) within(caller scope.Caller, person uuid.UUID, fn func(ctx context.Context, tx *scope.Tx) error) error {
	ctx := context.Background()
	return v.API.WithScope(ctx, scope.Of(v.here, caller), func(tx *scope.Tx) error {
		if _, err := tx.Exec(ctx, "select scope.open($1, $2, $3)", v.here, person, string(caller)); err != nil {
			return err
		}
		return fn(ctx, tx)
	})
}

// touches fails the test unless the statement touches that many rows of what the person may reach.
func (v *village) touches(t testing.TB, want int64, what string, caller scope.Caller, person uuid.UUID, sql string, args ...any) {
	t.Helper()
	if got, err := v.as(caller, person, sql, args...); err != nil || got != want {
		t.Errorf("%s: %d rows, %v; want %d", what, got, err, want)
	}
}

// refused fails the test unless the database refuses the statement by row-level security or a missing grant.
func (v *village) refused(t testing.TB, what string, caller scope.Caller, person uuid.UUID, sql string, args ...any) {
	t.Helper()
	_, err := v.as(caller, person, sql, args...)
	if !violates(err, "42501", "") {
		t.Errorf("%s: %v, want it refused", what, err)
	}
}

func violates(err error, code, constraint string) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == code && pg.ConstraintName == constraint
}
