package story

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"budstikke.example/app/postgres"
	"budstikke.example/app/register"
	"budstikke.example/app/register/demodata"
	"budstikke.example/auth/store"
	"budstikke.example/auth/totp"
	"budstikke.example/cmd/budstikke/internal/system"
	"budstikke.example/migrations/scope"
)

// Login is what a member of the demo's staff signs in with. It exists in private installations only.
type Login struct {
	Name, Role, Username, Password string
	Secret                         []byte // of the second factor
}

// Code returns the second factor at a moment, as an authenticator app would.
func (l Login) Code(now time.Time) string {
	code, err := totp.Code(l.Secret, totp.Step(now))
	if err != nil {
		return ""
	}
	return code
}

// Municipality is the demo municipality after its files were imported and its staff got accounts.
type Municipality struct {
	ID      uuid.UUID
	Imports []Import
	Logins  map[string]Login // by e-mail address
}

// Import is one imported file.
type Import struct {
	File string
	Plan register.Plan
}

// Slug is what commands call the demo municipality.
const Slug = "budstikke"

// demoPassword is the password of every member of the demo's staff; each has a second factor of their own.
const demoPassword = "skogen är djup och stilla"

// Prepare writes the demo municipality's files into a folder, imports them as a municipality would, and gives its staff accounts.
func Prepare(ctx context.Context, l *system.Local, demo demodata.Demo, folder string) (Municipality, error) {
	ctx = scope.ByProgram(ctx)
	for name, content := range demo.Files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return Municipality{}, err
		}
	}
	id, err := l.API.Postgres.CreateMunicipality(ctx, Slug, demodata.MunicipalityName, "SE", "sv", "Europe/Stockholm")
	if err != nil {
		return Municipality{}, err
	}
	m := Municipality{ID: id, Logins: map[string]Login{}}
	for _, file := range []struct{ name, mapping, source string }{
		{demodata.AdmissionFile, demodata.AdmissionMappingFile, "admission"},
		{demodata.StaffFile, demodata.StaffMappingFile, "admission"},
		{demodata.OneRosterFile, "", "oneroster"},
	} {
		plan, err := importFile(ctx, l, id, folder, file.name, file.mapping, file.source)
		if err != nil {
			return m, fmt.Errorf("%s: %w", file.name, err)
		}
		m.Imports = append(m.Imports, Import{file.name, plan})
	}
	cast := demo.Cast
	for _, who := range []struct {
		demodata.Member
		role string
	}{
		{cast.KindergartenHead, "head of the kindergarten"}, {cast.KindergartenLeader, "leader in the kindergarten"},
		{cast.SchoolHead, "head of the school"}, {cast.Owner, "owner"},
	} {
		if err := m.employ(ctx, l, who.Member, who.role); err != nil {
			return m, fmt.Errorf("%s: %w", who.Name(), err)
		}
	}
	return m, nil
}

func importFile(ctx context.Context, l *system.Local, municipality uuid.UUID, folder, name, mappingName, source string) (register.Plan, error) {
	file, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		return register.Plan{}, err
	}
	now := time.Now()
	target := l.API.Postgres.Register(municipality, l.Keys)
	reading := register.Reading{On: now, Pseudonym: target.Pseudonym}
	var roster register.Roster
	var problems register.Problems
	if mappingName == "" {
		roster, problems = register.ParseOneRoster(file, name, reading)
	} else {
		text, err := os.ReadFile(filepath.Join(folder, mappingName))
		if err != nil {
			return register.Plan{}, err
		}
		mapping, mistakes := register.ParseMapping(text, mappingName)
		if mistakes.Failed() {
			return register.Plan{}, fmt.Errorf("%s", mistakes)
		}
		roster, problems = register.ParseList(file, name, mapping, reading)
	}
	if problems.Failed() {
		return register.Plan{}, fmt.Errorf("%s", problems)
	}
	sum := sha256.Sum256(file)
	return target.Apply(ctx, postgres.Import{Source: source, FileName: name, FileHash: sum[:], Roster: roster})
}

// employ gives a member of the staff an account with a password and a second factor. Their role came with the register.
func (m *Municipality) employ(ctx context.Context, l *system.Local, who demodata.Member, role string) error {
	var account store.Account
	err := l.DB.WithScope(ctx, scope.Of(m.ID, scope.SignIn), func(tx *scope.Tx) error {
		match, found, err := store.MatchApplicant(ctx, tx, postgres.IdentityIndex(l.Keys, m.ID, who.Number))
		if err != nil {
			return err
		}
		if !found {
			return fmt.Errorf("the register lacks them")
		}
		account, err = store.OpenAccount(ctx, tx, match.Person, scope.Staff)
		return err
	})
	if err != nil {
		return err
	}
	enrolled, err := l.API.Password.Enrol(ctx, m.ID, account.ID, who.Email, demoPassword, "Budstikke")
	if err != nil {
		return err
	}
	m.Logins[who.Email] = Login{Name: who.Name(), Role: role, Username: who.Email, Password: demoPassword, Secret: enrolled.Secret}
	return nil
}

// importRegisters is the first scene: a municipality comes out of files, and nobody is written to.
func (s *Story) importRegisters(ctx context.Context) error {
	s.tell.Scene("A municipality with one kindergarten and one school is imported from files", "V1", "H9", "H11", "L2")
	folder, err := os.MkdirTemp("", "budstikke-demo-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	m, err := Prepare(ctx, s.local, s.demo, folder)
	if err != nil {
		return err
	}
	s.municipality, s.logins = m.ID, m.Logins
	for _, i := range m.Imports {
		p := i.Plan
		s.tell.Did("The municipality", fmt.Sprintf("imports %s: %d institutions, %d groups, %d persons, %d enrolments, %d guardianships, %d staff roles", i.File,
			len(p.Institutions.Creates), len(p.Groups.Creates), len(p.Persons.Creates), len(p.Enrolments.Creates), len(p.Guardianships.Creates), len(p.StaffRoles.Creates)), "L2")
	}
	var guardianships, active, notices int
	err = s.local.Admin.QueryRow(ctx, `select count(*), count(*) filter (where status <> 'inactive'),
		(select count(*) from notify.deliveries) + (select count(*) from notify.events) from app.guardianships`).Scan(&guardianships, &active, &notices)
	if err != nil {
		return err
	}
	if err := expect(guardianships > 50 && active == 0 && notices == 0, "%d guardianships are all inactive (%d are not) and nobody is written to (%d notices)", guardianships, active, notices); err != nil {
		return err
	}
	if err := s.quiet(0); err != nil {
		return err
	}
	s.tell.Nothing("Everybody", fmt.Sprintf("receives nothing: all %d guardianships are inactive until a head opens them", guardianships), "V1")
	return nil
}

// Persons are the people of the story for the pretend BankID app.
func Persons(cast demodata.Cast) []demodata.Member {
	return []demodata.Member{cast.Applicant, cast.SecondGuardian, cast.Stranger, cast.Contact, cast.Protected}
}
