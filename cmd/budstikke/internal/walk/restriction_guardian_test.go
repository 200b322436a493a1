package walk_test

import (
	"net/http"
	"testing"

	"budstikke.example/migrations/scope"
)

// B8: whom a restriction keeps from a child it keeps from the names of its guardians, too, where those are kept: neither does a head take a clearance for
// one of them, nor give one to somebody who is kept, nor does a clearance from before show the name. To them the guardian is nobody.
func TestWhoIsKeptFromAChildIsNotClearedForItsGuardian(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"no_access", "no_location"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			own, boss := w.session("Oddvarina", scope.Staff, 0), w.session("Heddavina", scope.Staff, 0)
			mother, place := w.person("Ceciliana"), w.institution(kindergarten)
			w.exec("update app.persons set protected_identity = 'strict' where id = any($1)", []any{mother, w.person("Caspianus")})
			w.clear("Oddvarina", w.person("Caspianus"))
			for _, given := range []string{"Heddavina", "Leonorina"} {
				w.clear(given, mother)
				w.do(lookAt(mother, w.session(given, scope.Staff, 0))).want(t, http.StatusOK, "")
			}
			list := call{path: "/v1/office/institutions/" + place.String() + "/protected-persons", token: boss}
			if !contains(w.do(list), mother.String()) {
				t.Fatal("the head is not shown the guardian in the first place")
			}
			review := w.openMonth(t)
			w.restrict(own, "Caspianus", "Heddavina", kind)
			set := w.restrict(own, "Caspianus", "Leonorina", kind)

			nowhere := w.do(lookAt(newID(), boss)).wire()
			for _, given := range []string{"Heddavina", "Leonorina"} {
				if got := w.do(lookAt(mother, w.session(given, scope.Staff, 0))); got.wire() != nowhere {
					t.Errorf("%s, cleared before, is answered %s", given, got.wire())
				}
				w.do(w.clearance(own, mother, w.person(given))).want(t, http.StatusNotFound, "not_found")
				w.do(w.clearance(boss, mother, w.person(given))).want(t, http.StatusNotFound, "not_found")
			}
			w.do(w.clearance(boss, mother, w.person("Emelinda"))).want(t, http.StatusNotFound, "not_found")
			if got := w.do(list).want(t, http.StatusOK, ""); contains(got, mother.String()) {
				t.Errorf("the list of who is kept: %s", got.body)
			}
			rows := call{path: "/v1/office/reviews/" + review.String() + "/rows?limit=100", token: boss}
			if got := w.do(rows).want(t, http.StatusOK, ""); contains(got, mother.String()) {
				t.Errorf("the review of who is kept: %s", got.body)
			}

			w.do(w.clearance(own, mother, w.person("Emelinda"))).want(t, http.StatusCreated, "")
			if n := w.told("clearance_granted", "Heddavina"); n != 0 {
				t.Errorf("who is kept was told of a clearance %d times", n)
			}
			w.exec("update app.restrictions set until = now() where id = $1", set.id(t))
			w.do(lookAt(mother, w.session("Leonorina", scope.Staff, 0))).want(t, http.StatusOK, "") // B12: the clearance has not ended
		})
	}
}
