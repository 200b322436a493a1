package walk_test

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"

	"budstikke.example/auth"
	"budstikke.example/auth/oidc"
	"budstikke.example/migrations/scope"
	"budstikke.example/notify/sandbox/openid"
)

func byNumber(subject, number string) openid.Person {
	return openid.Person{Subject: subject, Claims: map[string]any{"pid": number}}
}

func byName(subject, username string) openid.Person {
	return openid.Person{Subject: subject, Claims: map[string]any{"uniid": username}}
}

// A guardian gets by a provider what they get by BankID: an application first (H1, H11), then a session of the one account (H2).
func TestGuardianSignsInWithAProvider(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	number := w.numbers["Annelore"].Digits()
	first := w.finish(w.journey("guardian", byNumber("a", number)), "").want(t, http.StatusOK, "")
	applicant, kind := first.session(t)
	if first.text(t, "status") != "application" || kind != "applicant" {
		t.Fatalf("a legal guardian who never applied: %s", first.body)
	}
	w.apply(applicant, mailOf("Annelore"))
	again := w.finish(w.journey("guardian", byNumber("a", number)), "").want(t, http.StatusOK, "")
	token, kind := again.session(t)
	if again.text(t, "status") != "signed_in" || kind != "guardian" {
		t.Fatalf("after the application: %s", again.body)
	}
	w.do(call{path: "/v1/guardian/me", token: token}).want(t, http.StatusOK, "")
	if n := one[int](w, "select count(*) from auth.accounts where person_id = $1", w.person("Annelore")); n != 1 {
		t.Errorf("%d accounts, want one (H2)", n)
	}
}

// Staff come in by the user name that the register has for them, as long as they have a role; nobody else does, and all of them are told the
// same, to the byte (U1, U5, V11).
func TestStaffSignInWithAProvider(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.exec("update app.persons set username = 'leon000b36' where id = $1", w.person("Leonorina"))
	got := w.finish(w.journey("staff", byName("s1", "LEON000B36")), "").want(t, http.StatusOK, "")
	token, kind := got.session(t)
	if got.text(t, "status") != "signed_in" || kind != "staff" {
		t.Fatalf("a member of the staff: %s", got.body)
	}
	w.do(call{path: "/v1/staff/institutions", token: token}).want(t, http.StatusOK, "")

	unknown := w.finish(w.journey("staff", byName("s2", "nobody")), "").want(t, http.StatusOK, "")
	if unknown.text(t, "status") != "contact_institution" {
		t.Fatalf("somebody whom no register knows: %s", unknown.body)
	}
	w.exec("update app.persons set username = 'stenulvar' where id = $1", w.person("Stenulvar")) // a guardian without a role
	w.exec("update app.persons set username = 'twice' where id = any($1)", []any{w.person("Heddavina"), w.person("Hildegunnar")})
	w.exec("update app.persons set username = 'ended' where id = $1", w.person("Heddavina"))
	w.exec("update app.staff_roles set ended_at = now() - interval '1 hour' where person_id = $1", w.person("Heddavina"))
	for name, who := range map[string]openid.Person{
		"a guardian who does not work here":         byName("s3", "stenulvar"),
		"somebody who left":                         byName("s4", "ended"),
		"a subject that is somebody else's already": byName("s1", "nobody"),
	} {
		if other := w.finish(w.journey("staff", who), "").want(t, http.StatusOK, ""); other.wire() != unknown.wire() {
			t.Errorf("%s is answered\n%s\nand somebody unknown\n%s", name, other.wire(), unknown.wire())
		}
	}
}

// A user name that is given to somebody else does not open the new owner's account to the old subject, nor the old one's to the new (U1).
func TestSubjectStaysWhoItWas(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.session("Heddavina", scope.Staff, 0)
	w.exec("update app.persons set username = 'shared' where id = $1", w.person("Leonorina"))
	w.finish(w.journey("staff", byName("first", "shared")), "").want(t, http.StatusOK, "").session(t)
	w.exec("update app.persons set username = null where id = $1", w.person("Leonorina"))
	w.exec("update app.persons set username = 'shared' where id = $1", w.person("Heddavina"))
	if got := w.finish(w.journey("staff", byName("first", "shared")), "").want(t, http.StatusOK, ""); got.text(t, "status") != "contact_institution" {
		t.Errorf("the subject of the former owner: %s", got.body)
	}
	if n := one[int](w, "select count(*) from auth.identities"); n != 1 {
		t.Errorf("%d identities, want the first one only", n)
	}
}

// An answer is looked into once, by the device that asked, in the municipality that asked; everything else is not found, to the byte.
func TestAnswerOfAProviderIsUsedOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	mine := w.journey("guardian", byNumber("a", w.numbers["Annelore"].Digits()))
	theirs := w.journey("guardian", byNumber("b", w.numbers["Gretchenia"].Digits()))
	abroad, _ := auth.NewHolder(w.there)
	with := func(name, value string) map[string]any {
		changed := maps.Clone(mine)
		changed[name] = value
		return changed
	}
	missing := w.finish(with("state", "x"), "").want(t, http.StatusNotFound, "not_found")
	for name, body := range map[string]map[string]any{
		"the state of another sign-in": with("state", theirs["state"].(string)), "somebody else's device": with("holder", theirs["holder"].(string)),
		"another municipality": with("holder", abroad.Reveal()), "no holder": with("holder", "bsh_nothing"),
		"a session in place of the holder": with("holder", strings.Replace(mine["holder"].(string), "bsh_", "bst_", 1)),
	} {
		if got := w.finish(body, ""); got.wire() != missing.wire() {
			t.Errorf("%s: %s", name, got.wire())
		}
	}
	w.finish(mine, "the-first-and-only-key").want(t, http.StatusOK, "").session(t)
	if again := w.finish(mine, "the-first-and-only-key"); !again.replayed() {
		t.Errorf("the same request again: %s", again.wire())
	}
	if again := w.finish(mine, ""); again.wire() != missing.wire() {
		t.Errorf("the same answer with another key: %s", again.wire())
	}
	// A code that was stolen on its way is worth nothing to a device that began a sign-in of its own.
	stolen := maps.Clone(theirs)
	stolen["code"] = w.journey("guardian", byNumber("c", w.numbers["Annelore"].Digits()))["code"]
	if got := w.finish(stolen, "").want(t, http.StatusOK, ""); got.text(t, "status") != "failed" || got.text(t, "reason") != "not_believed" {
		t.Errorf("another sign-in's code: %s", got.body)
	}
	late := w.journey("guardian", byNumber("a", w.numbers["Annelore"].Digits()))
	w.Clock.Advance(11 * 60 * 1e9)
	if got := w.finish(late, ""); got.wire() != missing.wire() {
		t.Errorf("after eleven minutes: %s", got.wire())
	}
}

// Of many answers at the same time one signs in (B6).
func TestAnswerOfAProviderAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	body := w.journey("guardian", byNumber("a", w.numbers["Annelore"].Digits()))
	var group sync.WaitGroup
	sessions := make(chan string, 8)
	for i := range cap(sessions) {
		group.Go(func() {
			got := w.finish(body, fmt.Sprintf("key-number-%08d", i))
			switch {
			case got.status == http.StatusOK:
				sessions <- string(got.body)
			case got.code == "not_found", got.code == "idempotency_key_in_flight":
			default:
				t.Errorf("at the same time: %s", got.wire())
			}
		})
	}
	group.Wait()
	if len(sessions) != 1 {
		t.Errorf("%d sessions, want one", len(sessions))
	}
}

// What the provider says instead of a code becomes guidance, in the person's language, and ends the sign-in.
func TestProviderSaysNo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for word, reason := range map[string]oidc.Reason{
		"access_denied": oidc.Denied, "unmet_authentication_requirements": oidc.TooWeak, "server_error": oidc.Unavailable, "<script>": oidc.NotBelieved,
	} {
		body := w.journey("guardian", byNumber("a", w.numbers["Annelore"].Digits()))
		delete(body, "code")
		body["error"] = word
		got := w.finish(body, "").want(t, http.StatusOK, "")
		if got.text(t, "status") != "failed" || got.text(t, "reason") != string(reason) || got.text(t, "text") != oidc.Guidance("sv", reason) {
			t.Errorf("%s: %s", word, got.body)
		}
		w.finish(body, "").want(t, http.StatusNotFound, "not_found")
	}
}

// A way that there is not, for such a person or from such a client, does not exist; the return address is never the caller's to choose.
func TestNoSuchWayToSignIn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	for name, body := range map[string]map[string]any{
		"unknown municipality": {"municipalityId": newID(), "method": "sandbox", "audience": "staff", "client": "app"},
		"unknown method":       {"municipalityId": w.here, "method": "other", "audience": "staff", "client": "app"},
		"bankid is no OIDC":    {"municipalityId": w.here, "method": "bankid", "audience": "guardian", "client": "app"},
		"unknown client":       {"municipalityId": w.here, "method": "sandbox", "audience": "staff", "client": "evil"},
	} {
		got := w.do(call{method: http.MethodPost, path: "/v1/signin/oidc", body: body})
		if nowhere := w.do(call{path: "/v1/nowhere"}); got.wire() != nowhere.wire() {
			t.Errorf("%s: %s", name, got.wire())
		}
	}
	w.do(call{method: http.MethodPost, path: "/v1/signin/oidc", body: map[string]any{
		"municipalityId": w.here, "method": "sandbox", "audience": "staff", "client": "https://evil.example",
	}}).want(t, http.StatusBadRequest, "request_invalid")
	list := w.do(call{path: "/v1/signin/municipalities/" + w.here.String() + "/methods"}).want(t, http.StatusOK, "")
	for _, id := range []string{`"bankid"`, `"sandbox"`, `"password"`} {
		if !strings.Contains(string(list.body), id) {
			t.Errorf("%s is not listed: %s", id, list.body)
		}
	}
	w.do(call{path: "/v1/signin/municipalities/" + newID().String() + "/methods"}).want(t, http.StatusNotFound, "not_found")
}
