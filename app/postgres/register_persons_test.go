package postgres_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/app/nationalid"
	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/migrations/seal"
)

func TestIdentityNumbersThatMove(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0, 1)
	r.take(t, "lists", file)
	g0, g1 := r.person(t, "lists", "g0"), r.person(t, "lists", "g1")
	holder := func(n nationalid.Number) uuid.UUID {
		return one[uuid.UUID](t, r, "select id from app.persons where national_id_index = $1", postgres.IdentityIndex(r.keys, r.here, n)[0].Sum)
	}
	// The register had mixed two people up and sorts it out: they trade numbers, and stay who they are.
	file.Persons[1].NationalID, file.Persons[3].NationalID = file.Persons[3].NationalID, file.Persons[1].NationalID
	r.take(t, "lists", file)
	if holder(file.Persons[1].NationalID) != g0 || holder(file.Persons[3].NationalID) != g1 {
		t.Error("the numbers were not traded")
	}
	// A number that belongs to somebody else here is left out and said so; nothing else is lost.
	r.take(t, "school", village(t, "grunddata", "x-", 7))
	file.Persons[1].NationalID, file.Persons[1].FamilyName = number(t, 1985, 1985, 7), "Ekman"
	plan := r.take(t, "lists", file)
	if len(plan.Unresolved) != 1 || plan.Unresolved[0].Noun != register.NounPerson {
		t.Errorf("unresolved: %+v", plan.Unresolved)
	}
	if holder(file.Persons[1].NationalID) != r.person(t, "school", "x-g7") {
		t.Error("the number was taken from its holder")
	}
	if name := one[string](t, r, "select family_name from app.persons where id = $1", g0); name != "Ekman" {
		t.Errorf("the name of the register is not taken over: %s (L2)", name)
	}
	state, err := r.State(r.ctx, "lists")
	if err != nil || len(state.Persons) != 4 {
		t.Fatalf("state: %d persons, %v", len(state.Persons), err)
	}
}

func TestProtectionIsNeverLostToASilentOrLessInformedRegister(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	level := func() string {
		return one[string](t, r, "select protected_identity from app.persons where id = $1", r.person(t, "lists", "g0"))
	}
	file := village(t, "lists", "", 0)
	file.Persons[1].Protected, file.Persons[1].ProtectionStated = register.ProtectionStrict, true
	r.take(t, "lists", file)
	if r.count(t, "app.persons where contact_email is not null and protected_identity = 'strict'") != 0 || level() != "strict" {
		t.Fatalf("the protected guardian: %s", level())
	}
	silent, stating := village(t, "silent", "s-", 0), village(t, "stating", "t-", 0)
	stating.Persons[1].ProtectionStated, stating.Persons[1].Protected = true, register.ProtectionProtected
	r.take(t, "silent", silent)
	r.take(t, "stating", stating)
	if level() != "strict" || r.count(t, "app.persons where contact_email is not null and protected_identity = 'strict'") != 0 {
		t.Errorf("another register lowered the protection to %s", level())
	}
	file.Persons[1].Protected = register.ProtectionNone
	if plan := r.take(t, "lists", file); level() != "strict" || len(plan.Attention) != 1 {
		t.Errorf("the register that gave it takes it back: %s, before anybody has looked: %+v (B8)", level(), plan.Attention)
	}
	if got := one[string](t, r, "select kind || ' ' || was || ' ' || wants from app.held_changes"); got != "protection_lowered strict protected" {
		t.Errorf("what waits for the heads: %s", got)
	}
}

func TestIdentityNumbersAreNowhereInTheClear(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	_, rosters := r.demo(t, 1)
	var dump strings.Builder
	rows, err := r.Admin.Query(r.ctx, `select format('%I.%I', table_schema, table_name) from information_schema.tables
		where table_schema in ('app', 'auth', 'notify') and table_type = 'BASE TABLE'`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	for _, table := range tables {
		dump.WriteString(one[string](t, r, "select coalesce(string_agg(t::text, ' '), '') from "+table+" t"))
	}
	for _, list := range rosters { // as another register, so that the plan has everybody in it
		for _, roster := range list {
			plan, err := r.Preview(r.ctx, importOf("another", roster, false))
			if err != nil {
				t.Fatal(err)
			}
			encoded, err := json.Marshal(plan)
			if err != nil {
				t.Fatal(err)
			}
			dump.WriteString(plan.Text() + string(encoded) + fmt.Sprintf("%+v", plan))
		}
	}
	plain := dump.String()
	checked := 0
	for _, list := range rosters {
		for _, roster := range list {
			for _, p := range roster.Persons {
				digits := p.NationalID.Digits()
				if digits == "" {
					continue
				}
				checked++
				for _, written := range []string{digits, digits[2:], fmt.Sprintf("%x", digits), fmt.Sprintf("%x", digits[2:])} {
					if strings.Contains(plain, written) {
						t.Fatalf("an identity number of %s stands in the database or a plan", roster.Source)
					}
				}
				if strings.Contains(plain, digits[:len(digits)-4]+"-"+digits[len(digits)-4:]) {
					t.Fatalf("an identity number of %s stands in the database or a plan, with a hyphen", roster.Source)
				}
			}
		}
	}
	if checked < 100 || len(tables) < 15 {
		t.Errorf("only %d numbers in %d tables were looked for", checked, len(tables))
	}
}

func TestNumbersOpenInTheirRowOnly(t *testing.T) {
	t.Parallel()
	r := newRegistry(t)
	file := village(t, "autumn", "", 0)
	r.take(t, "lists", file)
	state, err := r.State(r.ctx, "lists")
	if err != nil || len(state.Persons) != 2 || state.Persons[0].Value.NationalID != file.Persons[0].NationalID {
		t.Fatalf("the numbers do not come back: %v", err)
	}
	other, err := seal.Parse(seal.FreshKey(1), seal.FreshKey(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.db.Register(r.here, other).Apply(r.ctx, importOf("lists", file, true)); !errors.Is(err, seal.ErrNotAuthentic) {
		t.Errorf("an import with the wrong keys: %v", err)
	}
	r.exec(t, "update app.persons p set national_id_sealed = q.national_id_sealed from app.persons q where p.id <> q.id")
	if _, err := r.State(r.ctx, "lists"); !errors.Is(err, seal.ErrNotAuthentic) {
		t.Errorf("numbers that were moved to other rows: %v", err)
	}
}
