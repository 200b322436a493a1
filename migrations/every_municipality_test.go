package migrations_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"budstikke.example/migrations/pgtest"
)

// B14: a connection that was first asked by a municipality with nothing goes by the key also for one with thousands.
func TestKeptPlansAreForEveryMunicipality(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	small, large := uuid.New(), uuid.New()
	for _, sql := range []string{
		`insert into app.municipalities select m, 'm-' || left(m::text, 8), 'M', 'SE', 'sv', 'Europe/Stockholm', '1', now() from unnest(array[$1::uuid, $2]) m`,
		`insert into app.idempotency_keys (municipality_id, key_hash, fingerprint, created_at)
			select m, sha256(int4send(n)), '\x01', now() from generate_series(1, 10000) n, unnest(array[$1::uuid, $2]) m where m = $2`,
		"analyze app.idempotency_keys",
	} {
		var args []any
		if sql != "analyze app.idempotency_keys" {
			args = []any{small, large}
		}
		if _, err := d.Admin.Exec(t.Context(), sql, args...); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pgx.Connect(t.Context(), d.APIURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	read := func(here uuid.UUID) (rows int) {
		t.Helper()
		tx, err := conn.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback(t.Context()) }()
		if _, err := tx.Exec(t.Context(), "select scope.open($1, null, 'machine'), set_config('plan_cache_mode', 'force_generic_plan', true)", here); err != nil {
			t.Fatal(err)
		}
		if _, err := tx.Exec(t.Context(), "select app.hold_key('O', '\\x00', '\\x01', now())"); err != nil {
			t.Fatal(err)
		}
		if err := tx.QueryRow(t.Context(), "select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relname = 'idempotency_keys'").Scan(&rows); err != nil {
			t.Fatal(err)
		}
		return rows
	}
	read(small)
	if rows := read(large); rows > 2 {
		t.Errorf("a key that is not there read %d rows", rows)
	}
	var planned int // for the municipality that asks first
	if err := d.Admin.QueryRow(t.Context(), `select count(*) from pg_proc p join pg_language l on l.oid = p.prolang and l.lanname = 'plpgsql'
		where (p.proconfig @> array['plan_cache_mode=force_generic_plan'] or p.proconfig @> array['enable_seqscan=off'])
		  and p.prosrc ~ '[^:]= scope\.municipality\(\)'`).Scan(&planned); err != nil || planned > 0 {
		t.Errorf("%d functions keep a plan that was made for one municipality: say (select scope.municipality()); %v", planned, err)
	}
}
