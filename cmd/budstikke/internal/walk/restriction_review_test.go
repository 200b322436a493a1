package walk_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// B8, V10: a head whom a restriction keeps from a child meets it nowhere in a review. Its rows are another's to decide, the figures are the same for
// everybody, whoever completes the review is shown nothing of it, and the signed report is not for whoever is kept from somebody in it.
func TestReviewIsDecidedByWhoMeetsTheChild(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"no_access", "no_location"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			is := w.people()
			boss, own, child := is[head].token, is[owner].token, w.person("Alfhildis")
			clear := w.clear("Emelinda", child)
			id := w.openMonth(t)
			row := one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 and child_id = $2 and person_id = $3 and kind = 'guardian'", id, child, w.person("Annelore"))
			w.do(call{path: "/v1/office/reviews/" + id.String() + "/rows?limit=100", token: boss}).want(t, http.StatusOK, "")
			set := w.restrict(own, "Alfhildis", "Heddavina", kind)
			silent := func(what string, got reply) {
				t.Helper()
				for _, text := range []string{child.String(), "Alfhildis", "Annelore", w.person("Annelore").String(), row.String(), clear.String()} {
					if strings.Contains(got.wire(), text) {
						t.Errorf("%s shows %q: %s", what, text, got.wire())
					}
				}
			}
			path := "/v1/office/reviews/" + id.String()
			for _, rest := range []string{"", "/rows?limit=100", "/rows?limit=100&show=findings", "/rows?limit=100&show=undecided"} {
				silent(rest, w.do(call{path: path + rest, token: boss}).want(t, http.StatusOK, ""))
			}
			if mine, theirs := w.review(t, boss, id), w.review(t, own, id); mine != theirs {
				t.Errorf("the figures differ: %+v, %+v", mine, theirs)
			}
			for _, decision := range []string{"keep", "remove", "change"} {
				w.decideRow(t, boss, id, row, decision, "", "Mer.").want(t, http.StatusNotFound, "not_found")
			}
			w.keepAll(t, boss, id, "Heddavina")
			silent("completing too early", w.complete(id, boss).want(t, http.StatusConflict, "review_undecided"))
			if one[bool](w, "select decision is not null from app.review_rows where id = $1", row) {
				t.Fatal("the row of whom the head is kept from was kept in bulk")
			}
			w.keepAll(t, own, id)
			silent("completing", w.complete(id, boss).want(t, http.StatusOK, ""))
			silent("the report", w.do(call{path: path + "/report", token: boss}).want(t, http.StatusNotFound, "not_found"))
			report := w.do(call{path: path + "/report", token: own}).want(t, http.StatusOK, "")
			if !contains(report, child.String()) || !contains(report, "Annelore") {
				t.Error("the report that the head completed lacks the child that they are kept from")
			}
			if n := one[int](w, "select count(*) from audit.entries where operation = 'CompleteReview' and outcome = 'done' and children @> array[$1::uuid]", child); n != 0 {
				t.Error("the trail says that the head looked at whom they were not shown")
			}
			proposed := w.do(liftOf(set.id(t).String(), "lifting-proposal", own, set.header.Get("ETag"))).want(t, http.StatusOK, "").header.Get("ETag")
			w.do(liftOf(set.id(t).String(), "lifting", is[topOwner].token, proposed)).want(t, http.StatusOK, "")
			w.do(call{path: path + "/report", token: boss}).want(t, http.StatusOK, "")
		})
	}
}

// B8, V10: the report of a review names no guardian beside an alias, also when somebody with a clearance completed it: others read it.
func TestReportIsWithoutWhatNeedsAClearance(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	w.clear("Heddavina", child)
	id := w.openMonth(t)
	if got := w.do(call{path: "/v1/office/reviews/" + id.String() + "/rows?limit=100", token: is[head].token}); !contains(got, "Annelore") {
		t.Fatal("who is cleared is not shown the guardian in the first place")
	}
	w.keepAll(t, is[head].token, id, "Heddavina")
	w.keepAll(t, is[owner].token, id)
	w.complete(id, is[head].token).want(t, http.StatusOK, "")
	report := w.do(call{path: "/v1/office/reviews/" + id.String() + "/report", token: is[owner].token}).want(t, http.StatusOK, "")
	if contains(report, "Annelore") || !contains(report, child.String()) {
		t.Errorf("the report says %s", report.body)
	}
}
