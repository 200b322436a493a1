package migrations_test

import (
	"slices"
	"testing"

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
