package postgres_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/app/register/demodata"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/scope"
	"budstikke.example/migrations/seal"
)

// registry is a municipality's registers on a database of its own.
type registry struct {
	*pgtest.Database
	ctx  context.Context
	db   *postgres.DB
	keys *seal.Keyring
	here uuid.UUID
	postgres.Register
}

func newRegistry(t testing.TB) *registry {
	t.Helper()
	keys, err := seal.Parse(seal.FreshKey(1), seal.FreshKey(1))
	if err != nil {
		t.Fatal(err)
	}
	r := &registry{Database: pgtest.New(t), ctx: scope.WithGate(context.Background(), open{}), keys: keys}
	r.db = postgres.New(r.API, nil, slog.New(slog.DiscardHandler))
	r.found(t, "exempelby")
	return r
}

// found makes a municipality and lets r import into it.
func (r *registry) found(t testing.TB, slug string) {
	t.Helper()
	var err error
	if r.here, err = r.db.CreateMunicipality(r.ctx, slug, "Exempelby", "SE", "sv", "Europe/Stockholm"); err != nil {
		t.Fatal(err)
	}
	r.Register = r.db.Register(r.here, r.keys)
}

func (r *registry) reading() register.Reading {
	return register.Reading{On: r.Clock.Now(), Pseudonym: r.Pseudonym}
}

func (r *registry) exec(t testing.TB, sql string, args ...any) {
	t.Helper()
	if _, err := r.Admin.Exec(r.ctx, sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// one reads one value from behind row-level security.
func one[T any](t testing.TB, r *registry, sql string, args ...any) (value T) {
	t.Helper()
	if err := r.Admin.QueryRow(r.ctx, sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

func (r *registry) count(t testing.TB, table string) int {
	t.Helper()
	return one[int](t, r, "select count(*) from "+table)
}

// take applies a roster, also a held one, and fails the test when it cannot.
func (r *registry) take(t testing.TB, source string, roster register.Roster) register.Plan {
	t.Helper()
	plan, err := r.Apply(r.ctx, importOf(source, roster, true))
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return plan
}

func importOf(source string, roster register.Roster, allowHeld bool) postgres.Import {
	sum := sha256.Sum256([]byte(roster.Source))
	return postgres.Import{Source: source, FileName: roster.Source, FileHash: sum[:], Roster: roster, AllowHeld: allowHeld}
}

func (r *registry) parseList(t testing.TB, files map[string][]byte, file, mappingFile string) register.Roster {
	t.Helper()
	mapping, problems := register.ParseMapping(files[mappingFile], mappingFile)
	if problems.Failed() {
		t.Fatal(problems)
	}
	roster, problems := register.ParseList(files[file], file, mapping, r.reading())
	if problems.Failed() {
		t.Fatal(problems)
	}
	return roster
}

func (r *registry) parseOneRoster(t testing.TB, file []byte, name string) register.Roster {
	t.Helper()
	roster, problems := register.ParseOneRoster(file, name, r.reading())
	if problems.Failed() {
		t.Fatal(problems)
	}
	return roster
}

// demo imports the demo municipality of a size and returns its rosters by source.
func (r *registry) demo(t testing.TB, scale int) (demodata.Demo, map[string][]register.Roster) {
	t.Helper()
	demo, err := demodata.Generate(demodata.Options{Scale: scale})
	if err != nil {
		t.Fatal(err)
	}
	rosters := map[string][]register.Roster{
		"lists": {r.parseList(t, demo.Files, demodata.AdmissionFile, demodata.AdmissionMappingFile),
			r.parseList(t, demo.Files, demodata.StaffFile, demodata.StaffMappingFile)},
		"school": {r.parseOneRoster(t, demo.Files[demodata.OneRosterFile], demodata.OneRosterFile)},
	}
	for _, source := range []string{"lists", "school"} {
		for _, roster := range rosters[source] {
			plan := r.take(t, source, roster)
			if len(plan.Unresolved) > 0 {
				t.Errorf("%s: %d rows could not be placed: %+v", roster.Source, len(plan.Unresolved), plan.Unresolved[0])
			}
		}
	}
	return demo, rosters
}

// snapshot is every table's content, but for when and how often a register was read.
func (r *registry) snapshot(t testing.TB) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, table := range []string{"app.municipalities", "app.institutions", "app.groups", "app.persons", "app.enrolments", "app.guardianships",
		"app.guardianship_decisions", "app.staff_roles", "app.register_records", "auth.sessions", "notify.events", "notify.endpoints", "notify.deliveries"} {
		all[table] = one[string](t, r, fmt.Sprintf("select count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' order by t::text)), '') from %s t", table))
	}
	return all
}

func (r *registry) unchanged(t testing.TB, before map[string]string) {
	t.Helper()
	for table, now := range r.snapshot(t) {
		if now != before[table] {
			t.Errorf("%s changed: %s, was %s", table, now, before[table])
		}
	}
}

// Demo line 1: the municipality comes in from files, every guardianship inactive, and nobody is written to (V1).
func TestDemoMunicipalityImports(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	demo, rosters := r.demo(t, 1)
	n := demo.Counts
	numbers := map[string]bool{}
	for _, list := range rosters {
		for _, roster := range list {
			for _, p := range roster.Persons {
				numbers[p.NationalID.Digits()] = true
			}
		}
	}
	for table, want := range map[string]int{
		"app.institutions": 2, "app.groups": n.KindergartenGroups + n.Classes, "app.enrolments": n.Children + n.Pupils,
		"app.guardianships": n.KindergartenGuardianships + n.SchoolGuardianships, "app.persons": len(numbers), "app.imports": 3,
		"app.guardianships where status <> 'inactive'": 0, "app.guardian_access": 0, "app.guardianship_decisions": 0,
		"notify.events": 0, "notify.endpoints": 0, "notify.deliveries": 0, "notify.attempts": 0, "auth.accounts": 0, "auth.sessions": 0,
		"app.register_records where missing_since is not null":                                 0,
		"(select person_id, institution_id, role from app.staff_roles group by 1, 2, 3) roles": n.ListStaff + n.SchoolStaff,
	} {
		if got := r.count(t, table); got != want {
			t.Errorf("%s: %d, want %d", table, got, want)
		}
	}
	legal := r.count(t, "app.guardianships where legal")
	if all := r.count(t, "app.guardianships"); legal == 0 || legal == all {
		t.Errorf("%d of %d guardianships are legal, want some and not all (H11)", legal, all)
	}
	// Owner, heads and staff can be told apart, and a substitute's role has its end (B12).
	if r.count(t, "app.staff_roles where role = 'head'") < 2 || r.count(t, "app.staff_roles where role = 'owner'") != 1 {
		t.Error("the owner or a head is missing")
	}
	if n := r.count(t, "app.staff_roles where role = 'substitute' and ended_at is null"); n != 0 {
		t.Errorf("%d substitutes without an end", n)
	}
	if got := one[string](t, r, "select protected_identity from app.persons where national_id_index = $1",
		postgres.IdentityIndex(r.keys, r.here, demo.Cast.Protected.Number)[0].Sum); got != "protected" {
		t.Errorf("the protected guardian is %s", got)
	}
	for _, summary := range []string{"guardianships", "persons"} {
		if got := one[int](t, r, "select sum((summary->$1->>'created')::int) from app.imports", summary); got == 0 {
			t.Errorf("the imports do not count %s (L8)", summary)
		}
	}
}

func TestImportingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	_, rosters := r.demo(t, 1)
	before := r.snapshot(t)
	for source, list := range rosters {
		for _, roster := range list {
			if preview, err := r.Preview(r.ctx, importOf(source, roster, false)); err != nil || !preview.Empty() {
				t.Errorf("%s: %v\n%s", roster.Source, err, preview.Text())
			}
			r.Clock.Advance(1)
			if plan := r.take(t, source, roster); !plan.Empty() || plan.Held() {
				t.Errorf("%s is not a no-op:\n%s", roster.Source, plan.Text())
			}
		}
	}
	r.unchanged(t, before)
	if got := r.count(t, "app.imports"); got != 6 {
		t.Errorf("%d imports are on record, want 6 (L8)", got)
	}
}

func TestPreviewWritesNothingAndTellsWhatApplyDoes(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	demo, err := demodata.Generate(demodata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	roster := r.parseList(t, demo.Files, demodata.AdmissionFile, demodata.AdmissionMappingFile)
	before := r.snapshot(t)
	preview, err := r.Preview(r.ctx, importOf("lists", roster, false))
	if err != nil {
		t.Fatal(err)
	}
	r.unchanged(t, before)
	if n := r.count(t, "app.imports"); n != 0 {
		t.Errorf("a preview is on record as %d imports", n)
	}
	if plan := r.take(t, "lists", roster); plan.Text() != preview.Text() {
		t.Errorf("the preview was\n%s\nbut applying it did\n%s", preview.Text(), plan.Text())
	}
}

// Two files that somebody else wrote come in as they are, into one municipality, under sources of their own.
func TestOtherPeoplesOneRosterFilesImport(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	persons := 0
	for _, name := range []string{"oneroster_1p1_full.zip", "oneroster_1p1_minimal.zip"} {
		file, err := os.ReadFile("../register/testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		roster := r.parseOneRoster(t, file, name)
		plan := r.take(t, name, roster)
		persons += len(roster.Persons)
		if len(plan.Persons.Creates) != len(roster.Persons) || len(roster.Persons) == 0 {
			t.Errorf("%s: %d persons created of %d", name, len(plan.Persons.Creates), len(roster.Persons))
		}
		before := r.snapshot(t)
		if again := r.take(t, name, roster); !again.Empty() {
			t.Errorf("%s again:\n%s", name, again.Text())
		}
		r.unchanged(t, before)
	}
	if got := r.count(t, "app.persons"); got != persons {
		t.Errorf("%d persons, want %d: without identity numbers nobody is taken for somebody else", got, persons)
	}
	if n := r.count(t, "app.guardianships where legal or status <> 'inactive'"); n != 0 {
		t.Errorf("%d guardianships came in with more than the file says", n)
	}
}

func TestMunicipalityIsCreatedOnce(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	again, err := r.db.CreateMunicipality(r.ctx, "exempelby", "Exempelby kommun", "SE", "sv", "Europe/Stockholm")
	if err != nil || again != r.here {
		t.Errorf("a second municipality: %v, %v", again, err)
	}
	if name := one[string](t, r, "select name from app.municipalities"); name != "Exempelby kommun" {
		t.Errorf("the name is %q", name)
	}
	if id, err := r.db.MunicipalityBySlug(r.ctx, "exempelby"); err != nil || id != r.here {
		t.Errorf("by slug: %v, %v", id, err)
	}
	if _, err := r.db.MunicipalityBySlug(r.ctx, "nowhere"); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("an unknown slug: %v", err)
	}
	if _, err := r.db.CreateMunicipality(r.ctx, "exempelby", "Eksempelby", "NO", "nb", "Europe/Oslo"); !errors.Is(err, postgres.ErrOtherCountry) {
		t.Errorf("another country: %v", err)
	}
	if _, err := r.db.CreateMunicipality(r.ctx, "annanby", "Annanby", "SE", "sv", "Stockholm"); err == nil || !strings.Contains(err.Error(), "Stockholm") {
		t.Errorf("a wrong time zone: %v", err)
	}
	if _, err := r.db.Register(uuid.New(), r.keys).Preview(r.ctx, postgres.Import{Source: "lists"}); !errors.Is(err, app.ErrNotFound) {
		t.Errorf("an import into a municipality that does not exist: %v", err)
	}
	if _, err := r.Preview(r.ctx, postgres.Import{Source: strings.Repeat("å", 101)}); !errors.Is(err, postgres.ErrSource) {
		t.Errorf("a source with too long a name: %v", err)
	}
}
