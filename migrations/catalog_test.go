package migrations_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
)

// rows reads one column of text.
func rows(t *testing.T, d *pgtest.Database, sql string, args ...any) []string {
	t.Helper()
	found, err := d.Admin.Query(context.Background(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	list, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return list
}

const ourSchemas = "('app', 'auth', 'notify', 'scope', 'audit')"

func tables(t *testing.T, d *pgtest.Database) []string {
	t.Helper()
	list := rows(t, d, `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in `+ourSchemas+` and c.relkind in ('r', 'p') and not c.relispartition order by 1`)
	if len(list) < 20 {
		t.Fatalf("only %d tables found", len(list))
	}
	return list
}

// oneMunicipality is what the restrictive policy of every table says, for reading and for writing.
const oneMunicipality = "(municipality_id = ( SELECT scope.municipality() AS municipality))"

// P2: a table without forced row-level security is a table that one forgotten condition opens to every municipality.
func TestEveryTableForcesRowLevelSecurity(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for _, name := range rows(t, d, `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in `+ourSchemas+` and c.relkind in ('r', 'p') and not (c.relrowsecurity and c.relforcerowsecurity)`) {
		t.Errorf("%s does not force row-level security", name)
	}
	for _, name := range rows(t, d, `select format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in `+ourSchemas+` and c.relkind in ('r', 'p') and not exists (
			select from pg_policy p where p.polrelid = c.oid and p.polname = 'one_municipality' and not p.polpermissive and p.polcmd = '*'
			  and pg_get_expr(p.polqual, p.polrelid) = $1 and pg_get_expr(p.polwithcheck, p.polrelid) = $1
			  and p.polroles = array['budstikke_api'::regrole::oid])`, oneMunicipality) {
		t.Errorf("%s has no restrictive policy that keeps municipalities apart, or one that says something else", name)
	}
}

// municipality_id leads every key, so that one municipality's rows cannot even collide with another's: a unique violation would tell.
func TestMunicipalityLeadsEveryKey(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for _, key := range rows(t, d, `
		select format('%s on %s', i.relname, x.indrelid::regclass) from pg_index x join pg_class i on i.oid = x.indexrelid
		join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace
		left join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]
		where n.nspname in `+ourSchemas+` and x.indisunique and a.attname is distinct from 'municipality_id'
		  and i.relname <> 'municipalities_slug_key'`) { // the list of municipalities itself is what a slug must be unique in
		t.Errorf("unique key %s does not begin with municipality_id", key)
	}
	for _, key := range rows(t, d, `
		select format('%s on %s', k.conname, k.conrelid::regclass) from pg_constraint k
		join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
		join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
		where n.nspname in `+ourSchemas+` and k.contype = 'f' and a.attname <> 'municipality_id'`) {
		t.Errorf("foreign key %s does not begin with municipality_id", key)
	}
}

func TestApplicationRolesOwnNothingAndCannotBypass(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	roles := "('budstikke_api', 'budstikke_worker', 'budstikke_access')"
	for _, role := range rows(t, d, `select rolname from pg_roles where rolname in `+roles+` and (rolsuper or rolbypassrls or rolcanlogin or rolcreaterole or rolcreatedb)`) {
		t.Errorf("%s may do more than it should", role)
	}
	for _, owned := range rows(t, d, `select format('%s %s', r.rolname, c.oid::regclass) from pg_class c join pg_roles r on r.oid = c.relowner where r.rolname in `+roles+`
		and not (c.relkind = 'v' and c.oid::regclass::text in `+answering+` and c.reloptions @> array['security_barrier=true'])`) {
		t.Errorf("owned: %s", owned)
	}
	for _, f := range rows(t, d, `select p.oid::regprocedure::text from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_roles r on r.oid = p.proowner
		where n.nspname in `+ourSchemas+` and p.prosecdef and (r.rolname <> 'budstikke_access' or not coalesce(p.proconfig, '{}') @> array['search_path=""']
			or has_function_privilege('public', p.oid, 'execute'))`) {
		t.Errorf("%s runs with more rights than its caller and is not fenced in: owner, search_path or public execution", f)
	}
	for _, v := range rows(t, d, `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in `+ourSchemas+` and c.relkind in ('v', 'm') and not coalesce(c.reloptions, '{}') @> array['security_invoker=true']
		and c.oid::regclass::text not in `+answering) {
		t.Errorf("view %s shows what its owner sees", v)
	}
	for _, table := range rows(t, d, `select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
		where n.nspname in ('app', 'auth') and c.relkind in ('r', 'p', 'v') and has_table_privilege('budstikke_worker', c.oid, 'select, insert, update, delete')`) {
		t.Errorf("the worker may touch %s", table)
	}
}

// answering are the views that policies, or a caller for one list, ask about other tables. They read with the rights of budstikke_access, which owns them, and say by
// themselves for whom they answer (TestViewsThatPoliciesAskAnswerForTheCaller, TestViewsOfOneCallerShowWhatThePoliciesShow).
const answering = "('app.pupils_now', 'app.guardianships_met', 'app.persons_met', 'app.family_children', 'app.own_absences', 'app.headed_guardianships', " +
	"'app.headed_pupils', 'app.headed_access')"

// unread turns the refusal to read into nothing for the tables that the API never reads: the work of the gateway. That it may be read is the error.
func unread(table string, err error) error {
	var refused *pgconn.PgError
	switch {
	case table != "notify.parcels" && table != "notify.awaited_receipts":
		return err
	case errors.As(err, &refused) && refused.Code == "42501":
		return nil
	}
	return fmt.Errorf("the API may read it (%w)", err)
}

// P2: without a scope there is nothing, and in the scope of one municipality nothing of another, for every table and every kind of caller,
// whoever they are. Every table has rows of both municipalities, so that there is something to be seen.
func TestNoScopeShowsNothingAndOneShowsOnlyItsOwn(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	here, elsewhere := uuid.New(), uuid.New()
	for _, m := range []uuid.UUID{here, elsewhere} {
		seedMunicipality(t, d, m)
		seedEveryTable(t, d, m)
	}
	persons := rows(t, d, `select id::text from app.persons`) // those of both, since ids are all that a caller could borrow
	for _, table := range tables(t, d) {
		for _, m := range []uuid.UUID{here, elsewhere} {
			if got := rows(t, d, "select '' from "+table+" where municipality_id = $1", m); len(got) == 0 {
				t.Fatalf("%s has no row to hide: add one to seeds", table)
			}
		}
		var n int
		err := unread(table, d.API.Pool().QueryRow(ctx, "select count(*) from "+table).Scan(&n))
		if err != nil || n != 0 {
			t.Errorf("%s without a scope: %d rows, %v", table, n, err)
		}
		for _, caller := range []scope.Caller{scope.Guardian, scope.Staff, scope.Applicant, scope.SignIn, scope.Machine, scope.Register, "nobody"} {
			for _, person := range append([]string{""}, persons...) {
				if err := unread(table, in(d, here, caller, person, func(tx *scope.Tx) error {
					return tx.QueryRow(ctx, "select count(*) from "+table+" where municipality_id <> $1", here).Scan(&n)
				})); err != nil || n != 0 {
					t.Errorf("%s as %s: %d rows of another municipality, %v", table, caller, n, err)
				}
			}
			for _, write := range []string{
				"insert into " + table + " (municipality_id) values ($1)",
				"update " + table + " set municipality_id = $1",
				"delete from " + table + " where municipality_id = $1",
			} {
				var touched int64
				err = d.API.WithScope(ctx, scope.Of(here, caller), func(tx *scope.Tx) error {
					tag, err := tx.Exec(ctx, write, elsewhere)
					touched = tag.RowsAffected()
					return err
				})
				var refused *pgconn.PgError
				if touched != 0 || err != nil && !(errors.As(err, &refused) && refused.Code == "42501") {
					t.Errorf("%s as %s, %s …: %d rows, %v", table, caller, strings.Fields(write)[0], touched, err)
				}
			}
		}
	}
}

// in runs fn in the scope of a municipality as a kind of caller, and as a person unless that is empty.
func in(d *pgtest.Database, m uuid.UUID, caller scope.Caller, person string, fn func(tx *scope.Tx) error) error {
	ctx := context.Background()
	return d.API.WithScope(ctx, scope.Of(m, caller), func(tx *scope.Tx) error {
		if person != "" {
			if _, err := tx.Exec(ctx, "select scope.open($1, $2::text::uuid, $3)", m, person, string(caller)); err != nil {
				return err
			}
		}
		return fn(tx)
	})
}

// seeds put a row into every table that seedMunicipality leaves empty. A file that tests the tables of one noun adds its own in init; they run
// after these, in the order of the names of the files.
var seeds = []string{
	`insert into app.groups select municipality_id, gen_random_uuid(), id, 'G', now() from app.institutions where municipality_id = $1`,
	`insert into app.staff_roles (municipality_id, id, person_id, institution_id, role, created_at)
		select i.municipality_id, gen_random_uuid(), g.guardian_id, i.id, 'head', now() from app.institutions i join app.guardianships g using (municipality_id)
		where municipality_id = $1`,
	`insert into app.guardianship_decisions select municipality_id, gen_random_uuid(), id, 'active', '', guardian_id, now() from app.guardianships
		where municipality_id = $1`,
	`insert into app.applications (municipality_id, id, person_id, locale, created_at)
		select municipality_id, gen_random_uuid(), guardian_id, 'sv', now() from app.guardianships where municipality_id = $1`,
	`insert into app.register_records (municipality_id, source, noun, source_id, row_id, imported_at)
		select municipality_id, 'lists', 'person', '1', guardian_id, now() from app.guardianships where municipality_id = $1`,
	`insert into app.imports values ($1, gen_random_uuid(), 'lists', 'f', '\x01', '{}', now())`,
	`insert into app.absences (municipality_id, id, child_id, institution_id, starts_on, ends_on, reason, reported_by, created_at, updated_at)
		select g.municipality_id, gen_random_uuid(), g.child_id, i.id, current_date, current_date, 'illness', g.guardian_id, now(), now()
		from app.guardianships g join app.institutions i using (municipality_id) where municipality_id = $1`,
	`insert into app.conversations
		select g.municipality_id, gen_random_uuid(), g.child_id, g.guardian_id, i.id, now(), now()
		from app.guardianships g join app.institutions i using (municipality_id) where municipality_id = $1`,
	`insert into app.messages (municipality_id, id, conversation_id, author_id, author_side, author_name, text, created_at)
		select municipality_id, gen_random_uuid(), id, guardian_id, 'guardian', 'C D', 'x', now() from app.conversations where municipality_id = $1`,
	`insert into app.alerts
		select r.municipality_id, gen_random_uuid(), r.institution_id, 'closure', 'x', r.person_id, now() from app.staff_roles r where municipality_id = $1`,
	`insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at) values ($1, '\x01', '\x01', now())`,
	`insert into auth.accounts select municipality_id, gen_random_uuid(), guardian_id, 'guardian', now() from app.guardianships where municipality_id = $1`,
	`insert into auth.passwords (municipality_id, account_id, username, password_hash, totp_sealed, totp_key, changed_at)
		select municipality_id, id, 'somebody', 'x', '\x01', 1, now() from auth.accounts where municipality_id = $1`,
	`insert into auth.attempts values ($1, '\x01', 1, now(), now())`,
	`insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		select municipality_id, gen_random_uuid(), '\x01', 'guardian', person_id, id, true, now(), now() + interval '1 hour' from auth.accounts
		where municipality_id = $1`,
	`insert into auth.bankid_orders values ($1, gen_random_uuid(), '\x01', 'o', 't', 's', now())`,
	`insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, created_at, registered_at)
		select municipality_id, gen_random_uuid(), guardian_id, 'push', 'fcm', 'device', 'sv', now(), now() from app.guardianships where municipality_id = $1`,
	`insert into notify.attempts select municipality_id, id, 1, 1, 'accepted', 200, '', now() from notify.deliveries where municipality_id = $1`,
}

func seedEveryTable(t *testing.T, d *pgtest.Database, m uuid.UUID) {
	t.Helper()
	for _, sql := range seeds {
		if _, err := d.Admin.Exec(context.Background(), sql, m); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// seedMunicipality puts a row into the tables that stand for most of the data.
func seedMunicipality(t *testing.T, d *pgtest.Database, m uuid.UUID) {
	t.Helper()
	child, guardian, institution, event := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	for _, s := range []struct {
		sql  string
		args []any
	}{
		{`insert into app.municipalities values ($1, 'm-' || left($2, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, []any{m, m.String()}},
		{`insert into app.institutions values ($1, $2, 'school', 'municipal', '1', 'School', now())`, []any{m, institution}},
		{`insert into app.persons (municipality_id, id, given_name, family_name, created_at) values ($1, $2, 'A', 'B', now()), ($1, $3, 'C', 'D', now())`, []any{m, child, guardian}},
		{`insert into app.enrolments (municipality_id, id, child_id, institution_id, created_at) values ($1, $2, $3, $4, now())`, []any{m, uuid.New(), child, institution}},
		{`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, created_at) values ($1, $2, $3, $4, true, 'legal', now())`, []any{m, uuid.New(), child, guardian}},
		{`update app.guardianships set status = 'active' where municipality_id = $1`, []any{m}},
		{`insert into notify.events values ($1, $2, 'message_posted', 'routine', $2, now(), now() + interval '1 h')`, []any{m, event}},
		{`insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, channel, state, created_at)
			values ($1, $2, $3, 'routine', $4, 'child', $5, 'in_app', 'sent', now())`, []any{m, uuid.New(), event, guardian, child}},
	} {
		if _, err := d.Admin.Exec(context.Background(), s.sql, s.args...); err != nil {
			t.Fatalf("%s: %v", s.sql, err)
		}
	}
}

// V20: the database refuses a routine SMS, whoever writes it.
func TestDatabaseRefusesRoutineSMS(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	m := uuid.New()
	seedMunicipality(t, d, m)
	_, err := d.Admin.Exec(ctx, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, verified_at, created_at, registered_at)
		select $1, $2, guardian_id, 'sms', 'twilio', '+46701740605', 'sv', 'active', now(), now(), now() from app.guardianships where municipality_id = $1`, m, uuid.New())
	if err != nil {
		t.Fatal(err)
	}
	insert := `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, channel, provider, endpoint_id, created_at)
		select e.municipality_id, $2, e.id, $3, p.person_id, 'child', p.person_id, 'sms', 'twilio', p.id, now()
		from notify.events e join notify.endpoints p using (municipality_id) where municipality_id = $1`
	for urgency, constraint := range map[string]string{
		"routine":  "sms_needs_a_critical_event",
		"critical": "deliveries_are_of_an_event", // the event it would name is a routine one
	} {
		_, err := d.Admin.Exec(ctx, insert, m, uuid.New(), urgency)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.ConstraintName != constraint {
			t.Errorf("an SMS that calls itself %s: %v, want constraint %s", urgency, err, constraint)
		}
	}
	_, err = d.Admin.Exec(ctx, `update notify.events set urgency = 'critical' where municipality_id = $1`, m)
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		t.Errorf("a message was made critical: %v", err)
	}
}

// V1: nobody can bring a guardianship into the world active, and an import cannot open one.
func TestImportsNeverGrant(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	m := uuid.New()
	seedMunicipality(t, d, m)
	if _, err := d.Admin.Exec(ctx, "update app.guardianships set status = 'inactive'"); err != nil {
		t.Fatal(err)
	}
	err := d.API.WithScope(ctx, scope.Of(m, scope.Register), func(tx *scope.Tx) error {
		_, err := tx.Exec(ctx, "update app.guardianships set status = 'active'")
		return err
	})
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || refused.ConstraintName != "imports_never_grant" {
		t.Errorf("an import opened a guardianship: %v", err)
	}
	_, err = d.Admin.Exec(ctx, `insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, status, created_at)
		select municipality_id, $1, guardian_id, child_id, true, 'legal', 'active', now() from app.guardianships`, uuid.New())
	if !errors.As(err, &refused) || refused.ConstraintName != "imports_never_grant" {
		t.Errorf("a guardianship came into being active: %v", err)
	}
}

func TestMigrationsAreAppliedOnceAndChecked(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	ctx := context.Background()
	conn, err := d.Admin.Acquire(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	again, err := migrations.Up(ctx, conn.Conn())
	if err != nil || len(again) != 0 {
		t.Fatalf("applied again: %v, %v", again, err)
	}
	if err := migrations.Current(ctx, d.API.Pool()); err != nil {
		t.Errorf("as the API: %v", err)
	}
	if err := migrations.Current(ctx, d.Worker.Pool()); err != nil {
		t.Errorf("as the worker: %v", err)
	}
	if _, err := conn.Exec(ctx, "update public.schema_migrations set checksum = 'x' where number = 1"); err != nil {
		t.Fatal(err)
	}
	if _, err := migrations.Up(ctx, conn.Conn()); !errors.Is(err, migrations.ErrChanged) {
		t.Errorf("a changed file: %v, want ErrChanged", err)
	}
	if _, err := conn.Exec(ctx, "insert into public.schema_migrations values (9999, 'later', 'x'); update public.schema_migrations set checksum = 'x'"); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Current(ctx, conn); !errors.Is(err, migrations.ErrNewerSchema) {
		t.Errorf("a newer schema: %v, want ErrNewerSchema", err)
	}
}
