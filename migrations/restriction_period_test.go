package migrations_test

import (
	"context"
	"testing"

	"github.com/google/uuid"
)

// B8: a restriction holds from its first microsecond to the one before its last, by the clock of the transaction; what was lifted holds no more, and
// what somebody has only proposed to lift holds. Every kind alike.
func TestRestrictionHoldsToTheMicrosecond(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	for name, c := range map[string]struct {
		from, until string // from now
		step        string // what has been done about it
		holds       bool
	}{
		"begins this microsecond":   {"0", "1 day", "", true},
		"begins in a microsecond":   {"1 microsecond", "1 day", "", false},
		"began a microsecond ago":   {"-1 microsecond", "1 day", "", true},
		"ends in a microsecond":     {"-1 day", "1 microsecond", "", true},
		"ends this microsecond":     {"-1 day", "0", "", false},
		"ended a microsecond ago":   {"-1 day", "-1 microsecond", "", false},
		"has no end":                {"-1 day", "infinity", "", true},
		"somebody proposed to lift": {"-1 day", "1 day", "lifting_proposed_by = set_by, lifting_proposed_at = now()", true},
		"two people lifted":         {"-1 day", "1 day", "lifting_proposed_by = set_by, lifting_proposed_at = now(), lifted_by = person_id, lifted_at = now()", false},
	} {
		for _, kind := range []string{"no_access", "no_contact", "no_location", "no_photo", "no_pickup"} {
			tx, err := v.Admin.Begin(context.Background()) // whose now() stands still
			if err != nil {
				t.Fatal(err)
			}
			id := uuid.New()
			run := func(sql string, args ...any) {
				t.Helper()
				if _, err := tx.Exec(context.Background(), sql, args...); err != nil {
					t.Fatalf("%s: %v", name, err)
				}
			}
			run(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, until, reason_sealed, reason_key, set_by, set_at)
				values ($1, $2, $3, $4, $5, now() + $6::interval, case when $7 <> 'infinity' then now() + nullif($7, 'infinity')::interval end, '\x00', 1, $8, now())`,
				v.here, id, v.child, v.mother, kind, c.from, c.until, v.father)
			if c.step != "" {
				run("update app.restrictions set "+c.step+" where id = $1", id)
			}
			var holds bool
			if err := tx.QueryRow(context.Background(), "select exists (select from app.restrictions_now where id = $1)", id).Scan(&holds); err != nil {
				t.Fatal(err)
			}
			var sees bool
			if err := tx.QueryRow(context.Background(), "select exists (select from app.guardian_access where guardian_id = $1)", v.mother).Scan(&sees); err != nil {
				t.Fatal(err)
			}
			if holds != c.holds || sees == (c.holds && kind == "no_access") {
				t.Errorf("%s that %s: holds %t, want %t; the guardian has access: %t", kind, name, holds, c.holds, sees)
			}
			if err := tx.Rollback(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// B8: a proposal to lift a restriction can be confirmed until the microsecond before fourteen days have passed, by the clock of the transaction; the
// database holds that by itself, also against whoever dates a proposal of somebody else anew.
func TestProposalLapsesToTheMicrosecond(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	one, two := v.employ(t, "head", &v.kindergarten, nil), v.employ(t, "head", &v.kindergarten, nil)
	for name, c := range map[string]struct {
		age   string
		holds bool
	}{
		"a microsecond ago": {"1 microsecond", true}, "a microsecond before": {"14 days -1 microsecond", true}, "at the moment": {"14 days", false}, "a microsecond after": {"14 days 1 microsecond", false},
	} {
		for what, step := range map[string]string{
			"confirmed":           "update app.restrictions set lifted_by = $1, lifted_at = now() where id = $2",
			"dated anew":          "update app.restrictions set lifting_proposed_at = now() where id = $2 and $1::uuid is not null",
			"dated and confirmed": "update app.restrictions set lifting_proposed_at = now(), lifted_by = $1, lifted_at = now() where id = $2",
		} {
			tx, err := v.Admin.Begin(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			id := uuid.New()
			if _, err := tx.Exec(context.Background(), `insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at,
				lifting_proposed_by, lifting_proposed_at) values ($1, $2, $3, $4, 'no_access', now() - interval '1 year', '\x00', 1, $5, now(), $5, now() - $6::interval)`,
				v.here, id, v.child, v.mother, one, c.age); err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(context.Background(), "select set_config('budstikke.caller', 'staff', true), set_config('budstikke.person', $1, true), set_config('budstikke.municipality', $2, true)",
				two.String(), v.here.String()); err != nil {
				t.Fatal(err)
			}
			_, err = tx.Exec(context.Background(), step, two, id)
			if want := c.holds && what == "confirmed"; (err == nil) != want {
				t.Errorf("%s, %s: %v, want it done: %t", name, what, err, want)
			}
			if err != nil && !violates(err, "23514", "two_people_lift") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if err := tx.Rollback(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
}
