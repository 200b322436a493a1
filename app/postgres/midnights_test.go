package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"budstikke.example/app"
	"budstikke.example/app/register"
)

// changes are days around changes of clocks, each with the moments in which it begins and is over where the place is.
var changes = []struct{ zone, day, begins, over string }{
	{"Europe/Oslo", "2027-03-28", "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z"},     // 23 hours
	{"Europe/Oslo", "2027-10-31", "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z"},     // 25 hours
	{"Europe/Helsinki", "2027-03-28", "2027-03-27T22:00:00Z", "2027-03-28T21:00:00Z"}, // an hour before Oslo's
	{"Europe/Helsinki", "2027-10-31", "2027-10-30T21:00:00Z", "2027-10-31T22:00:00Z"},
	{"Atlantic/Reykjavik", "2027-03-28", "2027-03-28T00:00:00Z", "2027-03-29T00:00:00Z"}, // never
	{"America/Nuuk", "2027-03-27", "2027-03-27T02:00:00Z", "2027-03-28T01:00:00Z"},       // on Saturday at 22 o'clock
	{"America/Nuuk", "2027-10-30", "2027-10-30T01:00:00Z", "2027-10-31T02:00:00Z"},       // on Sunday at midnight, back to Saturday
	{"Atlantic/Azores", "2027-03-28", "2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"},    // a day without a midnight
	{"Atlantic/Azores", "2027-10-30", "2027-10-30T00:00:00Z", "2027-10-31T00:00:00Z"},    // the midnight after it comes twice
	{"Atlantic/Azores", "2027-10-31", "2027-10-31T00:00:00Z", "2027-11-01T01:00:00Z"},    // it begins twice
}

// V11, V14, B12: in one database, a place and a role in Oslo, Helsinki, Reykjavik, Nuuk and on the Azores begin and are over at the midnights there,
// whatever the zone of the server and of the program, which pgtest puts elsewhere. A zone is the municipality's: none of them lies in two.
func TestMidnightsAreThoseOfThePlace(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	if zone := one[string](t, r, "select current_setting('timezone')"); zone != "UTC" || time.Now().Location().String() == "UTC" {
		t.Fatalf("the sessions' zone is %s and the program's %s", zone, time.Now().Location())
	}
	for i, c := range changes {
		r.found(t, fmt.Sprint("midnight-", i))
		r.exec(t, "update app.municipalities set time_zone = $2 where municipality_id = $1", r.here, c.zone)
		day, err := time.Parse(time.DateOnly, c.day)
		if err != nil {
			t.Fatal(err)
		}
		file := village(t, "days", "", 0)
		file.Enrolments[0].From, file.Enrolments[0].Until = day, day
		file.Persons = append(file.Persons, register.Person{SourceID: "s", GivenName: "Anställd", FamilyName: "Ek", NationalID: number(t, 1985, 1985, 20)},
			register.Person{SourceID: "v", GivenName: "Vikarie", FamilyName: "Ek", NationalID: number(t, 1985, 1985, 21)})
		file.StaffRoles = []register.StaffRole{
			{PersonSourceID: "s", InstitutionSourceID: "ekorren", Role: register.RoleEmployee, From: day, Until: day},
			{PersonSourceID: "v", InstitutionSourceID: "ekorren", Role: register.RoleSubstitute, From: day},
		}
		r.exec(t, "update app.municipalities set substitute_days = 1 where municipality_id = $1", r.here)
		r.take(t, "lists", file)
		for what, sql := range map[string]string{
			"the place":         "select starts_at, ended_at from app.enrolments where municipality_id = $1",
			"the role":          "select starts_at, ended_at from app.staff_roles where municipality_id = $1 and role = 'employee'",
			"the substitute's":  "select starts_at, ended_at from app.staff_roles where municipality_id = $1 and role = 'substitute'",
			"by the database":   "select app.day_begins($2::date, time_zone), app.day_begins($2::date + 1, time_zone) from app.municipalities where municipality_id = $1",
			"as a head says it": "select $2::timestamptz, $3::timestamptz where $1::uuid is not null",
		} {
			args := []any{r.here}
			switch what {
			case "by the database":
				args = append(args, day)
			case "as a head says it":
				zone, err := time.LoadLocation(c.zone)
				if err != nil {
					t.Fatal(err)
				}
				own := app.DayOf(day)
				role, err := app.EnterRole(app.StaffEntry{Role: "employee", FirstDay: &own, LastDay: &own}, zone, day.AddDate(0, 0, -30))
				if err != nil {
					t.Fatal(err)
				}
				args = append(args, role.StartsAt, role.EndsAt)
			}
			var begins, over time.Time
			if err := r.Admin.QueryRow(r.ctx, sql, args...).Scan(&begins, &over); err != nil {
				t.Fatal(err)
			}
			if b, o := begins.Format(time.RFC3339), over.Format(time.RFC3339); b != c.begins || o != c.over {
				t.Errorf("%s, %s, %s: from %s to %s, want %s to %s", c.zone, c.day, what, b, o, c.begins, c.over)
			}
		}
	}
}

// The program and the database agree about the beginning of every day of twenty years, in every zone that matters and in those that are odd.
func TestDaysBeginAlikeInTheDatabase(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	for _, name := range []string{"Europe/Oslo", "Europe/Helsinki", "Atlantic/Reykjavik", "America/Nuuk", "Atlantic/Azores", "America/Havana", "America/Sao_Paulo", "Africa/Cairo", "Antarctica/Troll"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := r.Admin.Query(r.ctx, "select d::date, app.day_begins(d::date, $1) from generate_series(timestamp '2004-01-01', '2023-12-31', '1 day') d", name)
		if err != nil {
			t.Fatal(err)
		}
		days := 0
		for ; rows.Next(); days++ {
			var day, begins time.Time
			if err := rows.Scan(&day, &begins); err != nil {
				t.Fatal(err)
			}
			if want := app.DayOf(day).Begins(zone); !begins.Equal(want) {
				t.Errorf("%s, %s: the database says %s, the program %s", name, day.Format(time.DateOnly), begins, want.UTC())
			}
		}
		if err := rows.Err(); err != nil || days < 7000 {
			t.Fatalf("%s: %d days, %v", name, days, err)
		}
	}
}

// serversDay is what would take a day or an hour from whatever zone the session is in.
var serversDay = regexp.MustCompile(`(?i)current_date|current_time\b|localtime|\b(now|clock_timestamp|statement_timestamp)\(\)::date|date_trunc\('(hour|day|week|month|year)', *(now|clock_timestamp)\(\)|\b(timestamptz|moment|_at)::date`)

// No function, view, policy, default, check or query of the program takes a day from the zone of the session.
func TestNothingAsksForTheServersDay(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	rows, err := r.Admin.Query(r.ctx, `
		select p.oid::regprocedure::text, p.prosrc from pg_proc p where p.pronamespace::regnamespace::text in ('app', 'auth', 'notify', 'audit', 'scope')
		union all select c.oid::regclass::text, pg_get_viewdef(c.oid) from pg_class c where c.relkind in ('v', 'm') and c.relnamespace::regnamespace::text in ('app', 'auth', 'notify', 'audit')
		union all select tablename || '.' || policyname, concat(qual, ' ', with_check) from pg_policies where schemaname in ('app', 'auth', 'notify', 'audit')
		union all select conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'c' and connamespace::regnamespace::text in ('app', 'auth', 'notify', 'audit')
		union all select adrelid::regclass::text, pg_get_expr(adbin, adrelid) from pg_attrdef`)
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	for ; rows.Next(); looked++ {
		var name, source string
		if err := rows.Scan(&name, &source); err != nil {
			t.Fatal(err)
		}
		if found := serversDay.FindString(source); found != "" {
			t.Errorf("%s asks for %q", name, found)
		}
	}
	if err := rows.Err(); err != nil || looked < 300 {
		t.Fatalf("%d sources: %v", looked, err)
	}
	files := 0
	for _, dir := range []string{"queries", "../../auth/store/queries", "../../notify/outbox/queries"} {
		found, err := filepath.Glob(filepath.Join(dir, "*.sql"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range found {
			source, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if asks := serversDay.FindString(string(source)); asks != "" {
				t.Errorf("%s asks for %q", name, asks)
			}
			files++
		}
	}
	if files < 20 {
		t.Fatalf("%d files of queries", files)
	}
}
