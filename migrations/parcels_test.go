package migrations_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"budstikke.example/migrations/pgtest"
)

// What changes in the life of a delivery stands in no index, neither as a column nor in a condition, and of a parcel only its lease and its time do: the
// ending of a notice is then written beside it on its page, which costs a fraction of a row with all its index entries.
func TestWhatChangesStandsInNoIndex(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for table, stays := range map[string][]string{
		"notify.deliveries": {"municipality_id", "id", "person_id", "created_at", "channel", "alone"},
		"notify.parcels":    {"municipality_id", "id", "provider", "urgency", "next_at", "lease_until"}, // the lease: see the index
	} {
		indexed := rows(t, d, `
			select distinct a.attname::text from pg_index x
			join pg_attribute a on a.attrelid = x.indrelid and (a.attnum = any (x.indkey::int2[]) or exists (
				select from pg_depend p where p.classid = 'pg_class'::regclass and p.objid = x.indexrelid and p.refobjid = x.indrelid and p.refobjsubid = a.attnum))
			where x.indrelid = $1::text::regclass and a.attnum > 0`, table)
		if len(indexed) < 4 {
			t.Fatalf("%s has only %v in its indexes", table, indexed)
		}
		for _, column := range indexed {
			if !slices.Contains(stays, column) {
				t.Errorf("%s.%s changes and stands in an index", table, column)
			}
		}
	}
}

// A trigger that is asked for each row before an update has the row locked first, whatever columns it is about: what is settled by the thousand has none.
func TestNothingIsAskedOfEachDeliveryThatIsSettled(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	asked := rows(t, d, `
		select format('%s on %s', g.tgname, g.tgrelid::regclass) from pg_trigger g
		where g.tgrelid in (select relid from pg_partition_tree('notify.deliveries') union select 'notify.parcels'::regclass)
		  and g.tgtype & 1 = 1 and g.tgtype & 16 = 16 -- for each row, of an update
		order by 1`)
	if len(asked) > 0 {
		t.Errorf("asked for each row of an update: %v", asked)
	}
}

// What a delivery is of, to whom and by what way, does not change: nobody but the owner has the right to, also not in the second of two changes in one statement,
// and the owner is asked (V15, V20).
func TestWhatADeliveryIsStays(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	for _, column := range []string{
		"municipality_id", "id", "event_id", "urgency", "person_id", "grounds", "child_id", "institution_id", "channel", "provider", "endpoint_id", "created_at", "alone",
	} {
		_, err := d.Admin.Exec(t.Context(), `update notify.deliveries set `+column+` = `+column)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.ConstraintName != "what_a_delivery_is_stays" {
			t.Errorf("%s was changed: %v", column, err)
		}
		for _, by := range []string{"budstikke_worker", "budstikke_access", "budstikke_api"} {
			var may bool
			if err := d.Admin.QueryRow(t.Context(), `select has_column_privilege($1, 'notify.deliveries', $2, 'update')`, by, column).Scan(&may); err != nil || may {
				t.Errorf("%s may change %s: %v, %v", by, column, may, err)
			}
		}
	}
	_, err := d.Worker.Pool().Exec(t.Context(), `
		with x as (update notify.deliveries set urgency = 'critical' returning 1) update notify.deliveries set state = state where false`)
	var forbidden *pgconn.PgError
	if !errors.As(err, &forbidden) || forbidden.Code != "42501" {
		t.Errorf("beside another change an urgency was changed: %v", err)
	}
	if _, err := d.Admin.Exec(t.Context(), `update notify.deliveries set state = 'sent'`); err != nil {
		t.Errorf("its state cannot change: %v", err)
	}
}

// What the functions of budstikke_access write into deliveries is not checked again: each of those named here takes event and endpoints from their tables,
// and has a test that it does.
func TestWhoWritesDeliveriesUnchecked(t *testing.T) {
	t.Parallel()
	d := pgtest.New(t)
	got := rows(t, d, `select p.oid::regproc::text from pg_proc p where p.proowner = 'budstikke_access'::regrole and p.prosecdef
		and p.prosrc ~* 'into\s+notify\.deliveries' order by 1`)
	if want := []string{"notify.fan_out", "notify.send_synthetic"}; !slices.Equal(got, want) {
		t.Errorf("%v write deliveries unchecked, want %v", got, want)
	}
}
