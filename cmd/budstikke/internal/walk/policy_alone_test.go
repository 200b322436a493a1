package walk_test

import (
	"fmt"
	"testing"

	"budstikke.example/app/web/contract"
	"budstikke.example/auth/access"
)

// policyAlone takes row-level security away at the end of the walk: the policy in front of every transaction refuses every cell by itself (P1).
// The other half, row-level security without the policy, is the walk in the build with the tag nopolicy.
func (w *walk) policyAlone(t *testing.T, operations []*contract.Operation) {
	t.Helper()
	if access.Decide(access.Subject{}, access.Policy{}, access.Facts{}, access.Env{}).Allow {
		return // this build has no policy
	}
	w.tearDownWalls()
	before := w.fingerprint()
	for _, o := range operations {
		if r := table[o.ID]; !r.open {
			w.refused(t, o, r)
		}
	}
	w.unchanged(t, before, "while the policy alone refused everybody")
}

// tearDownWalls takes row-level security from every table of this database.
func (w *town) tearDownWalls() {
	w.tb.Helper()
	rows, err := w.Admin.Query(w.ctx, `select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p') and c.relrowsecurity`)
	must(w.tb, err)
	var tables []string
	for rows.Next() {
		var table string
		must(w.tb, rows.Scan(&table))
		tables = append(tables, table)
	}
	must(w.tb, rows.Err())
	if len(tables) < 20 {
		w.tb.Fatalf("only %d tables had row-level security", len(tables))
	}
	for _, table := range tables {
		w.exec(fmt.Sprintf("alter table %[1]s no force row level security, disable row level security", table))
	}
}
