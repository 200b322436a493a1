package walk_test

import (
	"net/http"
	"testing"

	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox/openid"
)

// protectedThere is somebody of whom the provider says that name and address are protected.
func protectedThere(who openid.Person) openid.Person {
	who.Claims["protected"] = true
	return who
}

func (w *town) protectionOf(given string) string {
	return one[string](w, "select protected_identity from app.persons where id = $1", w.person(given))
}

// H7, B8: a guardian whose name is protected where they come from is marked here, and is answered what somebody is whom nobody knows, to the byte; a
// register that says more stays right.
func TestProviderThatProtectsAGuardian(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	annelore := w.numbers["Annelore"].Digits()
	nobody := w.finish(w.journey("guardian", protectedThere(byNumber("n", "190001019802"))), "").want(t, http.StatusOK, "")
	if nobody.text(t, "status") != "contact_institution" {
		t.Fatalf("somebody whom nobody knows: %s", nobody.body)
	}
	got := w.finish(w.journey("guardian", protectedThere(byNumber("a", annelore))), "").want(t, http.StatusOK, "")
	if got.wire() != nobody.wire() {
		t.Errorf("a protected guardian is answered\n%s\nand nobody\n%s", got.wire(), nobody.wire())
	}
	if got := w.protectionOf("Annelore"); got != "marked" {
		t.Errorf("their protection is %s, want marked", got)
	}
	// It is never lowered by a later no, and opens no application.
	if again := w.finish(w.journey("guardian", byNumber("a", annelore)), ""); again.wire() != nobody.wire() || w.protectionOf("Annelore") != "marked" {
		t.Errorf("when the provider says no later: %s, %s", again.body, w.protectionOf("Annelore"))
	}
	w.exec("update app.persons set protected_identity = 'strict' where id = $1", w.person("Gretchenia"))
	w.finish(w.journey("guardian", protectedThere(byNumber("g", w.numbers["Gretchenia"].Digits()))), "").want(t, http.StatusOK, "")
	if got := w.protectionOf("Gretchenia"); got != "strict" {
		t.Errorf("a strict protection became %s", got)
	}
}

// H7, B8: staff are hidden from others too; they come in as before, and are marked, by whatever the register knows them.
func TestProviderThatProtectsStaff(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec("update app.persons set username = 'leon' where id = $1", w.person("Leonorina"))
	for given, who := range map[string]openid.Person{"Leonorina": byName("l", "leon"), "Heddavina": byNumber("h", w.numbers["Heddavina"].Digits())} {
		w.finish(w.journey("staff", who), "").want(t, http.StatusOK, "").session(t)
		if got := w.protectionOf(given); got != "none" {
			t.Fatalf("%s without a word of it: %s", given, got)
		}
		in := w.finish(w.journey("staff", protectedThere(who)), "").want(t, http.StatusOK, "")
		if _, kind := in.session(t); kind != "staff" || w.protectionOf(given) != "marked" {
			t.Errorf("%s: %s, %s", given, w.protectionOf(given), in.body)
		}
	}
	// Whoever shows a subject that is somebody else's says nothing about the owner of the name.
	w.exec("update app.persons set username = 'emel' where id = $1", w.person("Emelinda"))
	w.finish(w.journey("staff", protectedThere(byName("l", "emel"))), "").want(t, http.StatusOK, "")
	if got := w.protectionOf("Emelinda"); got != "none" {
		t.Errorf("another's subject made it %s", got)
	}
}

// H7, RFC 9470: who proves a running session anew is believed in this as well.
func TestProviderThatProtectsAtAProof(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec("update app.persons set username = 'hedda' where id = $1", w.person("Heddavina"))
	for given, try := range map[string]struct {
		kind scope.Caller
		who  openid.Person
	}{
		"Annelore": {scope.Guardian, byNumber("a", w.numbers["Annelore"].Digits())}, "Heddavina": {scope.Staff, byName("h", "hedda")},
	} {
		token := w.session(given, try.kind, 0)
		w.do(call{method: http.MethodPost, path: "/v1/signin/session/provider-proofs/return", token: token,
			body: w.provedBy(token, protectedThere(try.who))}).want(t, http.StatusNoContent, "")
		if got := w.protectionOf(given); got != "marked" {
			t.Errorf("%s: the protection is %s", given, got)
		}
	}
}
