package walk_test

import (
	"net/http"
	"testing"
)

// B8: whom a restriction is about neither reads why, nor sees it, nor lifts it, whatever they answer for; for everybody else nothing changes, and two
// restrictions between the same two are two.
func TestNobodyLiftsARestrictionOnThemselves(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	list := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/restrictions"
	for _, kind := range []string{"no_contact", "no_photo", "no_location"} {
		set := w.restrict(is[owner].token, "Alfhildis", "Heddavina", kind)
		id, etag := set.id(t).String(), set.header.Get("ETag")
		if got := w.do(call{path: list, token: is[head].token}).want(t, http.StatusOK, ""); contains(got, id) || contains(got, "Kvistbräda") {
			t.Errorf("%s: the head reads the restriction on themselves: %s", kind, got.body)
		}
		if got := w.do(call{path: list, token: is[owner].token}).want(t, http.StatusOK, ""); !contains(got, id) {
			t.Errorf("%s: the owner does not see it: %s", kind, got.body)
		}
		w.do(liftOf(id, "lifting-proposal", is[head].token, etag)).want(t, http.StatusNotFound, "not_found")
		proposed := w.do(liftOf(id, "lifting-proposal", is[owner].token, etag)).want(t, http.StatusOK, "").header.Get("ETag")
		w.do(liftOf(id, "lifting", is[head].token, proposed)).want(t, http.StatusNotFound, "not_found")
		w.do(liftOf(id, "lifting", is[owner].token, proposed)).want(t, http.StatusConflict, "lifting_needs_another_person")
		w.do(liftOf(id, "lifting-proposal", is[owner].token, etag)).want(t, http.StatusPreconditionFailed, "version_outdated")
	}

	// One of two kinds is lifted, and the other holds (B8). The head, who must not know where the child is, meets it no more.
	child := "/v1/guardian/children/" + w.person("Alfhildis").String()
	w.restrict(is[topOwner].token, "Alfhildis", "Annelore", "no_access")
	contact := w.restrict(is[topOwner].token, "Alfhildis", "Annelore", "no_contact")
	proposed := w.do(liftOf(contact.id(t).String(), "lifting-proposal", is[topOwner].token, contact.header.Get("ETag"))).want(t, http.StatusOK, "").header.Get("ETag")
	w.do(liftOf(contact.id(t).String(), "lifting", is[owner].token, proposed)).want(t, http.StatusOK, "")
	w.do(call{path: child, token: w.session("Annelore", "guardian", 0)}).want(t, http.StatusNotFound, "not_found")
}
