package walk_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// clearance is the request that clears somebody, or asks to.
func (w *town) clearance(token string, person, staff uuid.UUID) call {
	return call{method: http.MethodPost, path: "/v1/office/protected-persons/" + person.String() + "/clearances", token: token,
		body: map[string]any{"staffId": staff, "until": w.Clock.Now().AddDate(0, 1, 0).Format(time.RFC3339), "reason": "Kontaktperson."}}
}

func lookAt(person uuid.UUID, token string) call {
	return call{path: "/v1/staff/protected-persons/" + person.String(), token: token}
}

// B8, B12, V11: a clearance is given by who answers for the place, freshly signed in; it ends with its last moment, when it is taken away, with the role
// of whoever has it, and with the protection.
func TestClearanceIsGivenAndEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, leaderID := w.person("Pernillus"), w.person("Leonorina")
	sees := func() bool {
		got := w.do(lookAt(child, is[leader].token))
		if got.status != http.StatusOK {
			got.want(t, http.StatusNotFound, "not_found")
		}
		return got.status == http.StatusOK
	}
	nowhere := w.do(call{path: "/v1/nowhere", token: is[head].token}).wire()
	for name, c := range map[string]call{
		"somebody who is not protected":        w.clearance(is[head].token, w.person("Alfhildis"), leaderID),
		"nobody at all":                        w.clearance(is[head].token, newID(), leaderID),
		"a child elsewhere":                    w.clearance(is[head].token, w.person("Mosebackus"), leaderID),
		"for who works elsewhere":              w.clearance(is[head].token, child, w.person("Torunnara")),
		"for a guardian":                       w.clearance(is[head].token, child, w.person("Petronellix")),
		"for who left":                         w.clearance(is[head].token, child, w.person("Xeniador")),
		"for the child":                        w.clearance(is[head].token, child, child),
		"for nobody":                           w.clearance(is[head].token, child, newID()),
		"for somebody in another municipality": w.clearance(is[head].token, child, w.person("Utrikine")),
	} {
		if got := w.do(c); got.wire() != nowhere {
			t.Errorf("a clearance for %s is answered %s", name, got.wire())
		}
	}
	for _, caller := range []who{leader, rektor, utrikine, right} {
		w.do(w.clearance(is[caller].token, child, leaderID)).want(t, http.StatusNotFound, "not_found")
	}
	w.exec("update auth.sessions set authenticated_at = authenticated_at - interval '20 minutes' where person_id = $1", w.person("Heddavina"))
	w.do(w.clearance(is[head].token, child, leaderID)).want(t, http.StatusUnauthorized, "step_up_required")
	w.exec("update auth.sessions set authenticated_at = authenticated_at + interval '20 minutes' where person_id = $1", w.person("Heddavina"))

	if sees() {
		t.Fatal("the name is shown before anybody is cleared")
	}
	given := w.do(w.clearance(is[head].token, child, leaderID)).want(t, http.StatusCreated, "")
	if !sees() || strings.Contains(string(given.body), `"taken":true`) {
		t.Fatalf("cleared: %s", given.body)
	}
	again := w.do(w.clearance(is[head].token, child, leaderID)).want(t, http.StatusCreated, "").id(t)
	revoke := func(id uuid.UUID, token string) reply {
		return w.do(call{method: http.MethodDelete, path: "/v1/office/protected-persons/" + child.String() + "/clearances/" + id.String(), token: token})
	}
	revoke(given.id(t), is[head].token).want(t, http.StatusNoContent, "") // another took its place
	revoke(newID(), is[head].token).want(t, http.StatusNotFound, "not_found")
	if !sees() {
		t.Error("ending what was over has ended what took its place")
	}
	revoke(again, is[rektor].token).want(t, http.StatusNotFound, "not_found")
	revoke(again, is[owner].token).want(t, http.StatusNoContent, "")
	revoke(again, is[owner].token).want(t, http.StatusNoContent, "")
	if sees() {
		t.Error("a clearance that was taken away shows the name")
	}

	id := w.clear("Leonorina", child)
	w.exec("update app.clearances set until = now() where id = $1", id)
	if sees() {
		t.Error("a clearance that is over shows the name")
	}
	w.exec("update app.clearances set until = now() + interval '1 hour' where id = $1", id)
	w.exec("update app.staff_roles set institution_id = $2 where person_id = $1", leaderID, w.institution(school))
	if sees() {
		t.Error("who works elsewhere now is shown the name")
	}
	w.exec("update app.staff_roles set institution_id = $2 where person_id = $1", leaderID, w.institution(kindergarten))
	if !sees() {
		t.Error("the clearance did not come back with the role")
	}
	w.exec("update app.persons set protected_identity = 'marked' where id = $1", child)
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", child)
	if sees() {
		t.Error("a clearance outlived the protection")
	}
}

// B8: who answers for a place has no clearance by that, and can take one; the list says who took theirs, and the trail has it.
func TestHeadTakesAClearance(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child := w.person("Pernillus")
	w.do(lookAt(child, is[head].token)).want(t, http.StatusNotFound, "not_found")
	w.do(w.clearance(is[head].token, child, w.person("Heddavina"))).want(t, http.StatusCreated, "")
	if got := w.do(lookAt(child, is[head].token)).want(t, http.StatusOK, ""); !strings.Contains(string(got.body), "Pernillus") {
		t.Errorf("the head sees %s", got.body)
	}
	list := func(caller who) string {
		path := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/protected-persons"
		return string(w.do(call{path: path, token: is[caller].token}).want(t, http.StatusOK, "").body)
	}
	if got := list(owner); !strings.Contains(got, `"taken":true`) || strings.Contains(got, "Pernillus") || !strings.Contains(got, "Heddavina") {
		t.Errorf("the owner sees %s", got)
	}
	if n := one[int](w, "select count(*) from audit.entries where operation = 'GrantClearance' and outcome = 'done' and actor_id = $1 and person_id = $1", w.person("Heddavina")); n != 1 {
		t.Errorf("%d entries tell that the head took it", n)
	}

	// Twenty heads at once give the same clearance: one of them holds.
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { w.doIn(t, w.clearance(is[owner].token, child, w.person("Leonorina"))) })
	}
	all.Wait()
	if n := one[int](w, "select count(*) from app.clearances_now where staff_id = $1", w.person("Leonorina")); n != 1 {
		t.Errorf("%d clearances of one person hold", n)
	}
}

// B8, O16: the alias is a cleared head's to choose, says nothing of the name, shows everywhere at once, and survives the register.
func TestAliasIsShownEverywhere(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	child, mother := w.person("Pernillus"), w.person("Petronellix")
	w.decide(is[head].token, "Petronellix", "Pernillus", "active")
	thread := w.thread(w.session("Petronellix", scope.Guardian, 0), child, textOfGuardian)
	w.exec("update app.persons set protected_identity = 'protected' where id = $1", mother)
	drawn := one[string](w, "select given_name || ' ' || family_name from app.persons where id = $1", mother)
	w.clear("Heddavina", child) // else nobody of the child's family is named beside its own alias
	read := func() string {
		got := w.do(call{path: "/v1/staff/conversations/" + thread.String() + "/messages", token: is[head].token}).want(t, http.StatusOK, "")
		listed := w.do(call{path: "/v1/staff/institutions/" + w.institution(kindergarten).String() + "/conversations", token: is[head].token}).want(t, http.StatusOK, "")
		return string(got.body) + string(listed.body)
	}
	if got := read(); strings.Count(got, drawn) != 2 || strings.Contains(got, "Petronellix") {
		t.Errorf("what the mother had written shows %s, want the alias %s", got, drawn)
	}
	rename := func(caller who, given, etag string) call {
		return call{method: http.MethodPut, path: "/v1/office/protected-persons/" + mother.String() + "/alias", token: is[caller].token, ifMatch: etag,
			body: map[string]any{"givenName": given, "familyName": "Alm"}}
	}
	listed := w.do(call{path: "/v1/office/institutions/" + w.institution(kindergarten).String() + "/protected-persons", token: is[head].token}).want(t, http.StatusOK, "")
	if got := string(listed.body); !strings.Contains(got, drawn) || strings.Count(got, "aliasDrawn") != 2 {
		t.Errorf("a head who is cleared for the child alone reads the list of child and mother as %s", got)
	}
	w.do(rename(head, "Kim", `"1"`)).want(t, http.StatusNotFound, "not_found") // not cleared
	w.clear("Heddavina", mother)
	w.clear("Leonorina", mother)
	w.do(rename(leader, "Kim", `"1"`)).want(t, http.StatusNotFound, "not_found")
	w.do(rename(head, "Robin", `"1"`)).want(t, http.StatusOK, "")
	w.do(rename(head, "Petronellix", `"2"`)).want(t, http.StatusUnprocessableEntity, "alias_names_person")
	w.do(rename(head, "Kim", `"1"`)).want(t, http.StatusPreconditionFailed, "version_outdated")
	w.do(rename(head, "Kim", `"2"`)).want(t, http.StatusOK, "")
	if got := read(); strings.Count(got, "Kim Alm") != 2 || strings.Contains(got, drawn) {
		t.Errorf("the new alias shows as %s", got)
	}
	w.importLists(w.here, admissions, employments)
	if got := read(); strings.Count(got, "Kim Alm") != 2 || strings.Contains(got, "Petronellix") {
		t.Errorf("after an import: %s", got)
	}
	own := w.do(call{path: "/v1/guardian/children", token: w.session("Petronellix", scope.Guardian, 0)}).want(t, http.StatusOK, "")
	if !strings.Contains(string(own.body), "Pernillus") {
		t.Errorf("a guardian knows their own child by its name, not as %s", own.body)
	}
	w.exec("update app.persons set protected_identity = 'none' where id = any ($1)", []any{child, mother})
	if n := one[int](w, "select count(*) from app.persons where given_name in ('Pernillus', 'Petronellix')"); n != 2 {
		t.Errorf("%d of two names came back when the protection fell", n)
	}
}
