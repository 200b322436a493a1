package main

import (
	"bytes"
	"net/url"
	"os"
	"strings"
	"testing"

	"budstikke.example/migrations/pgtest"
)

// TestMigrateSaysWhoMayDoIt holds that whoever signs in by the application's login, or by none, is told to sign in as the owner.
func TestMigrateSaysWhoMayDoIt(t *testing.T) {
	db := pgtest.New(t)
	owner, err := url.Parse(os.Getenv("DATABASE_URL"))
	if err != nil {
		t.Fatal(err)
	}
	owner.Path = "/" + db.Name
	for _, variable := range []string{"DATABASE_URL_FILE", "DATABASE_MIGRATE_URL_FILE"} {
		t.Setenv(variable, "")
	}
	for name, c := range map[string]struct {
		url, migrateURL string
		code            int
		say             string
	}{
		"nobody is named":             {say: "DATABASE_MIGRATE_URL is not set, nor is DATABASE_URL", code: 1},
		"no address":                  {migrateURL: "quux://x", say: "DATABASE_MIGRATE_URL cannot be read", code: 1},
		"the application's login":     {url: db.APIURL, say: "sign in as the owner of the tables, by DATABASE_MIGRATE_URL", code: 1},
		"the worker's in its place":   {url: owner.String(), migrateURL: db.WorkerURL, say: "sign in as the owner of the tables", code: 1},
		"the owner beside the others": {url: db.APIURL, migrateURL: owner.String()},
	} {
		for _, command := range [][]string{{"migrate"}, {"months"}, {"config", "--for=migrate"}} {
			t.Setenv("DATABASE_URL", c.url)
			t.Setenv("DATABASE_MIGRATE_URL", c.migrateURL)
			var out, errs bytes.Buffer
			code := run(command, terminal{out: &out, err: &errs})
			if command[0] == "config" && strings.HasPrefix(c.say, "sign in") { // it asks no database
				continue
			}
			if code != c.code || !strings.Contains(errs.String(), c.say) || strings.Contains(errs.String(), "owns nothing") || strings.Count(errs.String(), "\n  ") > 1 {
				t.Errorf("%s, %s: code %d\n%s", name, command, code, errs.String())
			}
		}
	}
}
