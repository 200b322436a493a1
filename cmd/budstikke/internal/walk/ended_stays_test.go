package walk_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"budstikke.example/migrations/scope"
)

// endFor lets the head of the kindergarten end somebody's account at their request.
func (w *town) endFor(guardianship uuid.UUID) {
	w.tb.Helper()
	w.do(call{method: http.MethodPost, path: "/v1/office/guardianships/" + guardianship.String() + "/account-end", token: w.session("Heddavina", scope.Staff, 0),
		body: map[string]any{"reason": deactivationReason}}).want(w.tb, http.StatusNoContent, "")
}

// H4, V1, V6: what waited for a proof when the account ended is closed with it. Applying again is a strong sign-in, too, and opens none of it.
func TestTheEndClosesWhatWaitedForAProof(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	w.age("Annelore", 400)
	w.passOn()
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Fatalf("overdue: %s", got)
	}
	w.endFor(w.guardianship("Annelore", "Alfhildis"))
	if got := w.accessOf("Annelore", "Alfhildis"); got != "inactive" {
		t.Errorf("after the end: %s", got)
	}
	applicant, kind := w.bankID(w.numbers["Annelore"].Digits()).session(t)
	if kind != "applicant" {
		t.Fatalf("after the end BankID leads to a session of kind %s", kind)
	}
	w.apply(applicant, mailOf("Annelore-anew"))
	w.bankID(w.numbers["Annelore"].Digits())
	if got := w.open("Annelore"); len(got) != 0 {
		t.Errorf("applying again opened %v", got)
	}
	if got := w.open("Bodvaris"); !slices.Equal(got, []string{"Alfhildis"}) {
		t.Errorf("the other guardian has %v", got)
	}

	// What a head suspended is not softened by the end (V15).
	w.decide(w.session("Heddavina", scope.Staff, 0), "Annelore", "Alfhildis", "active")
	path := "/v1/office/guardianships/" + w.guardianship("Annelore", "Alfhildis").String()
	boss := w.session("Heddavina", scope.Staff, 0)
	w.do(call{method: http.MethodPost, path: path + "/suspension", token: boss, body: map[string]any{"reason": deactivationReason},
		ifMatch: w.do(call{path: path, token: boss}).header.Get("ETag")}).want(t, http.StatusOK, "")
	w.endFor(w.guardianship("Annelore", "Alfhildis"))
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Errorf("suspended by a head, and the account ended: %s", got)
	}
}

// H4, H7: whoever has no account yet is heard as well: a letter, a case and an application that would lead to one end.
func TestTheEndBeforeTheAccount(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.manual()
	guardianship := one[uuid.UUID](w, "select id from app.guardianships where guardian_id = $1", w.person("Gretchenia"))
	code := w.handOver(guardianship, "gast@example.com")
	waits := w.do(w.assist(w.session("Emelinda", scope.Staff, 0), kindergarten, guardianship, "gast@example.com")).want(t, http.StatusCreated, "").id(t)
	token, _ := w.bankID(w.numbers["Gretchenia"].Digits()).session(t)
	w.fillIn(token, mailOf("Gretchenia"))
	w.do(submission(token)).want(t, http.StatusAccepted, "")
	w.endFor(guardianship)
	w.do(w.activation(w.here, code)).want(t, http.StatusUnauthorized, "activation_failed")
	boss := w.session("Heddavina", scope.Staff, 0)
	w.do(w.second(boss, kindergarten, waits, "confirmed")).want(t, http.StatusConflict, "assisted_case_closed")
	if list, _ := w.queue(boss, kindergarten, ""); len(list) != 0 {
		t.Errorf("still waiting: %+v", list)
	}
	if n := one[int](w, "select count(*) from app.applications where person_id = $1 and state = 'withdrawn'", w.person("Gretchenia")); n != 1 || w.accounts("Gretchenia") != 0 {
		t.Errorf("%d applications withdrawn, %d accounts", n, w.accounts("Gretchenia"))
	}
	w.do(call{path: "/v1/signin/application", token: token}).want(t, http.StatusUnauthorized, "sign_in_required")
	if _, kind := w.bankID(w.numbers["Gretchenia"].Digits()).session(t); kind != "applicant" {
		t.Errorf("applying again: %s", kind)
	}
}

// B12: what needs an end by now, and had none when it was suspended, is for a head; the sign-in goes on.
func TestAProofOpensNothingWithoutTheEndItNeeds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	w.lookedAfter(is, "Annelore")
	w.lookedAfter(is, "Bodvaris")
	w.exec("update app.guardianships set time_boxed = true where id = $1", w.guardianship("Annelore", "Alfhildis"))
	w.age("Annelore", 400)
	w.passOn()
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Fatalf("overdue: %s", got)
	}
	if status := w.bankID(w.numbers["Annelore"].Digits()).text(t, "status"); status != "signed_in" {
		t.Fatalf("signing in: %s", status)
	}
	if got := w.accessOf("Annelore", "Alfhildis"); got != "suspended" {
		t.Errorf("opened without an end: %s", got)
	}
}

// B8: whom a block is about neither reads why nor lifts it, whatever they answer for.
func TestNobodyLiftsTheirOwnBlock(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	is := w.people()
	set := w.restrict(is[owner].token, "Alfhildis", "Heddavina", "no_photo")
	id, etag := set.id(t).String(), set.header.Get("ETag")
	list := "/v1/office/institutions/" + w.institution(kindergarten).String() + "/restrictions"
	if got := w.do(call{path: list, token: is[head].token}).want(t, http.StatusOK, ""); strings.Contains(string(got.body), id) {
		t.Errorf("whom it is about reads %s", got.body)
	}
	if got := w.do(call{path: list, token: is[owner].token}).want(t, http.StatusOK, ""); !strings.Contains(string(got.body), id) {
		t.Errorf("whoever set it reads %s", got.body)
	}
	w.do(liftOf(id, "lifting-proposal", is[head].token, etag)).want(t, http.StatusNotFound, "not_found")
	proposed := w.do(liftOf(id, "lifting-proposal", is[owner].token, etag)).want(t, http.StatusOK, "").header.Get("ETag")
	w.do(liftOf(id, "lifting", is[head].token, proposed)).want(t, http.StatusNotFound, "not_found")
}
