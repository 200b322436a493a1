package boot_test

import (
	"slices"
	"testing"

	"budstikke.example/cmd/budstikke/internal/boot"
	"budstikke.example/migrations/pgtest"
)

// P8: a server whose log would hold people's data is told by each setting that makes it so, and one that is set up as the documents say is not.
func TestTalkativeDatabase(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	name := ""
	if err := db.Admin.QueryRow(t.Context(), "select current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	set := func(setting, value string) {
		t.Helper()
		if _, err := db.Admin.Exec(t.Context(), "alter database "+name+" set "+setting+" = '"+value+"'"); err != nil {
			t.Fatal(err)
		}
	}
	talks := func() []string {
		t.Helper()
		list, err := boot.Talkative(t.Context(), boot.Settings{Database: boot.Database{URL: boot.Secret(db.APIURL)}})
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	for setting, value := range map[string]string{
		"log_min_error_statement": "panic", "log_error_verbosity": "terse", "log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0",
	} {
		set(setting, value)
	}
	if list := talks(); len(list) != 0 {
		t.Errorf("as the documents say: %v", list)
	}
	for setting, value := range map[string]string{"log_min_error_statement": "error", "log_error_verbosity": "default", "log_parameter_max_length_on_error": "-1"} {
		set(setting, value)
		if list := talks(); !slices.Contains(list, setting+" = "+value) {
			t.Errorf("%s = %s: %v", setting, value, list)
		}
	}
	set("log_parameter_max_length", "-1")
	if list := talks(); len(list) != 3 {
		t.Errorf("parameters of statements that nobody logs: %v", list)
	}
	set("log_min_duration_statement", "0")
	if list := talks(); len(list) != 4 {
		t.Errorf("parameters of every statement: %v", list)
	}
}
