package walk_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// Batches about the same guardians in opposite orders and at the same time take turns: none of them is given up because two wait for each other (P23).
func TestBatchesInOppositeOrdersTakeTurns(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	boss, review := is[head].token, w.openMonth(t)
	guardianships := one[[]string](w, `select array_agg(guardianship_id::text order by guardianship_id) from app.guardianship_access a
		where institution_id = $1 and status = 'active' and exists (select from app.review_rows r where r.grant_id = a.guardianship_id)`,
		w.institution(kindergarten))
	if len(guardianships) < 3 {
		t.Fatalf("%d guardians are too few to be in an order", len(guardianships))
	}
	rising := make([]any, len(guardianships))
	falling := make([]any, len(guardianships))
	for i, g := range guardianships {
		rising[i] = map[string]any{"guardianshipId": g, "etag": "\"1\""}
		row := one[string](w, "select id::text from app.review_rows where review_id = $1 and grant_id = $2::text::uuid", review, g)
		falling[i] = map[string]any{"rowId": row, "decision": "remove", "note": "Flyttar."}
	}
	slices.Reverse(falling)
	for range 6 {
		w.exec("update app.guardianship_access set status = 'active' where institution_id = $1 and guardianship_id::text = any($2)", w.institution(kindergarten), guardianships)
		w.exec("update app.review_rows set decision = null, outcome = null, decided_by = null, decided_at = null, note = '' where review_id = $1", review)
		decided := 0
		for i, r := range w.atOnce(t, 4, func(i int) call {
			c := call{method: http.MethodPost, path: "/v1/office/reviews/" + review.String() + "/decisions", token: boss, body: map[string]any{"decisions": falling}}
			if i%2 > 0 {
				c.path, c.body = "/v1/office/institutions/"+w.institution(kindergarten).String()+"/activations", map[string]any{"items": rising}
			}
			c.key = fmt.Sprintf("a-batch-of-its-own-%02d-%s", i, newID())
			return c
		}) {
			switch {
			case r.status == http.StatusOK && i%2 == 0:
				decided++
			case r.status != http.StatusOK && r.status != http.StatusConflict:
				t.Errorf("batch %d is answered %d %s", i, r.status, r.code)
			}
		}
		if decided != 1 {
			t.Errorf("the rows were decided %d times, want once", decided)
		}
	}
}
