package walk_test

import (
	"net/http"
	"testing"
)

// A kept answer that named somebody to a cleared head is not given again after the clearance is over: no guardian is named beside an alias (B8, P5).
func TestKeptAnswersNameNobodyAfterTheClearance(t *testing.T) {
	t.Parallel()
	for _, level := range []string{"protected", "strict"} {
		w := newTown(t)
		is := w.people()
		child, boss := w.person("Alfhildis"), is[head].token
		w.exec("update app.persons set protected_identity = $2 where id = $1", child, level)
		w.clear("Heddavina", child)
		path := "/v1/office/guardianships/" + w.guardianship("Dagfinnor", "Alfhildis").String()
		done := map[string]call{
			"activation": {method: http.MethodPost, path: path + "/activation", token: boss, key: newID().String(),
				ifMatch: w.do(call{path: path, token: boss}).header.Get("ETag")},
			"restriction": {method: http.MethodPost, path: "/v1/office/children/" + child.String() + "/restrictions", token: boss, key: newID().String(),
				body: w.restrictionOf("Bodvaris", "no_photo")},
		}
		for name, c := range done {
			if first, again := w.do(c), w.do(c); first.status >= 300 || string(first.body) != string(again.body) {
				t.Fatalf("%s, %s: %d %s, again %d %s", level, name, first.status, first.body, again.status, again.body)
			}
		}
		w.exec("update app.clearances set revoked_at = now() - interval '1 second', revoked_by = granted_by where revoked_at is null")
		for name, c := range done {
			if got := w.do(c); got.status < 300 || contains(got, "Alfhildis") || contains(got, "Dagfinnor") || contains(got, "Bodvaris") {
				t.Errorf("%s, %s: repeated after the clearance: %d %s", level, name, got.status, got.body)
			}
		}
	}
}

// What is done by the alias of somebody strictly protected is repeated safely: the answer is the first one, and it is done once (B6).
func TestWhatIsDoneByAliasIsRepeatedSafely(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, boss := w.person("Alfhildis"), is[head].token
	w.strict("Alfhildis")
	path := "/v1/office/guardianships/" + w.guardianship("Bodvaris", "Alfhildis").String()
	etag := w.do(call{path: path, token: boss}).want(t, http.StatusOK, "").header.Get("ETag")
	w.strict("Annelore")
	until := w.Clock.Now().AddDate(0, 0, 20).UTC().Format("2006-01-02T15:04:05Z")
	clearance := func(about string) call {
		return call{method: http.MethodPost, path: "/v1/office/protected-persons/" + w.person(about).String() + "/clearances", token: boss, key: newID().String(),
			body: map[string]any{"staffId": w.person("Emelinda"), "until": until, "reason": "Kontaktperson."}}
	}
	for _, c := range []call{
		{method: http.MethodPost, path: "/v1/office/children/" + child.String() + "/restrictions", token: boss, key: newID().String(), body: w.restrictionOf("Dagfinnor", "no_access")},
		{method: http.MethodPost, path: path + "/suspension", token: boss, key: newID().String(), ifMatch: etag, body: map[string]any{"reason": deactivationReason}},
		clearance("Alfhildis"), clearance("Annelore"),
	} {
		first, again := w.do(c), w.do(c)
		if first.status >= 300 || first.status != again.status || string(first.body) != string(again.body) {
			t.Errorf("%s: %d %s, again %d %s", c.path, first.status, first.body, again.status, again.body)
		}
	}
	if n := one[int](w, "select count(*) from app.restrictions where child_id = $1 and kind = 'no_access'", child); n != 1 {
		t.Errorf("%d restrictions", n)
	}
}

// Who is kept from the child since hears nothing again of what they did by its alias (B8).
func TestWhoIsKeptFromTheChildHearsNothingAgain(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Alfhildis")
	w.strict("Alfhildis")
	c := call{method: http.MethodPost, path: "/v1/office/children/" + child.String() + "/restrictions", token: is[head].token, key: newID().String(),
		body: w.restrictionOf("Dagfinnor", "no_access")}
	w.do(c).want(t, http.StatusCreated, "")
	w.exec("update app.restrictions set person_id = $1 where child_id = $2 and person_id = $3", w.person("Heddavina"), child, w.person("Dagfinnor"))
	w.do(c).want(t, http.StatusNotFound, "not_found")
}
