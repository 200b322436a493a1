package postgres_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/migrations/scope"
)

func number(t testing.TB, from, to, serial int) nationalid.Number {
	t.Helper()
	n, err := nationalid.SyntheticBorn(nationalid.Norway, from, to, serial)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// village is a complete file of one kindergarten: children c0, c1 …, each with a guardian g0, g1 … who has custody. id prefixes every source
// id, so that two registers can name the same people differently.
func village(t testing.TB, file, id string, children ...int) register.Roster {
	t.Helper()
	r := register.Roster{Source: file, Coverage: map[register.Noun]register.Coverage{}}
	for _, noun := range register.Nouns() {
		r.Coverage[noun] = register.CoverageFull
	}
	r.Institutions = []register.Institution{{SourceID: id + "ekorren", Kind: register.Kindergarten, Ownership: register.Municipal, NationalNumber: "BK-101", Name: "Ekorren"}}
	r.Groups = []register.Group{{SourceID: id + "kotten", InstitutionSourceID: id + "ekorren", Name: "Kotten", Kind: register.Department}}
	for _, n := range children {
		child, guardian := fmt.Sprintf("%sc%d", id, n), fmt.Sprintf("%sg%d", id, n)
		r.Persons = append(r.Persons,
			register.Person{SourceID: child, GivenName: "Barn", FamilyName: fmt.Sprint("Ek", n), NationalID: number(t, 2019, 2019, n)},
			register.Person{SourceID: guardian, GivenName: "Vuxen", FamilyName: fmt.Sprint("Ek", n), NationalID: number(t, 1985, 1985, n), Email: fmt.Sprintf("g%d@example.com", n)})
		r.Enrolments = append(r.Enrolments, register.Enrolment{PersonSourceID: child, InstitutionSourceID: id + "ekorren", GroupSourceID: id + "kotten"})
		r.Guardianships = append(r.Guardianships, register.Guardianship{ChildSourceID: child, GuardianSourceID: guardian, Legal: true, LegalStated: true, Basis: "mor"})
	}
	return r
}

// person finds the row of a record.
func (r *registry) person(t testing.TB, source, id string) uuid.UUID {
	t.Helper()
	return one[uuid.UUID](t, r, "select row_id from app.register_records where municipality_id = $1 and source = $2 and noun = 'person' and source_id = $3", r.here, source, id)
}

// activate does what the head does (V6): from then on the guardian has access.
func (r *registry) activate(t testing.TB, guardian uuid.UUID) {
	t.Helper()
	r.exec(t, "update app.guardianships set status = 'active' where municipality_id = $1 and guardian_id = $2", r.here, guardian)
}

// reach gives a guardian a session, a push token and a notice that waits to be sent.
func (r *registry) reach(t testing.TB, guardian, child uuid.UUID) {
	t.Helper()
	account, event, endpoint := uuid.New(), uuid.New(), uuid.New()
	r.exec(t, "insert into auth.accounts (municipality_id, id, person_id, kind, created_at) values ($1, $2, $3, 'guardian', now())", r.here, account, guardian)
	r.exec(t, `insert into auth.sessions (municipality_id, id, token_hash, kind, person_id, account_id, strong, created_at, expires_at)
		values ($1, $2, $3, 'guardian', $4, $5, true, now(), now() + interval '1 day')`, r.here, uuid.New(), account[:], guardian, account)
	r.exec(t, `insert into notify.endpoints (municipality_id, id, person_id, channel, provider, address, locale, state, created_at, registered_at, verified_at)
		values ($1, $2, $3, 'push', 'fcm', 'token', 'sv', 'active', now(), now(), now())`, r.here, endpoint, guardian)
	r.exec(t, `insert into notify.events (municipality_id, id, kind, urgency, subject_id, created_at, expires_at)
		values ($1, $2, 'message_posted', 'routine', $2, now(), now() + interval '1 day')`, r.here, event)
	r.exec(t, `insert into notify.deliveries (municipality_id, id, event_id, urgency, person_id, grounds, child_id, channel, provider, endpoint_id, created_at)
		values ($1, $2, $3, 'routine', $4, 'child', $5, 'push', 'fcm', $6, now())`, r.here, uuid.New(), event, guardian, child, endpoint)
}

func TestChildWhoLeavesTakesEveryAccessAlong(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1, 2))
	guardian, child := r.person(t, "lists", "g1"), r.person(t, "lists", "c1")
	r.activate(t, guardian)
	r.reach(t, guardian, child)
	if n := r.count(t, "app.guardian_access"); n != 1 {
		t.Fatalf("%d guardians have access before, want 1", n)
	}
	plan := r.take(t, "lists", village(t, "winter", "", 0, 2))
	if len(plan.Departures) != 1 {
		t.Errorf("departures: %+v", plan.Departures)
	}
	for what, want := range map[string]int{
		"app.guardian_access":                                  0,
		"app.enrolments where ended_at is not null":            1,
		"app.guardianships where ended_at is not null":         1,
		"auth.sessions where ended_reason = 'access_ended'":    1,
		"notify.deliveries where state = 'suppressed'":         1,
		"notify.endpoints where state = 'retired'":             1,
		"app.register_records where missing_since is not null": 4, // two persons, an enrolment, a guardianship
		"app.persons":                           6, // nothing is deleted
		"app.groups where ended_at is not null": 0,
		"app.enrolments where ended_at is distinct from register_end": 0,
	} {
		if got := r.count(t, what); got != want {
			t.Errorf("%s: %d, want %d (V14, V15)", what, got, want)
		}
	}
	// The child comes back: the same rows, and the head has to open access anew (V1).
	r.take(t, "lists", village(t, "spring", "", 0, 1, 2))
	for what, want := range map[string]int{
		"app.guardian_access": 0, "app.persons": 6, "app.enrolments": 3, "app.guardianships where ended_at is null and status = 'inactive'": 3,
		"app.enrolments where ended_at is not null": 0,
	} {
		if got := r.count(t, what); got != want {
			t.Errorf("after the return, %s: %d, want %d", what, got, want)
		}
	}
}

func TestTwoRegistersThatMeanTheSamePeopleShareTheirRows(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	lists, school := village(t, "lists", "", 0, 1), village(t, "grunddata", "x-", 1, 2)
	r.take(t, "lists", lists)
	guardian := r.person(t, "lists", "g1")
	r.activate(t, guardian)
	r.take(t, "school", school)
	for table, want := range map[string]int{"app.institutions": 1, "app.groups": 1, "app.persons": 6, "app.enrolments": 3, "app.guardianships": 3,
		"app.guardianships where status = 'active'": 1, "app.guardian_access": 1} {
		if got := r.count(t, table); got != want {
			t.Errorf("%s: %d, want %d", table, got, want)
		}
	}
	if other := r.person(t, "school", "x-g1"); other != guardian {
		t.Error("the same identity number gave two persons")
	}
	// One register loses the family, the other still has it: nothing ends until both have lost it (V14).
	r.take(t, "lists", village(t, "lists", "", 0))
	if n := r.count(t, "app.guardian_access"); n != 1 {
		t.Errorf("%d guardians have access while one register still has the child, want 1", n)
	}
	r.take(t, "school", village(t, "grunddata", "x-", 2))
	if n := r.count(t, "app.guardian_access"); n != 0 {
		t.Errorf("%d guardians have access although no register has the child", n)
	}
}

func TestLegalCustodyNeedsARegisterThatStatesItAndNoneThatDeniesIt(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	lists, silent, denying := village(t, "lists", "", 0), village(t, "silent", "s-", 0), village(t, "denying", "d-", 0)
	silent.Guardianships[0].Legal, silent.Guardianships[0].LegalStated = false, false
	denying.Guardianships[0].Legal = false
	legal := func() bool { return one[bool](t, r, "select legal from app.guardianships") }
	r.take(t, "silent", silent)
	if legal() {
		t.Error("a silent register gave custody (H11)")
	}
	r.take(t, "lists", lists)
	if !legal() {
		t.Error("a register that states custody is not believed")
	}
	r.take(t, "denying", denying)
	if legal() {
		t.Error("two registers contradict each other and the adult may apply (H11)")
	}
}

func TestWhatAPersonEndedStaysEnded(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0, 1)
	r.take(t, "lists", file)
	r.exec(t, "update app.enrolments set ended_at = now() where child_id = $1", r.person(t, "lists", "c0"))
	r.exec(t, "update app.guardianships set ended_at = now() where child_id = $1", r.person(t, "lists", "c1"))
	before := r.snapshot(t)
	plan := r.take(t, "lists", file)
	if len(plan.Enrolments.Kept) != 1 || len(plan.Guardianships.Kept) != 1 {
		t.Errorf("the plan does not say what is kept:\n%s", plan.Text())
	}
	r.unchanged(t, before)
	// Another register cannot bring it back either, nor can leaving and returning.
	r.take(t, "school", village(t, "grunddata", "x-", 0, 1))
	r.take(t, "lists", village(t, "winter", ""))
	r.take(t, "lists", file)
	if n := r.count(t, "app.enrolments where ended_at is not null"); n != 1 {
		t.Errorf("%d enrolments are ended, want the one that a person ended (P6)", n)
	}
	if n := r.count(t, "app.guardianships where ended_at is not null"); n != 1 {
		t.Errorf("%d guardianships are ended, want the one that a person ended (P6)", n)
	}
}

func TestHeldPlanNeedsAWord(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1, 2, 3, 4, 5, 6, 7))
	before := r.snapshot(t)
	truncated := village(t, "truncated", "", 0, 1)
	plan, err := r.Apply(r.ctx, importOf("lists", truncated, false))
	if !errors.Is(err, postgres.ErrHeld) || !plan.Held() {
		t.Fatalf("a truncated file: %v, held %v", err, plan.Held())
	}
	r.unchanged(t, before)
	if _, err := r.Apply(r.ctx, importOf("lists", truncated, true)); err != nil {
		t.Error(err)
	}
}

func TestImportThatFailsHalfwayLeavesNothing(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1))
	before, imports := r.snapshot(t), r.count(t, "app.imports")
	broken := village(t, "broken", "", 0, 1, 2, 3)
	broken.StaffRoles = []register.StaffRole{{PersonSourceID: "g3", InstitutionSourceID: "ekorren", Role: "king"}} // written last, refused by the database
	if _, err := r.Apply(r.ctx, importOf("lists", broken, true)); err == nil {
		t.Fatal("a role that does not exist was imported")
	}
	r.unchanged(t, before)
	if n := r.count(t, "app.imports"); n != imports {
		t.Error("the failed import is on record")
	}
}

func TestOneImportAtATime(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	other, err := r.Admin.Begin(r.ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(r.ctx, "select pg_advisory_xact_lock(hashtextextended('import ' || $1::text, 0))", r.here); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Apply(r.ctx, importOf("lists", village(t, "autumn", "", 0), false)); !errors.Is(err, postgres.ErrImportRunning) {
		t.Errorf("while another import runs: %v", err)
	}
	if err := other.Rollback(r.ctx); err != nil {
		t.Fatal(err)
	}
	r.take(t, "lists", village(t, "autumn", "", 0))
}

func TestPeriodsEndByThemselves(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "lists", "", 0)
	today := r.Clock.Now().UTC().Truncate(24 * time.Hour)
	tomorrow, yesterday := today.AddDate(0, 0, 2), today.AddDate(0, 0, -2)
	file.Enrolments[0].Until = tomorrow
	file.StaffRoles = []register.StaffRole{
		{PersonSourceID: "g0", InstitutionSourceID: "ekorren", Role: register.RoleSubstitute, GroupSourceIDs: []string{"kotten"}, From: tomorrow, Until: tomorrow},
		{PersonSourceID: "g0", InstitutionSourceID: "ekorren", Role: register.RoleEmployee, Until: yesterday},
		{PersonSourceID: "g0", Role: register.RoleOwner},
	}
	r.take(t, "lists", file)
	if n := r.count(t, "app.staff_access where role <> 'owner'"); n != 0 {
		t.Errorf("%d roles run although none has begun or all have ended (V11, B12)", n)
	}
	if n := r.count(t, "app.staff_access where role = 'owner'"); n != 1 {
		t.Errorf("the owner reaches %d of the municipality's institutions, want 1 (V2)", n)
	}
	zone, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	want := time.Date(tomorrow.Year(), tomorrow.Month(), tomorrow.Day()+1, 0, 0, 0, 0, zone)
	if got := one[time.Time](t, r, "select ended_at from app.enrolments"); !got.Equal(want) {
		t.Errorf("the enrolment ends %s, want midnight after the last day, %s", got, want)
	}
	if plan := r.take(t, "lists", file); !plan.Empty() {
		t.Errorf("again:\n%s", plan.Text())
	}
	file.Enrolments[0].Until = time.Time{}
	file.StaffRoles[0].GroupSourceIDs, file.GroupsStated = nil, true
	r.take(t, "lists", file)
	if n := r.count(t, "app.enrolments where ended_at is not null"); n != 1 {
		t.Error("the register took the last day back, and nobody was asked (B8)")
	}
	if n := r.count(t, "app.staff_roles where role = 'substitute' and ended_at <= now()"); n != 1 {
		t.Errorf("%d rows of the role in its former group have ended, want 1", n)
	}
	if plan := r.take(t, "lists", file); !plan.Empty() {
		t.Errorf("and again:\n%s", plan.Text())
	}
}

// No text or binary column of any table and no plan shows an identity number, in any of the ways in which it is written (P15).
// The database itself refuses what an import must never do, whatever the program asks of it (V1, P6).
func TestDatabaseRefusesImportsThatGrant(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	r.take(t, "lists", village(t, "autumn", "", 0, 1))
	r.exec(t, "update app.guardianships set ended_at = now() where guardian_id = $1", r.person(t, "lists", "g1"))
	r.exec(t, "update app.guardianships set ended_at = now(), register_end = now() where guardian_id = $1", r.person(t, "lists", "g0"))
	r.exec(t, "update app.guardianships set status = 'active' where guardian_id = $1", r.person(t, "lists", "g0"))
	for _, c := range []struct{ sql, constraint string }{
		{`insert into app.guardianships (municipality_id, id, child_id, guardian_id, legal, basis, status, created_at)
			select municipality_id, gen_random_uuid(), guardian_id, child_id, true, '', 'active', now() from app.guardianships limit 1`, "imports_never_grant"},
		{"update app.guardianships set status = 'active' where status = 'inactive'", "imports_never_grant"},
		{"update app.guardianships set ended_at = null, register_end = null where status = 'active'", "imports_never_grant"},
		{"update app.guardianships set ended_at = null where register_end is null", "imports_keep_decisions"},
	} {
		err := r.API.WithScope(r.ctx, scope.Of(r.here, scope.Register), func(tx *scope.Tx) error {
			_, err := tx.Exec(r.ctx, c.sql)
			return err
		})
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.ConstraintName != c.constraint {
			t.Errorf("%s: %v, want it refused by %s", c.sql, err, c.constraint)
		}
	}
}

// Everything that an import keeps or says is sealed for its own row and opens there (P15).
