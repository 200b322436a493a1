package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"budstikke.example/app/register/demodata"
	"budstikke.example/migrations"
	"budstikke.example/migrations/pgtest"
	"budstikke.example/migrations/seal"
)

// office is a municipality's desk: a database and the demo's files in a folder.
type office struct {
	*pgtest.Database
	folder string
	env    []string
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{Database: pgtest.New(t), folder: t.TempDir()}
	o.env = []string{"DATABASE_URL=" + o.APIURL, "NATIONAL_ID_KEYS=" + seal.FreshKey(1), "BLIND_INDEX_KEYS=" + seal.FreshKey(1)}
	demo, err := demodata.Generate(demodata.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range demo.Files {
		o.write(t, name, file)
	}
	return o
}

func (o *office) path(name string) string { return filepath.Join(o.folder, name) }

func (o *office) write(t *testing.T, name string, file []byte) {
	t.Helper()
	if err := os.WriteFile(o.path(name), file, 0o600); err != nil {
		t.Fatal(err)
	}
}

// run runs the program at this desk.
func (o *office) run(arguments ...string) (out, errs string, code int) {
	cmd := program(arguments...)
	cmd.Env = append(cmd.Env, o.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	return stdout.String(), stderr.String(), exitOf(err)
}

func (o *office) municipality(t *testing.T) {
	t.Helper()
	for range 2 {
		_, errs, code := o.run("import", "municipality", "--slug=exempelby", "--name=Exempelby", "--country=SE", "--locale=sv", "--time-zone=Europe/Stockholm")
		if code != 0 {
			t.Fatalf("creating the municipality: %d\n%s", code, errs)
		}
	}
}

func (o *office) count(t *testing.T, table string) (n int) {
	t.Helper()
	if err := o.Admin.QueryRow(context.Background(), "select count(*) from "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (o *office) list(arguments ...string) (out, errs string, code int) {
	return o.run(append([]string{"import", "list", o.path(demodata.AdmissionFile), "--mapping", o.path(demodata.AdmissionMappingFile), "--municipality=exempelby"}, arguments...)...)
}

func TestImportShowsAppliesAndChangesNothingTwice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.municipality(t)
	out, errs, code := o.list("--dry-run")
	if code != 0 || !strings.Contains(out, "This was a dry run") || !strings.Contains(out, "New guardianships start inactive") {
		t.Errorf("dry run: %d\n%s\n%s", code, out, errs)
	}
	if n := o.count(t, "app.persons"); n != 0 {
		t.Fatalf("a dry run wrote %d persons", n)
	}
	if out, errs, code = o.list(); code != 0 || !strings.Contains(out, "Imported.") {
		t.Errorf("apply: %d\n%s\n%s", code, out, errs)
	}
	if _, errs, code := o.run("import", "oneroster", o.path(demodata.OneRosterFile), "--municipality=exempelby"); code != 0 {
		t.Errorf("OneRoster: %d\n%s", code, errs)
	}
	if o.count(t, "app.enrolments") < 90 || o.count(t, "app.guardianships where status = 'active'") != 0 {
		t.Error("the demo municipality is not there as it should be (V1)")
	}
	out, errs, code = o.list("--json")
	var report struct {
		Applied, Held bool
		Plan          struct{ Persons struct{ Creates []any } }
		Problems      struct{ Errors int }
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 0 || errs != "" {
		t.Fatalf("not one JSON document and nothing else: %v, code %d\n%s\n%s", err, code, out, errs)
	}
	if !report.Applied || report.Held || len(report.Plan.Persons.Creates) != 0 || report.Problems.Errors != 0 {
		t.Errorf("again: %+v", report)
	}
}

func TestBadFilesAreRefusedWhole(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.municipality(t)
	good, err := os.ReadFile(o.path(demodata.AdmissionFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(good, []byte("\r\n"))
	lines[3] = append([]byte("19190131-0000"), lines[3][bytes.IndexByte(lines[3], ';'):]...)
	o.write(t, demodata.AdmissionFile, bytes.Join(lines, []byte("\r\n")))
	out, errs, code := o.list()
	if code != 1 || !strings.Contains(errs, demodata.AdmissionFile+", line 4, column 1 (Barnets personnummer): error: ") || !strings.Contains(errs, "nothing was imported") {
		t.Errorf("a wrong number: %d\n%s\n%s", code, out, errs)
	}
	if strings.Contains(out+errs, "0131-0000") || strings.Contains(out+errs, "01310000") {
		t.Error("an identity number is repeated in a problem")
	}
	out, errs, code = o.list("--json")
	var report struct {
		Applied  bool
		Error    string
		Problems struct {
			List []struct {
				Line, Column int
				Reason       string
			}
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 1 || errs != "" || report.Applied || report.Error == "" ||
		len(report.Problems.List) != 1 || report.Problems.List[0].Line != 4 || report.Problems.List[0].Column != 1 {
		t.Errorf("as JSON: %v, code %d\n%s\n%s", err, code, out, errs)
	}
	o.write(t, demodata.OneRosterFile, []byte("PK, but no zip file"))
	if _, errs, code := o.run("import", "oneroster", o.path(demodata.OneRosterFile), "--municipality=exempelby"); code != 1 || !strings.Contains(errs, "error: ") {
		t.Errorf("no zip file: %d\n%s", code, errs)
	}
	o.write(t, demodata.AdmissionMappingFile, []byte("kind: [what"))
	if _, errs, code := o.list(); code != 1 || !strings.Contains(errs, demodata.AdmissionMappingFile) {
		t.Errorf("a broken mapping: %d\n%s", code, errs)
	}
	for _, table := range []string{"app.institutions", "app.persons", "app.enrolments", "app.guardianships", "app.register_records", "app.imports"} {
		if n := o.count(t, table); n != 0 {
			t.Errorf("%d rows of %s were left behind", n, table)
		}
	}
}

func TestHeldImportSaysHowItIsAllowed(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.municipality(t)
	if _, errs, code := o.list(); code != 0 {
		t.Fatalf("%d\n%s", code, errs)
	}
	good, err := os.ReadFile(o.path(demodata.AdmissionFile))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(good, []byte("\r\n"))
	o.write(t, demodata.AdmissionFile, bytes.Join(lines[:5], nil))
	out, errs, code := o.list()
	if code != 1 || !strings.Contains(errs, "--allow-held") || !strings.Contains(out, "Please decide first") || o.count(t, "app.enrolments where ended_at is not null") != 0 {
		t.Errorf("a truncated list: %d\n%s\n%s", code, out, errs)
	}
	if _, errs, code := o.list("--allow-held"); code != 0 || o.count(t, "app.enrolments where ended_at is not null") == 0 {
		t.Errorf("allowed: %d\n%s", code, errs)
	}
}

func TestImportNeedsItsMunicipalityAndTheRightLogin(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if _, errs, code := o.list(); code != 1 || !strings.Contains(errs, `no municipality "exempelby"`) {
		t.Errorf("no municipality: %d\n%s", code, errs)
	}
	o.env[0] = "DATABASE_URL=" + serverURL(t, o.Name)
	if _, errs, code := o.list(); code != 1 || !strings.Contains(errs, "row-level security") {
		t.Errorf("a login that row-level security does not bind: %d\n%s", code, errs)
	}
	o.env = nil
	if _, errs, code := o.list(); code != 1 || !strings.Contains(errs, "NATIONAL_ID_KEYS is not set") || !strings.Contains(errs, "DATABASE_URL is not set") {
		t.Errorf("without settings: %d\n%s", code, errs)
	}
}

// serverURL is the test server's administrator in another database.
func serverURL(t *testing.T, database string) string {
	t.Helper()
	u, err := url.Parse(os.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + database
	return u.String()
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	fresh := d.Name + "_fresh"
	if _, err := d.Admin.Exec(context.Background(), "create database "+fresh); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := d.Admin.Exec(context.Background(), "drop database "+fresh+" with (force)"); err != nil {
			t.Error(err)
		}
	})
	o := &office{Database: d, env: []string{"DATABASE_MIGRATE_URL=" + serverURL(t, fresh), "DATABASE_URL=" + d.APIURL}}
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	if _, errs, code := o.run("migrate", "--check"); code != 1 || !strings.Contains(errs, "run budstikke migrate") {
		t.Errorf("an empty database: %d\n%s", code, errs)
	}
	out, errs, code := o.run("migrate")
	if code != 0 || strings.Count(out, "applied ") != len(all) || !strings.Contains(out, all[len(all)-1].Name) {
		t.Errorf("migrate: %d\n%s\n%s", code, out, errs)
	}
	for _, arguments := range [][]string{{"migrate"}, {"migrate", "--check"}} {
		if out, errs, code := o.run(arguments...); code != 0 || !strings.Contains(out, "up to date") {
			t.Errorf("%v again: %d\n%s\n%s", arguments, code, out, errs)
		}
	}
	o.env = []string{"DATABASE_URL=" + serverURL(t, d.Name)}
	if out, errs, code := o.run("migrate", "--check"); code != 0 {
		t.Errorf("by DATABASE_URL: %d\n%s\n%s", code, out, errs)
	}
	o.env = []string{"DATABASE_URL=postgres://app:quux@127.0.0.1:1/x"}
	if out, errs, code := o.run("migrate"); code != 1 || strings.Contains(out+errs, "quux") {
		t.Errorf("no server: %d\n%s\n%s", code, out, errs)
	}
}
