package boot

import (
	"testing"

	"budstikke.example/migrations/pgtest"
)

// B14: all connections of a process that people wait for are there before it answers anybody; each has carried out what is asked most, and nothing of that stays.
func TestConnectionsAreRehearsed(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	var s Settings
	s.Database.URL, s.Database.Connections = Secret(d.APIURL), 3
	db, err := OpenRehearsed(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if n := db.Pool().Stat().IdleConns(); n != 3 {
		t.Errorf("%d connections are open, want 3", n)
	}
	var left int
	if err := d.Admin.QueryRow(t.Context(), `select (select count(*) from notify.events) + (select count(*) from notify.deliveries) + (select count(*) from app.idempotency_keys)
		+ (select count(*) from auth.access_tokens)`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d rows stay, %v", left, err)
	}
	conn, err := db.Pool().Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	var scope, mode string
	if err := conn.QueryRow(t.Context(), "select coalesce(current_setting('budstikke.person', true), ''), current_setting('plan_cache_mode')").Scan(&scope, &mode); err != nil {
		t.Fatal(err)
	}
	if scope != "" || mode != "auto" {
		t.Errorf("the connection is for %q and plans by %s: the rehearsal has not ended", scope, mode)
	}
}
