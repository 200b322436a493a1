package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"budstikke.example/app/register/demodata"
	"budstikke.example/cmd/budstikke/internal/local"
	"budstikke.example/cmd/budstikke/internal/story"
	"budstikke.example/cmd/budstikke/internal/system"
)

// village is the whole system with a municipality in which the people of the play, their institution and everything they write are named
// after the canary.
type village struct {
	*system.Local
	log          *text
	demo         demodata.Demo
	municipality string
	logins       map[string]story.Login
	numbers      []string // every identity number in the register files, twelve digits
	addresses    []string // where the people of the play are reached, and the sessions they hold

	nobody                          client
	applicant, second, head, leader client
	institution, child              string
}

var registerNumber = regexp.MustCompile(`\b(\d{8})-(\d{4})\b`)

func newVillage(t *testing.T, adjust ...func(*system.LocalOptions)) *village {
	t.Helper()
	if os.Getenv("DATABASE_URL") == "" || len(adjust) > 0 {
		needPostgres(t)
	}
	demo, err := demodata.Generate(demodata.Options{Seed: 20})
	if err != nil {
		t.Fatal(err)
	}
	folder := openFolder(t)
	v := &village{log: &text{}, demo: demo}
	options := system.LocalOptions{
		Purpose: local.Throwaway, Folder: filepath.Join(folder, ".data"), Address: "127.0.0.1:0",
		Log: slog.New(slog.NewJSONHandler(v.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, change := range adjust {
		change(&options)
	}
	v.Local, err = system.StartLocal(soon(t), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.Close(soon(t)) })
	files := filepath.Join(folder, "registers")
	if err := os.Mkdir(files, 0o700); err != nil {
		t.Fatal(err)
	}
	municipality, err := story.Prepare(soon(t), v.Local, demo, files)
	if err != nil {
		t.Fatal(err)
	}
	v.municipality, v.logins, v.nobody = municipality.ID.String(), municipality.Logins, client{base: v.URL}
	for _, name := range []string{demodata.AdmissionFile, demodata.StaffFile} {
		for _, found := range registerNumber.FindAllStringSubmatch(string(demo.Files[name]), -1) {
			v.numbers = append(v.numbers, found[1]+found[2])
		}
	}
	if len(v.numbers) < 50 {
		t.Fatalf("the register files hold %d identity numbers only", len(v.numbers))
	}
	v.rename(t)
	return v
}

// rename gives the people of the play and their place the canary's name.
func (v *village) rename(t *testing.T) {
	t.Helper()
	cast := v.demo.Cast
	for i, name := range []string{
		cast.Applicant.Name(), cast.SecondGuardian.Name(), cast.Applicant.Children[0].Name(), cast.KindergartenHead.Name(), cast.KindergartenLeader.Name(),
	} {
		v.exec(t, `update app.persons set given_name = $1, family_name = $2 where given_name || ' ' || family_name = $3`,
			fmt.Sprintf("Qanariegiven%c", 'a'+i), fmt.Sprintf("Qanariefamily%c", 'a'+i), name)
	}
	v.exec(t, `update app.institutions set name = 'Förskolan Qanarienästet' where name = $1`, demodata.KindergartenName)
	v.exec(t, `update app.groups set name = 'Qanariegrenen' where name = $1`, cast.Applicant.Children[0].Group)
	v.exec(t, `update app.municipalities set name = 'Qanarie kommun'`)
}

func (v *village) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	tag, err := v.Admin.Exec(soon(t), sql, args...)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %d rows, %v", sql, tag.RowsAffected(), err)
	}
}

func (v *village) count(t *testing.T, sql string) int {
	t.Helper()
	var n int
	if err := v.Admin.QueryRow(soon(t), sql).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}
