package migrations_test

import (
	"context"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// Views that read with more rights than the caller have to say themselves whose question they answer (P2, B8).
func TestViewsThatPoliciesAskAnswerForTheCaller(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	employee, elsewhere, stranger := v.employ(t, "employee", &v.kindergarten, &v.ants), v.employ(t, "head", &v.school, nil), v.person(t)
	for view, seen := range map[string]int64{
		"app.pupils_now where child_id = $1":         1,
		"app.guardianships_met where child_id = $1":  2,
		"app.persons_met where id = $1":              1,
		"app.persons_met where id in ($2, $3, $1)":   3,
		"app.pupils_now where municipality_id <> $4": 0,
	} {
		args := []any{v.child, v.mother, v.father, v.here}
		sql := "select from " + view + " and $1::uuid is not null and $2::uuid is not null and $3::uuid is not null and $4::uuid is not null"
		v.touches(t, seen, view, scope.Staff, employee, sql, args...)
		v.touches(t, 0, view+", of another institution", scope.Staff, elsewhere, sql, args...)
		v.touches(t, 0, view+", a guardian", scope.Guardian, v.mother, sql, args...)
		v.touches(t, 0, view+", somebody who is no staff", scope.Staff, stranger, sql, args...)
		var n int
		if err := v.API.Pool().QueryRow(context.Background(), "select count(*) from "+view+
			" and $1::uuid is not null and $2::uuid is not null and $3::uuid is not null and $4::uuid is not null", args...).Scan(&n); err != nil || n != 0 {
			t.Errorf("%s without a scope: %d rows, %v", view, n, err)
		}
	}
	v.exec(t, "update app.persons set protected_identity = 'protected' where id = $1", v.child)
	v.touches(t, 0, "a protected child of another group", scope.Staff, employee, "select from app.pupils_now where child_id = $1", v.child)
}

// What is remembered of one person is nothing to the next one, nor to nobody (P2).
func TestAnotherPersonInTheSameTransactionHasNothingOfTheFirst(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	employee := v.employ(t, "employee", &v.kindergarten, nil)
	stranger := v.person(t)
	for _, then := range []struct {
		what   string
		caller string
		person *uuid.UUID
	}{
		{"another guardian", "guardian", &stranger},
		{"another employee", "staff", &stranger},
		{"the same person as staff", "staff", &v.mother},
		{"nobody", "", nil},
		{"no guardian in particular", "guardian", nil},
	} {
		for first, caller := range map[uuid.UUID]scope.Caller{v.mother: scope.Guardian, employee: scope.Staff} {
			if err := v.within(caller, first, func(ctx context.Context, tx *scope.Tx) error {
				var before, after int
				const count = "select count(*) from app.persons where id = $1"
				if err := tx.QueryRow(ctx, count, v.child).Scan(&before); err != nil {
					return err
				}
				if _, err := tx.Exec(ctx, "select scope.open($1, $2, $3)", v.here, then.person, then.caller); err != nil {
					return err
				}
				if err := tx.QueryRow(ctx, count, v.child).Scan(&after); err != nil {
					return err
				}
				if before != 1 || after != 0 {
					t.Errorf("%s after a %s: sees the child %d times, the first %d times", then.what, caller, after, before)
				}
				return nil
			}); err != nil {
				t.Errorf("%s after a %s: %v", then.what, caller, err)
			}
		}
	}
}
