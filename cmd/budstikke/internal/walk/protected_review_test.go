package walk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// V10, B8, B12: the review of a place lists who is cleared for whom, by alias, with what was found about it; removed there, a clearance ends at once.
func TestClearancesAreReviewed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Pernillus")
	given := map[string]uuid.UUID{}
	for _, name := range []string{"Leonorina", "Emelinda", "Xeniador", "Heddavina"} {
		given[name] = w.clear(name, child)
	}
	w.exec("update app.clearances set granted_by = $2, until = now() + interval '200 days' where id <> $1", given["Heddavina"], w.person("Oddvarina"))
	w.exec("update app.clearances set until = now() + interval '9 days' where id = any ($1)", []any{given["Emelinda"], given["Heddavina"]})
	w.do(lookAt(child, is[leader].token)).want(t, http.StatusOK, "")
	over := w.clear("Oddvarina", child)
	w.exec("update app.clearances set until = granted_at + interval '1 second' where id = $1", over)
	alias := one[string](w, "select given_name || ' ' || family_name from app.persons where id = $1", child)
	review := w.openMonth(t)

	rows := map[uuid.UUID]reviewRow{}
	for _, r := range w.reviewRows(t, is[owner].token, review, "?limit=100") {
		if r.Kind == "clearance" {
			rows[r.PersonID] = r
		}
	}
	for name, want := range map[string][]string{
		"Leonorina": {}, "Emelinda": {"never_used", "ends_soon"}, "Xeniador": {"never_used", "holder_gone"}, "Heddavina": {"never_used", "ends_soon", "self_given"},
	} {
		r := rows[w.person(name)]
		if !slices.Equal(r.Findings, want) || r.ChildName != alias || r.PersonName != name+" "+surname(name) {
			t.Errorf("the clearance of %s is reviewed as %+v, want %v for %s", name, r, want, alias)
		}
	}
	if len(rows) != len(given) {
		t.Errorf("%d clearances are reviewed, want %d", len(rows), len(given))
	}

	row := func(name string) uuid.UUID { return rows[w.person(name)].ID }
	w.decideRow(t, is[head].token, review, row("Heddavina"), "keep", "", "").want(t, http.StatusConflict, "review_row_not_yours")
	w.decideRow(t, is[owner].token, review, row("Heddavina"), "keep", "", "").want(t, http.StatusOK, "")
	w.decideRow(t, is[head].token, review, row("Leonorina"), "remove", "", "").want(t, http.StatusOK, "")
	w.do(lookAt(child, is[leader].token)).want(t, http.StatusNotFound, "not_found")
	if n := one[int](w, "select count(*) from app.clearances where id = $1 and revoked_by = $2", given["Leonorina"], w.person("Heddavina")); n != 1 {
		t.Error("who removed the clearance does not stand with it")
	}
	w.exec("update app.clearances set revoked_at = now() where id = $1", given["Emelinda"])
	for _, r := range w.reviewRows(t, is[head].token, review, "?limit=100") {
		if r.ID == row("Emelinda") && !r.Over {
			t.Error("a clearance that was revoked meanwhile is not shown as over")
		}
	}
}

// B8, V10: the others who answer for the place are told that a clearance was given, and nothing of whom it is about; not who gave it or has it, and
// nobody who is kept from the child.
func TestOthersAreToldOfAClearance(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Pernillus")
	const kind = "clearance_granted"
	expect := func(what string, want map[string]int) {
		t.Helper()
		for _, given := range []string{"Heddavina", "Oddvarina", "Kommunalia", "Leonorina", "Emelinda", "Rektorina", "Petronellix"} {
			if n := w.told(kind, given); n != want[given] {
				t.Errorf("%s: %s was told %d times, want %d", what, given, n, want[given])
			}
		}
	}
	w.do(w.clearance(is[head].token, child, w.person("Leonorina"))).want(t, http.StatusCreated, "")
	expect("the head gave it", map[string]int{"Oddvarina": 1, "Kommunalia": 1})
	w.do(w.clearance(is[head].token, child, w.person("Heddavina"))).want(t, http.StatusCreated, "")
	expect("the head took it", map[string]int{"Oddvarina": 2, "Kommunalia": 2})
	w.restrict(is[owner].token, "Pernillus", "Kommunalia", "no_access")
	w.do(w.clearance(is[owner].token, child, w.person("Heddavina"))).want(t, http.StatusCreated, "")
	expect("the owner gave it to the head, and the other owner is kept from the child", map[string]int{"Oddvarina": 2, "Kommunalia": 2})
	w.do(w.clearance(is[owner].token, child, w.person("Emelinda"))).want(t, http.StatusCreated, "")
	expect("the owner gave it", map[string]int{"Oddvarina": 2, "Kommunalia": 2, "Heddavina": 1})

	notices := w.noticesOf(is[owner].token)
	if !strings.Contains(notices, kind) || strings.Contains(notices, child.String()) || strings.Contains(notices, w.person("Leonorina").String()) {
		t.Errorf("what the owner is shown: %s", notices)
	}
	if subjects := one[int](w, "select count(*) from notify.events where kind = $1 and subject_id <> $2", kind, w.institution(kindergarten)); subjects != 0 {
		t.Errorf("%d events name something else than the place", subjects)
	}
}

// B8, P5: beside a child whose name is kept no guardian is named to staff who are not cleared for it; elsewhere, and to who is cleared, they are.
func TestGuardiansAreNotNamedBesideAnAlias(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, place := w.person("Alfhildis"), w.institution(kindergarten).String()
	thread := w.thread(is[other].token, child, textOfGuardian)
	w.restrict(is[head].token, "Alfhildis", "Fridabella", "no_photo")
	w.waits(kindergarten, "custody_rises", "Fridabella", "Alfhildis", false)
	w.do(call{method: http.MethodPut, path: "/v1/office/guardianships/" + w.guardianship("Dagfinnor", "Alfhildis").String() + "/wish", token: is[head].token,
		body: map[string]any{"wished": true}}).want(t, http.StatusOK, "")
	review := w.openMonth(t)
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	alias := one[string](w, "select given_name || ' ' || family_name from app.persons where id = $1", child)
	shown := map[string]string{ // whom each would name
		"/v1/office/institutions/" + place + "/guardianships?limit=100":        "Bodvaris",
		"/v1/staff/institutions/" + place + "/conversations?limit=100":         "Bodvaris",
		"/v1/staff/conversations/" + thread.String() + "/messages":             "Bodvaris",
		"/v1/office/institutions/" + place + "/restrictions?limit=100":         "Fridabella",
		"/v1/office/institutions/" + place + "/held-changes?limit=100":         "Fridabella",
		"/v1/office/institutions/" + place + "/proposed-activations?limit=100": "Dagfinnor",
		"/v1/office/children/" + child.String() + "/access":                    "Bodvaris",
		"/v1/office/reviews/" + review.String() + "/rows?limit=100":            "Bodvaris",
	}
	for path, given := range shown {
		got := w.do(call{path: path, token: is[head].token}).want(t, http.StatusOK, "")
		named := contains(got, given)
		if strings.Contains(path, "/guardianships") {
			named = named || strings.Count(string(got.body), "Fridabella ") != 1 // with her other child, and there only
		}
		if named {
			t.Errorf("%s names %s beside %s: %s", path, given, alias, got.body)
		}
	}
	w.clear("Heddavina", child)
	for path, given := range shown {
		if got := w.do(call{path: path, token: is[head].token}).want(t, http.StatusOK, ""); !contains(got, given) {
			t.Errorf("%s does not name %s to a head who is cleared: %s", path, given, got.body)
		}
	}
}
