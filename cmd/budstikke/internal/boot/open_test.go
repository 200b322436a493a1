package boot

import (
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
