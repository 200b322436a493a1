package migrations_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/pgtest"
)

// B14: a connection that held its first key while nobody had written anything goes by the key also when thousands have.
func TestKeptAnswersAreFoundByTheirKey(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	here := uuid.New()
	admin := func(sql string, args ...any) {
		t.Helper()
		if _, err := d.Admin.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	admin(`insert into app.municipalities values ($1, 'm-here', 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now())`, here)
	admin("vacuum analyze app.idempotency_keys")
	conn, err := pgx.Connect(t.Context(), d.APIURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	hold := func(key string) (state string, read int) {
		t.Helper()
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		if _, err := tx.Exec(t.Context(), "select scope.open($1, null, 'machine')", here); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(t.Context(), "select state from app.hold_key('O', convert_to($1, 'UTF8'), '\\x01', now())", key).Scan(&state); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(t.Context(), "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'idempotency_keys'").Scan(&read); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "select app.keep_answer('O', convert_to($1, 'UTF8'), '\\x01', now(), '\\x02', null, null, null, null)", key); err != nil {
			t.Fatal(err)
		}
		if err := tx.Commit(t.Context()); err != nil {
			t.Fatal(err)
		}
		return state, read
	}
	for range 10 { // as often as it takes until the plan is kept
		if state, _ := hold(uuid.NewString()); state != "new" {
			t.Fatalf("a new key is %q", state)
		}
	}
	admin(`insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at, resource_id)
		select $1, sha256(int4send(n)), '\x01', now(), gen_random_uuid() from generate_series(1, 3000) n`, here)
	if state, read := hold("once"); state != "new" || read > 1 {
		t.Errorf("a new key: %q, %d rows read", state, read)
	}
	if state, read := hold("once"); state != "done" || read > 1 {
		t.Errorf("the same once more: %q, %d rows read, want one", state, read)
	}
}
