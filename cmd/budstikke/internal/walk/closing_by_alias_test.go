package walk_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// V15, V10, B8: who answers for a strictly protected child closes and suspends an access to it and keeps an adult from it without a clearance, by the
// alias: in the office, and by a row of the review. Nobody is named, nothing is opened, and nobody else can do it. The database opens nothing by itself.
func TestAccessToAStrictlyProtectedChildIsClosedByItsAlias(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, boss := w.person("Alfhildis"), is[head].token
	review := w.openMonth(t)
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", child)
	path := func(given string) string {
		return "/v1/office/guardianships/" + w.guardianship(given, "Alfhildis").String()
	}
	post := func(token, path, etag string, body any) reply {
		return w.do(call{method: http.MethodPost, path: path, token: token, ifMatch: etag, body: body})
	}
	named := func(what string, got reply) {
		t.Helper()
		for _, text := range []string{"Alfhildis", "Annelore", "Bodvaris"} {
			if contains(got, text) {
				t.Errorf("%s names %s: %s", what, text, got.body)
			}
		}
	}
	reason := map[string]any{"reason": deactivationReason}
	open := func(given string) bool {
		return w.do(call{path: "/v1/guardian/children/" + child.String(), token: w.session(given, scope.Guardian, 0)}).status == http.StatusOK
	}
	if !open("Annelore") || !open("Bodvaris") {
		t.Fatal("the guardians do not see their child in the first place")
	}

	got := w.do(call{path: path("Annelore"), token: boss}).want(t, http.StatusOK, "")
	named("the guardianship", got)
	etag := got.header.Get("ETag")
	for _, caller := range []who{leader, rektor, utrikine, right} {
		post(is[caller].token, path("Annelore")+"/suspension", etag, reason).want(t, http.StatusNotFound, "not_found")
	}
	got = post(boss, path("Annelore")+"/suspension", etag, reason).want(t, http.StatusOK, "")
	named("the suspension", got)
	etag = got.header.Get("ETag")
	if open("Annelore") {
		t.Error("the guardian who was suspended sees the child")
	}
	post(boss, path("Annelore")+"/activation", etag, nil).want(t, http.StatusNotFound, "not_found")
	batch := w.do(call{method: http.MethodPost, path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/activations", token: boss,
		body: map[string]any{"items": []any{map[string]any{"guardianshipId": w.guardianship("Annelore", "Alfhildis"), "etag": etag}}}}).want(t, http.StatusOK, "")
	if !contains(batch, `"not_found"`) || open("Annelore") {
		t.Errorf("in a batch: %s", batch.body)
	}
	named("the deactivation", post(boss, path("Annelore")+"/deactivation", etag, reason).want(t, http.StatusOK, ""))

	row := one[uuid.UUID](w, "select id from app.review_rows where review_id = $1 and child_id = $2 and person_id = $3 and kind = 'guardian'", review, child, w.person("Bodvaris"))
	named("the review", w.decideRow(t, boss, review, row, "remove", "", "").want(t, http.StatusOK, ""))
	if open("Bodvaris") || w.accessOf("Bodvaris", "Alfhildis") != "inactive" {
		t.Errorf("removed in the review, the access is %s", w.accessOf("Bodvaris", "Alfhildis"))
	}

	restrictions := "/v1/office/children/" + child.String() + "/restrictions"
	for _, caller := range []who{leader, rektor, utrikine} {
		post(is[caller].token, restrictions, "", w.restrictionOf("Bodvaris", "no_access")).want(t, http.StatusNotFound, "not_found")
	}
	set := post(boss, restrictions, "", w.restrictionOf("Bodvaris", "no_access")).want(t, http.StatusCreated, "")
	named("the restriction", set)
	post(boss, "/v1/office/restrictions/"+set.id(t).String()+"/lifting-proposal", set.header.Get("ETag"), nil).want(t, http.StatusNotFound, "not_found")
	for _, list := range []string{"/guardianships?limit=100", "/restrictions?limit=100"} {
		if got := w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + list, token: boss}); contains(got, child.String()) {
			t.Errorf("%s shows the child to who is not cleared: %s", list, got.body)
		}
	}

	err := w.API.WithScope(w.ctx, scope.Of(w.here, scope.Staff), func(tx *scope.Tx) error {
		if _, err := tx.Exec(w.ctx, "select scope.open($1, $2, 'staff'), app.unseal_for_closing($3, null)", w.here, w.person("Heddavina"), child); err != nil {
			return err
		}
		_, err := tx.Exec(w.ctx, `insert into app.guardianship_decisions (municipality_id, id, guardianship_id, institution_id, status, reason, decided_by, decided_at)
			values (scope.municipality(), $1, $2, $3, 'active', 'x', scope.person(), now())`, newID(), w.guardianship("Annelore", "Alfhildis"), w.institution(kindergarten))
		return err
	})
	if err == nil {
		t.Error("the database lets who is not cleared open an access by the alias")
	}
	w.restrictByAdmin("Alfhildis", "Heddavina", "no_access")
	boss = w.session("Heddavina", scope.Staff, 0)
	w.do(call{path: path("Dagfinnor"), token: boss}).want(t, http.StatusNotFound, "not_found")
	post(boss, path("Dagfinnor")+"/suspension", `"1"`, reason).want(t, http.StatusNotFound, "not_found")
	post(boss, restrictions, "", w.restrictionOf("Annelore", "no_access")).want(t, http.StatusNotFound, "not_found")
}

// restrictByAdmin keeps somebody from a child as if an owner had, without a reason that could be read.
func (w *town) restrictByAdmin(child, given, kind string) {
	w.tb.Helper()
	w.exec(`insert into app.restrictions (municipality_id, id, child_id, person_id, kind, starts_at, reason_sealed, reason_key, set_by, set_at)
		values ($1, gen_random_uuid(), $2, $3, $4, now() - interval '1 minute', '\x00', 1, $3, now())`, w.here, w.person(child), w.person(given), kind)
}
