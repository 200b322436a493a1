package boot

import (
	"strings"
	"testing"
	"time"

	"budstikke.example/migrations/pgtest"
)

// V11: whatever zone the server and the program stand in, the sessions of a process count in UTC, and so does what they read.
func TestOpenDatabaseCountsInUTC(t *testing.T) {
	t.Parallel()
	var s Settings
	s.Database.URL, s.Database.Connections = Secret(pgtest.New(t).APIURL), 2
	db, err := OpenDatabase(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var zone string
	var at time.Time
	if err := db.Pool().QueryRow(t.Context(), "select current_setting('timezone'), now()").Scan(&zone, &at); err != nil {
		t.Fatal(err)
	}
	if zone != "UTC" || at.Location() != time.UTC {
		t.Errorf("the session counts in %s, and what it reads in %s", zone, at.Location())
	}
}

// A process does not start with the login of the other one, which may do nothing of its work.
func TestALoginBelongsToItsProcess(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for group, belongs := range map[string]bool{"budstikke_api": true, "budstikke_worker": false, "not_made_yet": true} {
		err := Belongs(t.Context(), d.API, group)
		if (err == nil) != belongs || err != nil && !strings.Contains(err.Error(), group) {
			t.Errorf("the API's login in %s: %v", group, err)
		}
	}
	if err := Belongs(t.Context(), d.Worker, "budstikke_worker"); err != nil {
		t.Error(err)
	}
}
